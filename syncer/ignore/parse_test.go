package ignore

import (
	"slices"
	"strings"
	"testing"

	"kith/index"
)

func TestLinesThatAreNotUsedAreTold(t *testing.T) {
	long := strings.Repeat("x", MaxLine+1)
	for _, tt := range []struct {
		name, content string
		lines         []int // with a problem
	}{
		{"all is well", "a\n#b\n\n!c\n", nil},
		{"too long", "a\n" + long + "\nb\n", []int{2}},
		{"as long as may be", long[1:] + "\n", nil},
		{"a long comment is no rule", "#" + long + "\n", nil},
		{"a zero byte", "a\x00b\n", []int{1}},
		{"sets not closed", "a\n[b\n[[:c:]\n", []int{2, 3}},
		{"an unknown class", "[[:vowel:]]\n", []int{1}},
		{"a backslash at the end", "a\\\nb\n", []int{1}},
		{"nothing but marks", "!\n/\n!/\n", []int{1, 2, 3}},
		{"an empty name", "a//b\n", []int{1}},
		{"too many lines", strings.Repeat("a\n", MaxLines+5), []int{MaxLines + 1}},
		{"as many lines as may be", strings.Repeat("a\n", MaxLines), nil},
	} {
		_, problems := New().With(index.Path{}, []byte(tt.content))
		var lines []int
		for _, p := range problems {
			lines = append(lines, p.Line)
		}
		if !slices.Equal(lines, tt.lines) {
			t.Errorf("%s: %v", tt.name, problems)
		}
	}
}

func TestWhatFollowsABadLineIsUsed(t *testing.T) {
	r, problems := New().With(index.Path{}, []byte("[a\nfoo\n"))
	if len(problems) != 1 || !skips(r, "foo") {
		t.Errorf("foo is not ignored: %v", problems)
	}
}

// The steps of a matcher that tries again everywhere would double with each star.
func TestStarsDoNotMultiply(t *testing.T) {
	name := strings.Repeat("a", index.MaxName)
	path := strings.Repeat("a/", index.MaxDepth-2) + "c"
	r := rules(t, strings.Repeat("*a", 200)+"b\n"+strings.Repeat("**/a/", 100)+"b\n"+strings.Repeat("*/**/", 100)+"b\n")
	if skips(r, name) || skips(r, path) {
		t.Error("ignored")
	}
}

// Rules and paths of any kind are judged, and alike by Skips and Why.
func FuzzRules(f *testing.F) {
	f.Add("*.log\n!a\n", "a/b.log", true)
	f.Add("a/**/[!b]\\*\r\n", "a/x/c*", false)
	f.Add("[[:alpha:]-\\]]?**/\n", "é/]", false)
	f.Fuzz(func(t *testing.T, content, path string, dir bool) {
		p, err := index.ParsePath(path)
		if err != nil {
			return
		}
		r, problems := New().With(index.Path{}, []byte(content))
		_, _, line, ok := r.Why(p, dir)
		if ok != r.Skips(p, dir) {
			t.Fatalf("Why says %v", ok)
		}
		if lines := strings.Count(content, "\n") + 1; line > lines || len(problems) > lines {
			t.Fatalf("line %d and %d problems of %d lines", line, len(problems), lines)
		}
		for at := p.Parent(); !at.IsRoot(); at = at.Parent() {
			if r.Skips(at, true) && !ok {
				t.Fatalf("%s is ignored, %s below it is not", at, p)
			}
		}
	})
}
