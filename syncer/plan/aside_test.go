package plan

import (
	"testing"

	"kith/index"
)

func TestACopyHasOneVersionWhoeverMakesIt(t *testing.T) {
	at := index.MustPath("x (conflict, Anna, 2026-11-26 08.00).txt")
	folder := func(n byte, receive bool) Folder {
		return Folder{Self: index.Actor{Device: index.DeviceID{n}.Short(), Epoch: 7}, Receive: receive}
	}
	loser := index.File{
		Path: index.MustPath("x.txt"), Kind: index.Regular, Size: 1, Mode: 0o644, Root: index.Hash{1},
		Version: index.Version(nil).Bump(folder(1, false).Self), By: folder(1, false).Self.Device,
	}
	copied := func(f Folder, had, loser index.File) (index.File, bool) {
		return f.Aside(index.Case{Path: at, Have: index.Record{File: had}}, loser)
	}

	one, ok1 := copied(folder(1, false), index.File{}, loser)
	two, ok2 := copied(folder(2, false), index.File{}, loser)
	if !ok1 || !ok2 || one.Version.Compare(two.Version) != index.Equal || !one.Same(two) || one.By != loser.By || one.Path != at {
		t.Fatalf("two devices made %+v and %+v", one, two)
	}
	gone := folder(3, false).Gone(one)
	if again, ok := copied(folder(2, false), gone, loser); ok {
		t.Errorf("what was deleted is made once more: %+v", again)
	}
	for name, change := range map[string]func(*index.File){
		"version": func(f *index.File) { f.Version = f.Version.Bump(folder(2, false).Self) },
		"content": func(f *index.File) { f.Root = index.Hash{2} },
		"time":    func(f *index.File) { f.Modified++ },
		"mode":    func(f *index.File) { f.Mode = 0o600 },
	} {
		other := loser
		change(&other)
		fresh, ok := copied(folder(2, false), index.File{}, other)
		upon, back := copied(folder(2, false), gone, other)
		if !ok || fresh.Version.Compare(one.Version) != index.Concurrent || !back || upon.Version.Compare(gone.Version) != index.Newer {
			t.Errorf("another %s: %v, and upon %v: %v", name, fresh.Version, gone.Version, upon.Version)
		}
	}
	if own, ok := copied(folder(2, true), gone, loser); !ok || own.Version.Count(folder(2, true).Self) != 1 {
		t.Errorf("a receiver's copy is no change of its own: %v", own.Version)
	}
}
