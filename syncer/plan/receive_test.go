package plan

import (
	"testing"

	"kith/index"
)

// TestReceiversWhoKnowTheSameHaveTheSame: what was not settled yet comes to all who only
// receive as one thing under one version, whatever they had of it before.
func TestReceiversWhoKnowTheSameHaveTheSame(t *testing.T) {
	anna, carl, dora := index.DeviceID{1}, index.DeviceID{3}, index.DeviceID{4}
	a, c := index.Actor{Device: anna.Short(), Epoch: 1}, index.Actor{Device: carl.Short(), Epoch: 1}
	f := Folder{Self: index.Actor{Device: dora.Short(), Epoch: 1}, Receive: true,
		Members: []index.Member{{Device: anna, Role: index.Both}, {Device: carl, Role: index.Both}, {Device: dora, Role: index.Receive}}}
	file := func(text string, v ...index.Counter) index.File {
		return index.File{Kind: index.Regular, Size: int64(len(text)), Root: index.Sum([]byte(text)), Version: v, By: carl.Short()}
	}
	gone := index.File{Kind: index.Deleted, Version: index.Version{{Actor: a, Count: 2}}, By: anna.Short()}
	found := file("one", index.Counter{Actor: c, Count: 1}) // by Carl, who had lost his index
	others := []index.Holding{{Device: anna, File: gone}, {Device: carl, File: found}}
	for name, have := range map[string]index.File{
		"had nothing":               {},
		"had what Anna deleted":     file("one", index.Counter{Actor: a, Count: 1}),
		"had it from both":          file("one", index.Counter{Actor: a, Count: 1}, index.Counter{Actor: c, Count: 1}),
		"had heard of the deletion": gone,
		"had heard of the file":     found,
	} {
		at := index.Case{Have: index.Record{File: have}, Others: others}
		for range 5 {
			if do := f.Decide(at); do.Verb != Keep {
				at.Have.File = do.Want
			}
		}
		if got := at.Have.File; !got.SameContent(found) || !got.Version.Contains(found.Version) {
			t.Errorf("%s: %s %v", name, got.Kind, got.Version)
		}
	}
}

// TestReceiversLeaveWhatIsLeft: who holds a conflict copy at a plain name that is nobody's
// leaves it, and joins that with a person's deletion, by no change of their own. A receiver
// that puts the same claims together has the same there under that version.
func TestReceiversLeaveWhatIsLeft(t *testing.T) {
	anna, ben, carl, dora := index.DeviceID{1}, index.DeviceID{2}, index.DeviceID{3}, index.DeviceID{4}
	f := Folder{Members: []index.Member{{Device: anna, Role: index.Both}, {Device: ben, Role: index.Both}, {Device: carl, Role: index.Both}, {Device: dora, Role: index.Receive}}}
	loser := func(n index.Short) index.Version {
		return index.Version{{Actor: index.Actor{Device: n, Epoch: 1}, Count: 1}}
	}
	copied := index.File{Kind: index.Regular, Size: 1, Root: index.Sum([]byte("1")), Version: loser(0xe1), By: ben.Short()}
	none := index.File{Kind: index.Deleted, Version: loser(0xe2).Bump(nobody)}
	gone := index.File{Kind: index.Deleted, Version: loser(0xe3).Bump(index.Actor{Device: carl.Short(), Epoch: 1}), By: carl.Short()}
	decide := func(who index.DeviceID, have index.File, others ...index.Holding) index.File {
		f.Self, f.Receive = index.Actor{Device: who.Short(), Epoch: 1}, who == dora
		at := index.Case{Path: index.MustPath("a (conflict, ben, 2026-11-22 12.02)"), Have: index.Record{File: have}, Others: others}
		for range 5 {
			if do := f.Decide(at); do.Verb != Keep {
				at.Have.File = do.Want
			}
		}
		return at.Have.File
	}
	bens := decide(ben, copied, index.Holding{Device: anna, File: none})
	bens = decide(ben, bens, index.Holding{Device: anna, File: none}, index.Holding{Device: carl, File: gone})
	others := []index.Holding{{Device: anna, File: none}, {Device: ben, File: copied}, {Device: carl, File: gone}}
	for name, have := range map[string]index.File{"that it is nobody's": none, "of the deletion": gone} {
		got := decide(dora, have, others...)
		if got.Version.Compare(bens.Version) == index.Equal && !got.SameContent(bens) {
			t.Errorf("knew %s: one version %v, two contents: %s and %s", name, got.Version, got.Kind, bens.Kind)
		}
	}
}
