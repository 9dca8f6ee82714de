package index

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestParsePath(t *testing.T) {
	long := strings.Repeat("n", MaxName)
	deep := strings.TrimSuffix(strings.Repeat("d/", MaxDepth), "/")
	for _, c := range []struct {
		name, path string
		ok         bool
	}{
		{"a name", "a", true},
		{"a path", "a/b/c.txt", true},
		{"names that other systems do not like", "CON/a:b/c*?/d\\e/ f /g.", true},
		{"a line break in a name", "a\nb", true},
		{"composed and decomposed characters", "é/e\u0301", true},
		{"dots that are part of a name", "..a/...", true},
		{"the longest name", long, true},
		{"the deepest path", deep, true},
		{"nothing", "", false},
		{"a slash", "/", false},
		{"an absolute path", "/a", false},
		{"a trailing slash", "a/", false},
		{"an empty name", "a//b", false},
		{"the directory itself", ".", false},
		{"the parent", "..", false},
		{"the parent, within", "a/../b", false},
		{"the directory itself, within", "a/./b", false},
		{"a zero byte", "a\x00b", false},
		{"bytes that are no UTF-8", "a\xff", false},
		{"half of a surrogate pair", "\xed\xa0\x80", false},
		{"too long a name", long + "n", false},
		{"too deep a path", deep + "/d", false},
		{"too long a path", strings.Repeat(long+"/", 16) + "n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := ParsePath(c.path)
			if (err == nil) != c.ok || err != nil && !errors.Is(err, ErrPath) {
				t.Fatalf("%q: %v, want ok %v", c.path, err, c.ok)
			}
			if c.ok && p.String() != c.path {
				t.Errorf("became %q", p)
			}
		})
	}
}

func TestNamesTakenForOurOwn(t *testing.T) {
	for _, name := range []string{
		".kith", ".KITH", ".Kith", ".kith.", ".kith...", ".kith ", ".kith . .", ".kith::$INDEX_ALLOCATION", ".kith:stream",
		".k\u200cith", "\u200d.kith", ".kith\ufeff", ".ki\u202eth", ".kit\ufe0fh", ".\u212aith", "．ｋｉｔｈ", ".ｋith",
		"kith~1", "KITH~1", "kith~12", "Kith~9.", "ｋith~1",
	} {
		for _, path := range []string{name, "a/" + name, name + "/a"} {
			if _, err := ParsePath(path); !errors.Is(err, ErrPath) {
				t.Errorf("%q: %v, want ErrPath", path, err)
			}
		}
	}
	for _, name := range []string{"kith", ".kiths", ".kit", ".kithignore", "a.kith", "kith~", "kith~a", "kith~1a", "kith~1.txt", "_kith", "..kith"} {
		if _, err := ParsePath(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestPathParts(t *testing.T) {
	for _, c := range []struct{ path, parent, name string }{
		{"a", "", "a"}, {"a/b", "a", "b"}, {"a/b/c", "a/b", "c"},
	} {
		p := MustPath(c.path)
		if p.Parent().String() != c.parent || p.Name() != c.name {
			t.Errorf("%s: parent %q, name %q", p, p.Parent(), p.Name())
		}
		if q, err := p.Parent().Join(p.Name()); err != nil || q != p {
			t.Errorf("%s taken apart and joined: %s, %v", p, q, err)
		}
	}
	if root := (Path{}); !root.IsRoot() || !root.Parent().IsRoot() || root.Name() != "" {
		t.Error("the root is not its own parent")
	}
}

func TestJoinCannotLeave(t *testing.T) {
	for _, name := range []string{"", ".", "..", "../a", "/a", ".kith", "a/../../b"} {
		for _, at := range []Path{{}, MustPath("a")} {
			if p, err := at.Join(name); !errors.Is(err, ErrPath) {
				t.Errorf("%q joined with %q: %q, %v", at, name, p, err)
			}
		}
	}
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		p, q string
		want bool
	}{
		{"a", "a", true}, {"a/b", "a", true}, {"a/b/c", "a", true}, {"a", "a/b", false},
		{"ab", "a", false}, {"a b", "a", false}, {"b", "a", false},
	} {
		if got := MustPath(c.p).Within(MustPath(c.q)); got != c.want {
			t.Errorf("%q within %q: %v", c.p, c.q, got)
		}
		if !MustPath(c.p).Within(Path{}) {
			t.Errorf("%q is not within the root", c.p)
		}
	}
}

func TestPathsOrderAsAWalkMeetsThem(t *testing.T) {
	want := []string{"a", "a/b", "a/b/c", "a/c", "a\x01b", "a b", "a-b", "a.txt", "aa", "b", "é"}
	got := make([]Path, len(want))
	for i, s := range want {
		got[len(want)-1-i] = MustPath(s)
	}
	slices.SortFunc(got, Path.Compare)
	for i, p := range got {
		if p.String() != want[i] {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

func TestFold(t *testing.T) {
	for _, c := range []struct {
		name, a, b string
		same       bool
	}{
		{"case", "Read Me", "read me", true},
		{"case beyond ASCII", "ÄÖ", "äö", true},
		{"composed and decomposed", "é", "e\u0301", true},
		{"both", "É", "e\u0301", true},
		{"sharp s", "straße", "STRASSE", true},
		{"final sigma", "ΟΔΟΣ", "οδος", true},
		{"the Kelvin sign", "\u212a", "k", true},
		{"a compatibility character stays itself", "ﬁ", "ﬁ", true},
		{"the space", "a b", "ab", false},
		{"an accent", "e", "é", false},
	} {
		if got := MustPath(c.a).Fold() == MustPath(c.b).Fold(); got != c.same {
			t.Errorf("%s: %q and %q collide: %v", c.name, c.a, c.b, got)
		}
	}
}

// anyPath draws paths with many equal parts and odd characters.
func anyPath() *rapid.Generator[Path] {
	name := rapid.StringMatching(`[ab\x01 !.é\x{301}Kk\x{212a}ß-]{1,4}`)
	return rapid.Custom(func(t *rapid.T) Path {
		for {
			names := rapid.SliceOfN(name, 1, 4).Draw(t, "names")
			if p, err := ParsePath(strings.Join(names, "/")); err == nil {
				return p
			}
		}
	})
}

func TestPathOrderIsTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := anyPath().Draw(t, "a"), anyPath().Draw(t, "b"), anyPath().Draw(t, "c")
		switch {
		case sign(a.Compare(b)) != -sign(b.Compare(a)):
			t.Fatal("not antisymmetric")
		case (a.Compare(b) == 0) != (a == b):
			t.Fatal("equal without being the same")
		case a.Compare(b) <= 0 && b.Compare(c) <= 0 && a.Compare(c) > 0:
			t.Fatal("not transitive")
		case a.Within(b) && a != b && a.Compare(b) <= 0:
			t.Fatal("what lies in a directory comes before it")
		case a.Within(b) && c.Compare(b) > 0 && c.Compare(a) < 0 && !c.Within(b):
			t.Fatal("a stranger comes between a directory and what lies in it")
		}
	})
}

func sign(n int) int { return max(-1, min(1, n)) }

func TestFoldKeepsWhatItFolded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPath().Draw(t, "path")
		f := p.Fold()
		switch q, err := ParsePath(f); {
		case err != nil:
			t.Fatalf("%q folds to no path: %v", p, err)
		case q.Fold() != f:
			t.Fatalf("%q folds to %q, and that to %q", p, f, q.Fold())
		case strings.Count(f, "/") != strings.Count(p.String(), "/"):
			t.Fatalf("%q folds to %q", p, f)
		}
	})
}

func FuzzParsePath(f *testing.F) {
	for _, s := range []string{"a/b", "../a", ".kith", ".k\u200cith/x", "a//b", "kith~1", "e\u0301/É", "a\x00", "．ｋｉｔｈ", strings.Repeat("a/", 200)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePath(s)
		if err != nil {
			if !errors.Is(err, ErrPath) || p != (Path{}) {
				t.Errorf("%q: %q, %v", s, p, err)
			}
			return
		}
		if p.String() != s || p.IsRoot() || p.Compare(p) != 0 || !p.Within(p.Parent()) {
			t.Errorf("%q became %q", s, p)
		}
		for name := range strings.SplitSeq(s, "/") {
			if plain := strings.ToLower(norm.NFKC.String(name)); name == "" || name == "." || name == ".." || plain == Own {
				t.Errorf("%q has the name %q", s, name)
			}
		}
		if again := norm.NFC.String(p.Fold()); again != p.Fold() {
			t.Errorf("%q folds to %q, which is not composed", s, p.Fold())
		}
		var q Path
		text, err := p.MarshalText()
		if err == nil {
			err = q.UnmarshalText(text)
		}
		if err != nil || q != p {
			t.Errorf("%q written and read: %q, %v", p, q, err)
		}
	})
}
