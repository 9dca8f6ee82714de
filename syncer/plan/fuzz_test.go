package plan

import (
	"slices"
	"testing"

	"kith/index"
)

// FuzzDecide makes cases of bytes, also ones that no devices could bring about,
// and checks what must hold for each on its own.
func FuzzDecide(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 0x23, 1, 0, 0x13, 0x10})
	f.Add([]byte{1, 0x23, 0x01, 0x00, 0x33, 0x10, 0x00, 0x32, 0x11, 0x01})
	f.Fuzz(func(t *testing.T, data []byte) {
		d := dice(data)
		folder := office
		folder.Members = slices.Clone(office.Members[:3])
		folder.Receive = d.roll(4) == 0
		folder.Self = index.Actor{Device: index.DeviceID{9}.Short(), Epoch: 1}
		for i := range folder.Members {
			folder.Members[i].Role = index.Both
			if d.roll(4) == 0 {
				folder.Members[i].Role = index.Receive
			}
		}
		c := index.Case{Path: index.MustPath("d/a"), Have: index.Record{File: d.file(), Seq: 7}}
		for _, m := range folder.Members {
			c.Others = append(c.Others, index.Holding{Device: m.Device, File: d.file()})
		}
		checkDecide(t, folder, c)
	})
}

// dice draws small numbers from bytes; when there are no more, zeros.
type dicer struct{ data []byte }

func dice(data []byte) *dicer { return &dicer{data} }

func (d *dicer) roll(n int) int {
	if len(d.data) == 0 {
		return 0
	}
	b := d.data[0]
	d.data = d.data[1:]
	return int(b) % n
}

// file makes one of the few files there are, well formed for its kind.
func (d *dicer) file() index.File {
	f := index.File{Path: index.MustPath("d/a"), Kind: index.Kind(d.roll(5))}
	if f.Kind == index.Absent {
		return index.File{}
	}
	looks := d.roll(8)
	switch f.Kind {
	case index.Deleted:
		f.Root = rootOf(looks & 1)
	case index.Symlink:
		f.Target, f.Modified = string(rune('a'+looks&1)), int64(looks>>1&1)
	case index.Regular:
		f.Root, f.Size, f.Modified, f.Mode = rootOf(looks&1), 1, int64(looks>>1&1), 0o600+uint32(looks>>2&1)
	case index.Directory:
		f.Mode = 0o755 - uint32(looks&1)
	}
	for _, device := range []byte{1, 2, 3, 9} {
		if count := d.roll(3); count > 0 {
			actor := index.Actor{Device: index.DeviceID{device}.Short(), Epoch: 1}
			f.Version = append(f.Version, index.Counter{Actor: actor, Count: uint64(count)})
			f.By = actor.Device
		}
	}
	return f
}

// checkDecide checks one case and what comes of it when nobody does anything else.
func checkDecide(t *testing.T, f Folder, c index.Case) {
	t.Helper()
	for steps := 0; ; steps++ {
		a := f.Decide(c)
		backward := c
		backward.Others = slices.Clone(c.Others)
		slices.Reverse(backward.Others)
		if b := f.Decide(backward); b.Verb != a.Verb || b.Loser != a.Loser || !b.Want.Same(a.Want) ||
			b.Want.By != a.Want.By || b.Want.Version.Compare(a.Want.Version) != index.Equal {
			t.Fatalf("the order of the others matters:\n%+v\n%+v", a, b)
		}
		if a.Verb == Keep {
			return
		}
		checkAction(t, f, c, a)
		if steps == len(c.Others)+1 {
			t.Fatalf("no end: %+v", c)
		}
		c.Have.File = a.Want
	}
}

func checkAction(t *testing.T, f Folder, c index.Case, a Action) {
	t.Helper()
	if a.Want.Version.Compare(c.Have.Version) != index.Newer {
		t.Errorf("goes from %v to %v", c.Have.Version, a.Want.Version)
	}
	if err := a.Want.Version.Valid(); err != nil {
		t.Error(err)
	}
	if a.Want.Path != c.Path || a.Have.Seq != c.Have.Seq {
		t.Errorf("decides about another path or record: %+v", a)
	}
	from := slices.ContainsFunc(c.Others, func(o index.Holding) bool { return f.sends(o.Device) && o.Same(a.Want) })
	if !from && !c.Have.Same(a.Want) {
		t.Errorf("wants what neither we nor a sender holds: %+v", a.Want)
	}
	looks := c.Have.Live() && c.Have.Same(a.Want) || !c.Have.Live() && !a.Want.Live()
	if looks != (a.Verb == Adopt) {
		t.Errorf("%s, but what is here is %s and what is wanted %s", a, c.Have.Kind, a.Want.Kind)
	}
	if a.Loser && (!c.Have.Live() || c.Have.SameContent(a.Want)) {
		t.Errorf("sets aside what is not lost: %s", a)
	}
}

// FuzzConflictPath: the name of a conflict copy is always a path, never the
// loser's own, and tells what it is a copy of as long as nothing was shortened.
func FuzzConflictPath(f *testing.F) {
	f.Add("d/report.txt", "Ben-PC", int64(1795343459000000000), false)
	f.Add("a (conflict, Ben-PC, 2026-11-22 10.30).txt", "Ben-PC", int64(1795343400000000000), false)
	f.Add("a (conflict, Ben-PC, 2026-11-22 10.30 4ef07d).txt", "Ben-PC", int64(1795343400000000000), true)
	f.Add(" (conflict, , 0001-01-01 00.00)", ")(", int64(-1<<63), true)
	f.Add(".", "..", int64(0), true)
	f.Add("0. (conflict, ", "Ben-PC", int64(1795343400000000000), true)
	f.Fuzz(func(t *testing.T, path, device string, modified int64, exact bool) {
		p, err := index.ParsePath(path)
		if err != nil {
			return
		}
		folder := Folder{Members: []index.Member{{Device: index.DeviceID{1}, Name: device, Role: index.Both}}}
		loser := index.File{Path: p, Kind: index.Regular, Modified: modified, By: index.DeviceID{1}.Short()}
		got := folder.ConflictPath(loser, exact)
		if q, err := index.ParsePath(got.String()); err != nil || q != got {
			t.Fatalf("%q: %v", got, err)
		}
		if got == p {
			t.Fatalf("%q is set aside as itself", p)
		}
		if got != folder.ConflictPath(loser, exact) {
			t.Fatal("not always the same")
		}
		want := stripMark(p.Name())
		if len(got.String()) > len(p.String()) && len(want)+150 < index.MaxName && len(path)+150 < index.MaxPath {
			of, _, ok := ParseConflict(got)
			if original, err := p.Parent().Join(want); err == nil && (!ok || of != original) {
				t.Fatalf("%q: a copy of %q? %v", got, of, ok)
			}
		}
	})
}
