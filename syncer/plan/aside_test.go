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

// TestTheGreatestHasThePlainName: of losers that one device saved in one minute, whatever
// comes first.
func TestTheGreatestHasThePlainName(t *testing.T) {
	at := index.MustPath("x (conflict, Anna, 2026-11-26 08.00).txt")
	member := func(n byte, role index.Role) index.Member { return index.Member{Device: index.DeviceID{n}, Role: role} }
	folder := Folder{
		Self:    index.Actor{Device: index.DeviceID{1}.Short(), Epoch: 7},
		Members: []index.Member{member(1, index.Both), member(2, index.Both), member(3, index.Receive)},
	}
	loser := func(n byte) index.File {
		by := index.Actor{Device: index.DeviceID{2}.Short(), Epoch: index.Epoch(n)}
		return index.File{
			Path: index.MustPath("x.txt"), Kind: index.Regular, Size: 1, Mode: 0o644, Modified: int64(n), Root: index.Hash{n},
			Version: index.Version(nil).Bump(by), By: by.Device,
		}
	}
	kept := func(n byte) index.File {
		f, _ := folder.Aside(index.Case{Path: at}, loser(n))
		return f
	}
	here := func(n byte) index.Case {
		return index.Case{Path: at, Have: index.Record{File: kept(n)}}
	}
	there := func(device, n byte) index.Case {
		return index.Case{Path: at, Others: []index.Holding{{Device: index.DeviceID{device}, File: kept(n)}}}
	}
	for _, c := range []struct {
		name             string
		at               index.Case
		loser            byte
		cedes, displaces bool
	}{
		{"nothing is known", index.Case{Path: at}, 2, false, false},
		{"a lesser one is here", here(1), 2, false, true},
		{"a greater one is here", here(3), 2, true, false},
		{"it is here", here(2), 2, false, false},
		{"a lesser one is there", there(2, 1), 2, false, false},
		{"a greater one is there", there(2, 3), 2, true, false},
		{"a receiver has a greater one", there(3, 3), 2, false, false},
	} {
		if got := folder.Cedes(c.at, loser(c.loser)); got != c.cedes {
			t.Errorf("%s: it cedes the name: %v", c.name, got)
		}
		a, got := folder.Displace(c.at, loser(c.loser))
		if got != c.displaces {
			t.Errorf("%s: it displaces what is there: %v", c.name, got)
		}
		if got && (a.Verb != Take || !a.Loser || !a.Want.SameContent(loser(c.loser)) || a.Want.Version.Compare(c.at.Have.Version) != index.Newer) {
			t.Errorf("%s: %+v", c.name, a)
		}
	}
	folder.Receive = true
	if _, ok := folder.Displace(here(1), loser(2)); ok || !folder.Cedes(there(2, 1), loser(2)) {
		t.Error("a receiver's copy takes the name of what others have")
	}
}
