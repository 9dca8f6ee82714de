package sim

import (
	"testing"

	"kith/index"
)

// TestWhatWasRestoredAndToldStays: what an index that is brought back has may be replaced
// once more by what others have in its place, but not once they heard that it was restored.
func TestWhatWasRestoredAndToldStays(t *testing.T) {
	anna, ben := &device{nth: 0, id: index.DeviceID{1}}, &device{nth: 1, id: index.DeviceID{2}}
	count := func(d *device, n uint64) index.Counter {
		return index.Counter{Actor: index.Actor{Device: d.id.Short(), Epoch: 7}, Count: n}
	}
	file := func(root byte, v ...index.Counter) index.File {
		return index.File{Path: index.MustPath("a"), Kind: index.Regular, Size: 1, Root: index.Hash{root}, Version: v}
	}
	had := file(1, count(anna, 1))
	over := file(2, count(anna, 1), count(ben, 1))
	restored := file(1, count(anna, 2), count(ben, 1))
	gone := index.File{Path: had.Path, Kind: index.Deleted, Version: over.Version}
	for _, c := range []struct {
		name     string
		by, told []index.File // what Anna's index said, and what Ben's did
		replaced bool
	}{
		{"nobody else knows anything", []index.File{had, over}, nil, false},
		{"they have what it was", []index.File{had}, []index.File{had}, false},
		{"they have something that followed", []index.File{had, over}, []index.File{had, over}, true},
		{"they know it to be deleted", []index.File{had}, []index.File{had, gone}, true},
		{"it was restored, and nobody heard", []index.File{had, over, restored}, []index.File{had, over}, true},
		{"they heard that it was restored", []index.File{had, over, restored}, []index.File{had, over, restored}, false},
	} {
		l := &ledger{w: still(), claims: map[claim]*claimed{}}
		for _, f := range c.by {
			l.same(anna, nil, f)
		}
		for _, f := range c.told {
			l.same(ben, nil, f)
		}
		if got := l.followedElsewhere(anna, had); got != c.replaced || len(l.broken) > 0 {
			t.Errorf("%s: replaced %v, want %v; %q", c.name, got, c.replaced, l.broken)
		}
	}
}

// TestWhatACutUncoversIsNotWhatWasSaved: a text that lies after an accident only where
// something else had taken its place is not there to stay; anywhere else it is.
func TestWhatACutUncoversIsNotWhatWasSaved(t *testing.T) {
	file := func(body string) object { return object{kind: index.Regular, body: body} }
	tree := func(at ...string) map[string]object {
		out := map[string]object{}
		for i := 0; i < len(at); i += 2 {
			out[at[i]] = file(at[i+1])
		}
		return out
	}
	for _, c := range []struct {
		name          string
		before, after map[string]object
		only          bool
	}{
		{"nothing happened to it", tree("a", "text"), tree("a", "text"), false},
		{"what replaced it is gone", tree("a", "new"), tree("a", "text"), true},
		{"and it lies elsewhere, too", tree("a", "new", "b", "text"), tree("a", "text", "b", "text"), false},
		{"elsewhere, and then what replaced it is gone", tree("b", "new", "a", "text"), tree("b", "text", "a", "text"), false},
		{"in two places", tree("a", "new", "b", "other"), tree("a", "text", "b", "text"), true},
		{"where nothing lay", tree("a", "new"), tree("a", "text", "b", "text"), false},
		{"it was deleted", tree(), tree("a", "text"), false},
	} {
		if got := uncoveredOnly(c.before, c.after)["text"]; got != c.only {
			t.Errorf("%s: %v, want %v", c.name, got, c.only)
		}
	}
}
