package sim

import (
	"slices"
	"testing"
	"time"

	"kith/index"
)

// TestWhoWasSetBackMayTellWhoKnowsNoBetter: what a device that was set back counted once
// more may go round among those who know no better, and must not be told to those who do.
func TestWhoWasSetBackMayTellWhoKnowsNoBetter(t *testing.T) {
	type names struct{ anna, ben, carl *device }
	one := func(n names) index.File {
		v := index.Version{{Actor: index.Actor{Device: n.anna.id.Short(), Epoch: 7}, Count: 1}}
		return index.File{Path: index.MustPath("a"), Kind: index.Regular, Size: 1, Version: v, By: n.anna.id.Short()}
	}
	// Anna said it to Ben, was set back, and then counted something else as the same version.
	begin := func(has bool) (*ledger, names, index.File) {
		n := names{&device{nth: 0, id: index.DeviceID{1}}, &device{nth: 1, id: index.DeviceID{2}}, &device{nth: 2, id: index.DeviceID{3}}}
		n.anna.def.Name, n.ben.def.Name, n.carl.def.Name = "anna", "ben", "carl"
		l := &ledger{w: still(), claims: map[claim]*claimed{}}
		said := one(n)
		l.same(n.anna, nil, said)
		l.same(n.ben, n.anna, said)
		l.same(n.ben, nil, said)
		if l.same(n.carl, n.ben, said); has {
			l.same(n.carl, nil, said)
		}
		l.forgets(n.anna, nil)
		said.Size = 2
		l.recounts(n.anna, said, nil)
		return l, n, said
	}
	for _, c := range []struct {
		name string
		has  bool // Carl has it too, and did not only hear of it
		run  func(l *ledger, n names, f index.File)
		bad  bool
	}{
		{"told to who can know nothing, and to others by him", false, func(l *ledger, n names, f index.File) {
			l.tells(n.anna, n.carl, []index.File{f}, l.w.since())
			l.same(n.carl, n.anna, f)
			l.same(n.carl, nil, f)
			l.same(n.ben, n.carl, f)
			l.same(n.anna, n.carl, f)
		}, false},
		{"told to who had heard it there", false, func(l *ledger, n names, f index.File) {
			l.tells(n.anna, n.ben, []index.File{f}, l.w.since())
			l.same(n.ben, n.anna, f)
		}, true},
		{"told to who had heard it there, when another one was told", false, func(l *ledger, n names, f index.File) {
			l.tells(n.anna, n.carl, []index.File{f}, l.w.since())
			l.tells(n.anna, n.ben, []index.File{f}, l.w.since())
			l.same(n.ben, n.anna, f)
		}, true},
		{"told to who knows it from others", true, func(l *ledger, n names, f index.File) {
			l.tells(n.anna, n.carl, []index.File{f}, l.w.since())
			l.same(n.carl, n.anna, f)
		}, true},
		{"told to who has come to have it since he had his say", true, func(l *ledger, n names, f index.File) {
			l.tells(n.anna, n.carl, []index.File{f}, -1)
			l.same(n.carl, n.anna, f)
		}, false},
		{"told to who had heard it there, and had his say before", false, func(l *ledger, n names, f index.File) {
			l.tells(n.anna, n.ben, []index.File{f}, -1)
			l.same(n.ben, n.anna, f)
		}, true},
		{"said by who was not set back", false, func(l *ledger, n names, f index.File) {
			f.Size = 3
			l.tells(n.anna, n.carl, []index.File{f}, l.w.since())
			l.same(n.carl, n.anna, f)
		}, true},
	} {
		l, n, f := begin(c.has)
		if c.run(l, n, f); (len(l.broken) > 0) != c.bad {
			t.Errorf("%s: %q", c.name, l.broken)
		}
	}
}

// TestWhatWasSettledWithACountHoldsIt: what a device that was set back counts once more may
// have been settled by others before, who have the count in that only. Who knows that has to
// be told another count; with who does not, the text passes for the one that was settled.
func TestWhatWasSettledWithACountHoldsIt(t *testing.T) {
	anna, ben, carl := &device{nth: 0, id: index.DeviceID{1}}, &device{nth: 1, id: index.DeviceID{2}}, &device{nth: 2, id: index.DeviceID{3}}
	counted := index.Version{{Actor: index.Actor{Device: anna.id.Short(), Epoch: 7}, Count: 1}}
	settled := append(slices.Clone(counted), index.Counter{Actor: index.Actor{Device: ben.id.Short(), Epoch: 7}, Count: 2})
	for _, c := range []struct {
		name   string
		held   index.Version // by Ben
		was    index.Version // what Anna's index had when she counted
		to     *device
		passes bool
	}{
		{"told to who knows nothing of it", settled, nil, carl, true},
		{"told to who knows what was settled", settled, nil, ben, false},
		{"counted by nobody before", settled[1:], nil, carl, false},
		{"counted before she was set back", settled, counted, carl, false},
	} {
		l, body := &ledger{w: still(), claims: map[claim]*claimed{}, texts: map[string]*text{}}, "saved since"
		l.texts[body] = &text{root: rootOf(body)}
		one := index.File{Path: index.MustPath("a"), Kind: index.Regular, Size: 1, Version: c.held, By: ben.id.Short()}
		l.same(ben, nil, one)
		one.Size, one.Root, one.Version, one.By = 2, rootOf(body), counted, anna.id.Short()
		l.recounts(anna, one, c.was)
		l.tells(anna, c.to, []index.File{one}, l.w.since())
		if l.texts[body].frail != c.passes {
			t.Errorf("%s: an earlier version will do: %v", c.name, l.texts[body].frail)
		}
	}
}

// still is a world in which nothing happens.
func still() *world { return &world{clock: &clock{start: time.Now()}} }
