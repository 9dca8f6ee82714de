package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"kith/index"
	"kith/index/sqlite"
)

// manyFiles returns n files of one block each, in the order of a walk, 50 to a
// directory, with paths of about 63 bytes.
func manyFiles(n int) []index.File {
	version := index.Version{{Actor: index.Actor{Device: 1 << 60, Epoch: 1 << 30}, Count: 1}}
	files := make([]index.File, n)
	for i := range files {
		b := index.Block{Hash: index.Sum(fmt.Append(nil, i)), Size: uint32(4096 + i%1000)}
		files[i] = index.File{
			Path: index.MustPath(fmt.Sprintf("some/folder with a name/another one %06d/the file number %08d.jpg", i/50, i)),
			Kind: index.Regular, Size: int64(b.Size), Modified: 1.7e18 + int64(i), Mode: 0o644,
			Root: index.RootOf([]index.Block{b}), Blocks: []index.Block{b}, Version: version, By: 1 << 60,
		}
	}
	return files
}

func recordsOf(files []index.File) []index.Record {
	records := make([]index.Record, len(files))
	for i, f := range files {
		records[i] = index.Record{File: f, Identity: index.Identity{
			Inode: 1e6 + uint64(i), Size: f.Size, Modified: f.Modified, Changed: 1.8e18 + int64(i), Mode: f.Mode}}
	}
	return records
}

// bench is a store with a stopwatch.
type bench struct {
	*testing.B
	x      *sqlite.Index
	path   string
	folder index.FolderID
}

// rate does work on n rows and reports rows a second.
func (b *bench) rate(what string, n int, work func()) {
	start := time.Now()
	work()
	b.ReportMetric(float64(n)/time.Since(start).Seconds(), what+"/s")
}

// took reports how many microseconds work takes.
func (b *bench) took(what string, work func()) {
	start := time.Now()
	work()
	b.ReportMetric(float64(time.Since(start).Microseconds()), what+"-µs")
}

func (b *bench) must(err error) {
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) commit(records []index.Record) {
	for i := 0; i < len(records); i += 1000 {
		_, stale, err := b.x.Commit(b.Context(), b.folder, records[i:min(i+1000, len(records))])
		b.must(err)
		if len(stale) > 0 {
			b.Fatal("stale")
		}
	}
}

func (b *bench) learn(d index.DeviceID, files []index.File) {
	for i := 0; i < len(files); i += 1000 {
		b.must(b.x.Learn(b.Context(), b.folder, d, files[i:min(i+1000, len(files))], index.Cursor{Epoch: 1, Seq: 1}, false, true))
	}
}

func (b *bench) size() float64 {
	total := int64(0)
	for _, part := range []string{"", "-wal"} {
		if info, err := os.Stat(b.path + part); err == nil {
			total += info.Size()
		}
	}
	return float64(total)
}

// BenchmarkFolder takes a folder of many files through its life, once.
func BenchmarkFolder(tb *testing.B) {
	n := 200_000
	if testing.Short() {
		n = 20_000
	}
	for range tb.N {
		b := &bench{B: tb, path: filepath.Join(tb.TempDir(), "index.db"), folder: index.FolderID{1}}
		b.x = open(tb, b.path)
		_, err := b.x.Open(b.Context(), b.folder, 1)
		b.must(err)
		b.life(n)
	}
}

func (b *bench) life(n int) {
	files := manyFiles(n)
	ctx := b.Context()
	anna, ben := index.DeviceID{1}, index.DeviceID{2}
	b.rate("learn-new", n, func() { b.learn(anna, files) })
	b.took("totals", func() { _, err := b.x.Totals(ctx, b.folder); b.must(err) })
	b.took("needs-2000", func() {
		cases, err := b.x.Needs(ctx, b.folder, files[n/2].Path, 2000, false)
		b.must(err)
		if len(cases) != 2000 {
			b.Fatal(len(cases))
		}
	})
	records := recordsOf(files)
	b.rate("commit-needed", n, func() { b.commit(records) })
	other := index.FolderID{2}
	_, err := b.x.Open(ctx, other, 1)
	b.must(err)
	before := b.size()
	b.folder = other
	b.rate("commit-new", n, func() { b.commit(records) })
	b.rate("learn-same", n, func() { b.learn(ben, files) })
	b.ReportMetric((b.size()-before)/float64(n), "B/file")
	b.rate("list", n, func() {
		b.must(b.x.List(ctx, b.folder, index.Path{}, func(index.Record) error { return nil }))
	})
	b.rate("since", n, func() {
		for after := index.Seq(0); after < index.Seq(n); after += 1000 {
			_, err := b.x.Since(ctx, b.folder, after, 1000, 8)
			b.must(err)
		}
	})
	blocks, roots, paths := make([]index.Block, 1000), make([]index.Hash, 1000), make([]index.Path, 1000)
	for i := range blocks {
		f := files[i*n/1000]
		blocks[i], roots[i], paths[i] = f.Blocks[0], f.Root, f.Path
	}
	b.took("find-nothing", func() {
		_, err := b.x.Find(ctx, b.folder, index.NewPattern("no such name"), index.Path{}, index.Path{}, 100)
		b.must(err)
	})
	b.took("children-1000", func() {
		dir := files[0].Path.Parent().Parent()
		_, err := b.x.Children(ctx, b.folder, dir, index.Path{}, 1000)
		b.must(err)
	})
	b.took("locate-1000", func() { _, err := b.x.Locate(ctx, b.folder, blocks); b.must(err) })
	b.took("roots-1000", func() { _, err := b.x.WithRoot(ctx, b.folder, roots); b.must(err) })
	b.took("get-1000", func() { _, err := b.x.Get(ctx, b.folder, paths, false); b.must(err) })
	for i := range records {
		records[i].Seq, records[i].Kind, records[i].Blocks = index.Seq(i+1), index.Deleted, nil
		records[i].Size, records[i].Modified, records[i].Mode = 0, 0, 0
	}
	b.rate("delete", n, func() { b.commit(records) })
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(0, "ns/op")
}

// BenchmarkLook looks for names and into directories of a folder of a million
// files that lie on another device only.
func BenchmarkLook(tb *testing.B) {
	n := 1_000_000
	if testing.Short() {
		n = 20_000
	}
	b := &bench{B: tb, path: filepath.Join(tb.TempDir(), "index.db"), folder: index.FolderID{1}}
	b.x = open(tb, b.path)
	_, err := b.x.Open(b.Context(), b.folder, 1)
	b.must(err)
	files := manyFiles(n)
	b.learn(index.DeviceID{1}, files)
	for range tb.N {
		b.took("find-nothing", func() {
			_, err := b.x.Find(b.Context(), b.folder, index.NewPattern("no such name"), index.Path{}, index.Path{}, 200)
			b.must(err)
		})
		b.took("find-200", func() {
			_, err := b.x.Find(b.Context(), b.folder, index.NewPattern("99.JPG"), index.Path{}, index.Path{}, 200)
			b.must(err)
		})
		b.took("children-of-20000", func() { // none of which is known itself: all are looked at
			_, err := b.x.Children(b.Context(), b.folder, files[0].Path.Parent().Parent(), index.Path{}, 1000)
			b.must(err)
		})
	}
	b.ReportMetric(0, "ns/op")
}
