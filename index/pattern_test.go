package index

import "testing"

func TestPatternIsFoundWhateverTheCase(t *testing.T) {
	for _, c := range []struct {
		text, path string
		want       bool
	}{
		{"", "a", true},
		{"plan", "Docs/The PLAN.txt", true},
		{"PLAN", "docs/the plan.txt", true},
		{"plan", "plan/other.txt", false}, // the name of a directory above is not the file's
		{"plan/", "The Plan/other.txt", true},
		{"n/o", "plan/other.txt", true},
		{"n/x", "plan/other.txt", false},
		{"other.txt.", "plan/other.txt", false},
		{"ÄPFEL", "obst/a\u0308pfel.txt", true}, // composed or not
		{"strasse", "Straße", true},
		{"kelvin", "\u212Aelvin", true},
		{"/é", "d/E\u0301", true},
		{"é", "e/x", false},
	} {
		if got := NewPattern(c.text).Matches(MustPath(c.path)); got != c.want {
			t.Errorf("%q in %q: %v, want %v", c.text, c.path, got, c.want)
		}
	}
	if !NewPattern("b/c").MatchesBytes([]byte("a\x00B\x00Cé"), 0) {
		t.Error("another byte does not stand for the slash")
	}
}
