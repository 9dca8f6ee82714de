package syncer

import (
	"log/slog"
	"testing"

	"kith/index"
	"kith/syncer/plan"
)

// keeper is a tree with earlier versions.
type keeper struct {
	Tree
	kept []index.Kept
}

func (k keeper) Versions(index.Path) ([]index.Kept, error) { return k.kept, nil }

// TestWhatWasRemovedBeforeItWasRecordedIsNotEdited: what somebody saved where an earlier
// life had carried out a deletion, and could not record it, follows upon that deletion. Where
// the file was not taken away by us, or nobody tells of a deletion, it is an edit.
func TestWhatWasRemovedBeforeItWasRecordedIsNotEdited(t *testing.T) {
	anna, ben := index.DeviceID{1}, index.DeviceID{2}
	path := index.MustPath("d/a")
	at := func(kind index.Kind, n uint64) index.File {
		return index.File{Path: path, Kind: kind, By: anna.Short(), Version: index.Version{{Actor: index.Actor{Device: anna.Short(), Epoch: 1}, Count: n}}}
	}
	members := plan.Folder{Self: index.Actor{Device: ben.Short(), Epoch: 1}, Members: []index.Member{{Device: anna, Role: index.Both}, {Device: ben, Role: index.Both}}}
	object := func(file index.File, inode uint64) index.Record {
		return index.Record{File: file, Identity: index.Identity{Inode: inode}}
	}
	for _, c := range []struct {
		name  string
		had   index.Record
		kept  index.Kept
		other index.File
		seen  index.Record
		want  bool
	}{
		{"removed, and saved anew", object(at(index.Regular, 1), 7), index.Kept{Path: path, Inode: 7}, at(index.Deleted, 2), object(at(index.Regular, 0), 8), true},
		{"another one was kept", object(at(index.Regular, 1), 7), index.Kept{Path: path, Inode: 6}, at(index.Deleted, 2), object(at(index.Regular, 0), 8), false},
		{"it was kept below", object(at(index.Regular, 1), 7), index.Kept{Path: index.MustPath("d/a/b"), Inode: 7}, at(index.Deleted, 2), object(at(index.Regular, 0), 8), false},
		{"it lies there still", object(at(index.Regular, 1), 7), index.Kept{Path: path, Inode: 7}, at(index.Deleted, 2), object(at(index.Regular, 0), 7), false},
		{"nothing lies there", object(at(index.Regular, 1), 7), index.Kept{Path: path, Inode: 7}, at(index.Deleted, 2), object(at(index.Deleted, 0), 0), false},
		{"nobody deleted it", object(at(index.Regular, 1), 7), index.Kept{Path: path, Inode: 7}, at(index.Regular, 2), object(at(index.Regular, 0), 8), false},
		{"an earlier one was deleted", object(at(index.Regular, 3), 7), index.Kept{Path: path, Inode: 7}, at(index.Deleted, 2), object(at(index.Regular, 0), 8), false},
		{"the disk tells no objects apart", object(at(index.Regular, 1), 0), index.Kept{Path: path}, at(index.Deleted, 2), object(at(index.Regular, 0), 0), false},
	} {
		s := &scanner{f: &folder{log: slog.New(slog.DiscardHandler)}, tree: keeper{kept: []index.Kept{c.kept}}}
		of := index.Case{Path: path, Have: c.had, Others: []index.Holding{{Device: anna, File: c.other}}}
		gone, ok := s.removed(members, of, c.seen)
		if ok != c.want {
			t.Errorf("%s: %v", c.name, ok)
		}
		if ok && gone.Version.Compare(c.other.Version) != index.Equal {
			t.Errorf("%s: it follows upon %v", c.name, gone.Version)
		}
	}
}

// TestTheLatestDeletionIsFollowed: of deletions of which one follows upon the other, what an
// earlier life was about to record is the later one, whoever tells first; a receiver's counts
// for nothing.
func TestTheLatestDeletionIsFollowed(t *testing.T) {
	anna, carl, dora := index.DeviceID{1}, index.DeviceID{3}, index.DeviceID{4}
	path := index.MustPath("a")
	by := func(d index.DeviceID, n uint64) index.Holding {
		return index.Holding{Device: d, File: index.File{Path: path, Kind: index.Deleted, Version: index.Version{{Actor: index.Actor{Device: anna.Short(), Epoch: 1}, Count: n}}}}
	}
	p := plan.Folder{Members: []index.Member{{Device: anna, Role: index.Both}, {Device: carl, Role: index.Both}, {Device: dora, Role: index.Receive}}}
	had := by(anna, 1).File
	had.Kind = index.Regular
	for _, others := range [][]index.Holding{{by(anna, 2), by(carl, 3), by(dora, 4)}, {by(dora, 4), by(carl, 3), by(anna, 2)}} {
		gone, ok := p.Removed(index.Case{Path: path, Have: index.Record{File: had}, Others: others})
		if !ok || gone.Version.Compare(by(anna, 3).Version) != index.Equal {
			t.Errorf("it follows upon %v, %v", gone.Version, ok)
		}
	}
}
