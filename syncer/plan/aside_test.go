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

// TestAPlainNameThatTwoClaimIsNobodys: of losers that one device saved in one minute, and
// others set aside without having heard of each other.
func TestAPlainNameThatTwoClaimIsNobodys(t *testing.T) {
	at := index.MustPath("x (conflict, Anna, 2026-11-26 08.00).txt")
	exact := index.MustPath("x (conflict, Anna, 2026-11-26 08.00 123456).txt")
	folder := Folder{
		Self:    index.Actor{Device: index.DeviceID{1}.Short(), Epoch: 7},
		Members: []index.Member{{Device: index.DeviceID{1}, Role: index.Both}, {Device: index.DeviceID{2}, Role: index.Both}},
	}
	person := index.Actor{Device: index.DeviceID{2}.Short(), Epoch: 3}
	loser := func(n byte) index.File {
		return index.File{
			Path: index.MustPath("x.txt"), Kind: index.Regular, Size: 1, Mode: 0o644, Modified: int64(n), Root: index.Hash{n},
			Version: index.Version(nil).Bump(index.Actor{Device: person.Device, Epoch: index.Epoch(n)}), By: person.Device,
		}
	}
	kept := func(n byte) index.File {
		f, _ := folder.Aside(index.Case{Path: at}, loser(n))
		return f
	}
	left := func(n byte) index.File {
		return index.File{Path: at, Kind: index.Deleted, Version: kept(n).Version.Bump(nobody)}
	}
	edited := kept(2)
	edited.Root, edited.Version = index.Hash{9}, edited.Version.Bump(person)
	about := func(p index.Path, have, theirs index.File) index.Case {
		have.Path = p
		return index.Case{Path: p, Have: index.Record{File: have}, Others: []index.Holding{{Device: index.DeviceID{2}, File: theirs}}}
	}
	receiver := folder
	receiver.Receive = true
	for _, c := range []struct {
		name  string
		as    Folder
		at    index.Case
		verb  Verb
		kind  index.Kind
		aside bool
	}{
		{"a greater one is there", folder, about(at, kept(1), kept(2)), Take, index.Deleted, true},
		{"a lesser one is there", folder, about(at, kept(2), kept(1)), Take, index.Deleted, true},
		{"another one has left", folder, about(at, kept(2), left(1)), Take, index.Deleted, true},
		{"this one has left elsewhere", folder, about(at, kept(1), left(1)), Take, index.Deleted, false},
		{"one left, and another is there", folder, about(at, left(1), kept(2)), Keep, index.Absent, false},
		{"both have left", folder, about(at, left(1), left(2)), Adopt, index.Deleted, false},
		{"the same is there", folder, about(at, kept(1), kept(1)), Keep, index.Absent, false},
		{"somebody edited another one", folder, about(at, kept(1), edited), Take, index.Regular, true},
		{"somebody edited one after another has left", folder, about(at, left(1), edited), Take, index.Regular, false},
		{"under an exact name", folder, about(exact, kept(1), kept(2)), Take, index.Regular, true},
		{"for a receiver", receiver, about(at, kept(1), kept(2)), Take, index.Regular, false},
	} {
		a := c.as.Decide(c.at)
		if a.Verb != c.verb || a.Want.Kind != c.kind || a.Loser != c.aside {
			t.Errorf("%s: %v, and there lies a %v", c.name, a, a.Want.Kind)
		}
		other := c.at.Others[0].File
		if c.aside && c.kind == index.Deleted && other.Live() && a.Want.Version.Contains(other.Version) {
			t.Errorf("%s: who holds it would not keep it: %v", c.name, a.Want.Version)
		}
	}
	for _, c := range []struct {
		name  string
		at    index.Case
		taken bool
	}{
		{"nothing is known", index.Case{Path: at}, false},
		{"the same is there", about(at, index.File{}, kept(1)), false},
		{"another one is there", about(at, index.File{}, kept(2)), true},
		{"another one is here", index.Case{Path: at, Have: index.Record{File: kept(2)}}, true},
		{"it is nobody's", about(at, index.File{}, left(2)), true},
		{"it was deleted", index.Case{Path: at, Have: index.Record{File: folder.Gone(kept(1))}}, false},
	} {
		if got := folder.Taken(c.at, loser(1)); got != c.taken {
			t.Errorf("%s: taken is %v", c.name, got)
		}
	}
	for _, c := range []struct {
		name   string
		as     Folder
		at     index.Case
		leaves bool
	}{
		{"one is there", folder, about(at, index.File{}, kept(1)), true},
		{"another one has left", folder, about(at, left(2), kept(1)), true},
		{"somebody edited it", folder, about(at, index.File{}, edited), false},
		{"one is here", folder, about(at, kept(1), kept(2)), false},
		{"somebody deleted one here", folder, about(at, folder.Gone(kept(2)), kept(1)), false},
		{"under an exact name", folder, about(exact, index.File{}, kept(1)), false},
		{"for a receiver", receiver, about(at, index.File{}, kept(1)), false},
	} {
		none, ok := c.as.Leave(c.at, c.at.Others[0].File)
		if ok != c.leaves || ok && (none.Version.Count(nobody) == 0 || none.Kind != index.Deleted || !none.Version.Contains(c.at.Others[0].Version) || !none.Version.Contains(c.at.Have.Version)) {
			t.Errorf("%s: who cannot have it leaves its name: %v, with %v", c.name, ok, none.Version)
		}
	}
}
