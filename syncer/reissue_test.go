package syncer_test

import (
	"testing"

	"kith/index"
	"kith/syncer"
)

// TestWhatWasReceivedIsNotCountedAnew: what another one made on top of a change of ours is
// known by that one's holding it. What we settled is held by others at most who have it from
// us, or stands for something else there.
func TestWhatWasReceivedIsNotCountedAnew(t *testing.T) {
	ours, theirs := index.Actor{Device: 1, Epoch: 7}, index.Actor{Device: 2, Epoch: 9}
	version := func(our, their uint64) index.Version {
		return index.Version{{Actor: ours, Count: our}, {Actor: theirs, Count: their}}
	}
	file := func(v index.Version, text string) index.File {
		return index.File{Path: index.MustPath("a"), Kind: index.Regular, Size: int64(len(text)), Root: index.Sum([]byte(text)), Version: v, By: 2}
	}
	have := file(version(2, 1), "an edit")
	gone := index.File{Path: have.Path, Kind: index.Deleted, Version: have.Version, By: 1}
	ben, carl := index.DeviceID{7: 2}, index.DeviceID{7: 3}
	for _, c := range []struct {
		name string
		by   index.DeviceID
		held index.File
		want bool
	}{
		{"held by who made it", ben, have, true},
		{"followed by another edit", ben, file(version(2, 2), "a later edit"), true},
		{"held by somebody else, who may have it from us", carl, have, false},
		{"settled by a count that nobody has", ben, file(version(1, 1), "an edit"), false},
		{"settled as something else under that count", ben, gone, false},
	} {
		if got := syncer.Received(have, []index.Holding{{Device: c.by, File: c.held}}); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if syncer.Received(have, nil) {
		t.Error("held by nobody")
	}
}
