package plan

import (
	"testing"

	"kith/index"
)

// TestAReceiverSheltersWhatIsForgotten: who only receives waits for a directory until one
// who sends has it back, and not for one that all who send have, knowing of nothing later.
func TestAReceiverSheltersWhatIsForgotten(t *testing.T) {
	anna, ben, carl := index.DeviceID{1}, index.DeviceID{2}, index.DeviceID{3}
	at := func(n uint64, kind index.Kind) index.File {
		return index.File{Path: index.MustPath("d"), Kind: kind, By: anna.Short(),
			Version: index.Version{{Actor: index.Actor{Device: anna.Short(), Epoch: 1}, Count: n}}}
	}
	held := func(d index.DeviceID, f index.File) index.Holding { return index.Holding{Device: d, File: f} }
	f := Folder{Self: index.Actor{Device: ben.Short(), Epoch: 1}, Receive: true,
		Members: []index.Member{{Device: anna, Role: index.Both}, {Device: ben, Role: index.Receive}, {Device: carl, Role: index.Both}}}
	for _, c := range []struct {
		name   string
		others []index.Holding
		want   bool
	}{
		{"all who send have it, and know of nothing later", []index.Holding{held(anna, at(1, index.Directory)), held(carl, at(1, index.Directory))}, true},
		{"one of them knows that it was deleted", []index.Holding{held(anna, at(1, index.Directory)), held(carl, at(2, index.Deleted))}, false},
		{"nobody has it", []index.Holding{held(anna, at(1, index.Deleted))}, false},
		{"nobody knows of it", nil, false},
	} {
		a, ok := f.Shelter(index.Case{Path: index.MustPath("d"), Have: index.Record{File: at(2, index.Deleted)}, Others: c.others})
		if ok != c.want {
			t.Errorf("%s: %v", c.name, ok)
		}
		if ok && (a.Want.Kind != index.Directory || a.Want.By != ben.Short() || !a.Want.Version.Contains(at(2, index.Deleted).Version)) {
			t.Errorf("%s: %v", c.name, a.Want)
		}
	}
}

// TestWhatADiskKeepsLessExactlyIsKnownAgain: a time that was cut off to what a disk can
// keep is the time that was told, and no other one is.
func TestWhatADiskKeepsLessExactlyIsKnownAgain(t *testing.T) {
	told := index.File{Path: index.MustPath("a"), Kind: index.Regular, Size: 1, Modified: 3_123_456_789}
	for shown, want := range map[int64]bool{
		3_123_456_789: true,
		3_123_456_700: true,  // 100 ns
		3_123_456_000: true,  // 1 µs
		3_120_000_000: true,  // 10 ms
		3_000_000_000: true,  // 1 s
		2_000_000_000: true,  // 2 s
		3_123_456_788: false, // another time
		3_123_456_600: false,
		3_110_000_000: false,
		1_000_000_000: false,
		3_130_000_000: false, // later
	} {
		seen := told
		if seen.Modified = shown; asKept(told, seen) != want {
			t.Errorf("told %d, shown %d: %v", told.Modified, shown, !want)
		}
	}
}
