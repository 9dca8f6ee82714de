package sim

import (
	"testing"

	"kith/index"
)

// TestAVersionBindsWhileSomebodyKnowsIt: what a version is stays so until the last
// index that heard of it is gone, or is what it was before.
func TestAVersionBindsWhileSomebodyKnowsIt(t *testing.T) {
	anna, ben := &device{nth: 0}, &device{nth: 1}
	one := index.File{Path: index.MustPath("a"), Kind: index.Regular, Size: 1}
	two := index.File{Path: one.Path, Kind: index.Regular, Size: 2}
	l := &ledger{w: still(), claims: map[claim]*claimed{}}
	binds := func(want bool, when string) {
		t.Helper()
		l.broken = nil
		if l.same(anna, nil, two); (len(l.broken) > 0) != want {
			t.Errorf("%s: %q", when, l.broken)
		}
	}
	none := l.knowledge(anna)
	l.same(anna, nil, one)
	known := l.knowledge(anna)
	l.forgets(anna, known)
	binds(true, "set back to after it was said")
	l.same(ben, nil, one)
	l.forgets(anna, none)
	binds(true, "another one heard it")
	l.forgets(ben, nil)
	binds(false, "nobody knows it")
	l.same(ben, nil, two)
	if len(l.broken) > 0 {
		t.Errorf("what it is now is not what binds: %q", l.broken)
	}
}
