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
