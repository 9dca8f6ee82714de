package indextest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"kith/index"
)

// Run proves that a store keeps the contract of Store. open returns an empty
// one, and sees to its end.
func Run(t *testing.T, open func(t *testing.T) Store) {
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			tell(&teller{T: t, store: open(t), folder: index.FolderID{1}}, s.tell)
		})
	}
	t.Run("any story goes as in memory", func(t *testing.T) { differ(t, open(t)) })
}

// story is something that happens to one folder, which is open, in words.
type story struct {
	name string
	tell func(*teller)
}

func tell(t *teller, story func(*teller)) {
	t.open(t.folder, 7)
	story(t)
}

// teller says the operations of a story to a store. An operation that fails
// ends the test.
type teller struct {
	*testing.T
	store  Store
	folder index.FolderID
}

func (t *teller) must(err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (t *teller) ctx() context.Context { return t.Context() }

func (t *teller) open(f index.FolderID, fresh index.Epoch) index.Cursor {
	t.Helper()
	c, err := t.store.Open(t.ctx(), f, fresh)
	t.must(err)
	return c
}

// commit writes files, each decided on what is there now.
func (t *teller) commit(files ...index.File) index.Seq {
	t.Helper()
	records := t.get(pathsOf(files), false)
	for i, f := range files {
		records[i].File = f
	}
	last, stale, err := t.store.Commit(t.ctx(), t.folder, records)
	t.must(err)
	if len(stale) > 0 {
		t.Fatalf("commit: %v are stale", stale)
	}
	return last
}

func (t *teller) get(paths []index.Path, blocks bool) []index.Record {
	t.Helper()
	records, err := t.store.Get(t.ctx(), t.folder, paths, blocks)
	t.must(err)
	return records
}

func (t *teller) learn(d index.DeviceID, files ...index.File) {
	t.Helper()
	t.must(t.store.Learn(t.ctx(), t.folder, d, files, index.Cursor{Epoch: 1, Seq: 1}, false, true))
}

func (t *teller) totals() index.Totals {
	t.Helper()
	totals, err := t.store.Totals(t.ctx(), t.folder)
	t.must(err)
	return totals
}

// lists returns the paths at and below one, in the order of List.
func (t *teller) lists(under index.Path) (out []string) {
	t.Helper()
	t.must(t.store.List(t.ctx(), t.folder, under, func(r index.Record) error {
		out = append(out, r.Path.String())
		return nil
	}))
	return out
}

// needs returns the paths of all needs, asked for two at a time.
func (t *teller) needs(gone bool) (out []string) {
	t.Helper()
	for after := (index.Path{}); ; {
		cases, err := t.store.Needs(t.ctx(), t.folder, after, 2, gone)
		t.must(err)
		for _, c := range cases {
			out = append(out, c.Path.String())
			after = c.Path
		}
		if len(cases) < 2 {
			return out
		}
	}
}

// is fails unless got is want, when both are written out.
func (t *teller) is(what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

func pathsOf(files []index.File) []index.Path {
	out := make([]index.Path, len(files))
	for i, f := range files {
		out[i] = f.Path
	}
	return out
}

// What stories are made of.
var (
	anna = index.DeviceID{0xaa}
	ben  = index.DeviceID{0xbb}
)

// v returns a version from counts of anna, ben and a third one.
func v(counts ...uint64) index.Version {
	var out index.Version
	for i, n := range counts {
		if n > 0 {
			out = append(out, index.Counter{Actor: index.Actor{Device: index.Short(i + 1), Epoch: 7}, Count: n})
		}
	}
	return out
}

// file returns a file whose blocks are the texts.
func file(path string, version index.Version, texts ...string) index.File {
	f := index.File{Path: index.MustPath(path), Kind: index.Regular, Modified: 1e18, Mode: 0o644, Version: version, By: 1}
	f.Blocks = blocksOf(texts...)
	for _, text := range texts {
		f.Size += int64(len(text))
	}
	f.Root = index.RootOf(f.Blocks)
	return f
}

func dir(path string, version index.Version) index.File {
	return index.File{Path: index.MustPath(path), Kind: index.Directory, Mode: 0o755, Version: version, By: 1}
}

func link(path string, version index.Version, target string) index.File {
	return index.File{Path: index.MustPath(path), Kind: index.Symlink, Modified: 1e18, Target: target, Version: version, By: 1}
}

// gone returns the deletion of a file.
func gone(f index.File, version index.Version) index.File {
	return index.File{Path: f.Path, Kind: index.Deleted, Root: f.Root, Version: version, By: 2}
}

// away returns what a device says that does not keep a path.
func away(path string, kind index.Kind, version index.Version) index.File {
	return index.File{Path: index.MustPath(path), Kind: kind, Version: version}
}

// bare returns f without its blocks.
func bare(f index.File) index.File {
	f.Blocks = nil
	return f
}

// path returns the path of a name; "" is the folder itself.
func path(name string) (p index.Path) {
	if name != "" {
		p = index.MustPath(name)
	}
	return p
}

func namesOf(cases []index.Case) (out []string) {
	for _, c := range cases {
		out = append(out, c.Path.String())
	}
	return out
}

func paths(names ...string) []index.Path {
	out := make([]index.Path, len(names))
	for i, n := range names {
		out[i] = index.MustPath(n)
	}
	return out
}

// blocksOf are the blocks that hold the texts.
func blocksOf(texts ...string) (blocks []index.Block) {
	for _, text := range texts {
		blocks = append(blocks, index.Block{Hash: index.Sum([]byte(text)), Size: uint32(len(text))})
	}
	return blocks
}

var errStop = errors.New("stop")

// stories are told to a fresh store each. Together with the random ones they
// are what a store must do.
var stories = slices.Concat(storiesOfOurs, storiesOfOthers, storiesOfBlocks)
