package indextest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kith/index"
)

// differ tells random stories to a store and to Memory, and compares all that
// can be asked after each step.
func differ(t *testing.T, store Store) {
	n := uint16(0)
	rapid.Check(t, func(rt *rapid.T) {
		n++
		d := &differing{T: rt, ctx: t.Context(), folder: index.FolderID{0xd1, byte(n >> 8), byte(n)}, a: store, b: NewMemory()}
		d.both("open", func(s Store) (string, error) {
			c, err := s.Open(d.ctx, d.folder, 7)
			return fmt.Sprint(c), err
		})
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			rapid.SampledFrom([]func(*rapid.T){d.commit, d.commit, d.learn, d.learn, d.touch, d.forget}).Draw(rt, "step")(rt)
			d.compare()
		}
		if n%2 == 0 { // the others stay, so that what is kept of them can be looked at
			if err := store.Drop(d.ctx, d.folder); err != nil {
				rt.Fatal(err)
			}
		}
	})
}

type differing struct {
	*rapid.T
	ctx    context.Context
	folder index.FolderID
	a, b   Store
}

// both does the same to both stores, which must say the same.
func (d *differing) both(what string, do func(Store) (string, error)) {
	d.Helper()
	a, err := do(d.a)
	if err != nil {
		d.Fatalf("%s: %v", what, err)
	}
	b, err := do(d.b)
	if err != nil {
		d.Fatalf("%s, in memory: %v", what, err)
	}
	if a != b {
		d.Fatalf("%s:\n    got %s\nin memory %s", what, a, b)
	}
}

var (
	allPaths   = paths("a", "a/b", "a b", "c", "d/e")
	allDevices = []index.DeviceID{anna, ben}
	allTexts   = [][]string{nil, {"x"}, {"yy"}, {"x", "yy"}, {"yy", "zzz", "yy"}}
)

// aFile draws any file: versions are such as no real history makes, too.
func aFile(t *rapid.T) index.File {
	p := rapid.SampledFrom(allPaths).Draw(t, "path").String()
	count := func(who string) uint64 { return rapid.Uint64Range(0, 2).Draw(t, who) }
	version := v(count("anna's"), count("ben's"))
	switch f := file(p, version, rapid.SampledFrom(allTexts).Draw(t, "texts")...); rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		return dir(p, version)
	case 1:
		return link(p, version, "t")
	case 2:
		return gone(f, version)
	case 3:
		return bare(f)
	case 4:
		return away(p, index.Elsewhere, version)
	case 5:
		return away(p, index.Sought, version)
	default:
		return f
	}
}

func (d *differing) commit(t *rapid.T) {
	files := rapid.SliceOfN(rapid.Custom(aFile), 1, 4).Draw(t, "files")
	records, err := d.b.Get(d.ctx, d.folder, pathsOf(files), false)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		records[i].File = f
		if rapid.IntRange(0, 9).Draw(t, "stale") == 0 {
			records[i].Seq++
		}
	}
	d.both("commit", func(s Store) (string, error) {
		last, stale, err := s.Commit(d.ctx, d.folder, records)
		return fmt.Sprint(last, stale), err
	})
}

func (d *differing) touch(t *rapid.T) {
	records, err := d.b.Get(d.ctx, d.folder, allPaths, false)
	if err != nil {
		t.Fatal(err)
	}
	records = slices.DeleteFunc(records, func(r index.Record) bool { return r.Kind == index.Absent })
	for i := range records {
		records[i].Identity = index.Identity{Inode: rapid.Uint64().Draw(t, "inode"), Changed: rapid.Int64().Draw(t, "ctime")}
	}
	d.both("touch", func(s Store) (string, error) { return "", s.Touch(d.ctx, d.folder, records) })
}

func (d *differing) learn(t *rapid.T) {
	who := rapid.SampledFrom(allDevices).Draw(t, "device")
	files := rapid.SliceOfN(rapid.Custom(aFile), 0, 4).Draw(t, "files")
	if rapid.Bool().Draw(t, "as ours") {
		ours, err := d.b.Get(d.ctx, d.folder, allPaths, rapid.Bool().Draw(t, "blocks"))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range ours {
			if r.Kind != index.Absent {
				files = append(files, r.File)
			}
		}
	}
	heard := index.Cursor{Epoch: 1, Seq: index.Seq(rapid.Uint64().Draw(t, "seq"))}
	fresh, sends := rapid.IntRange(0, 4).Draw(t, "fresh") == 0, rapid.IntRange(0, 3).Draw(t, "sends") > 0
	d.both("learn", func(s Store) (string, error) {
		return "", s.Learn(d.ctx, d.folder, who, files, heard, fresh, sends)
	})
}

func (d *differing) forget(t *rapid.T) {
	who := rapid.SampledFrom(allDevices).Draw(t, "device")
	d.both("forget", func(s Store) (string, error) { return "", s.Forget(d.ctx, d.folder, who) })
}
