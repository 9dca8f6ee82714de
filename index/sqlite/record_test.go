package sqlite

import (
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"kith/index"
)

func anyHash(t *rapid.T) (h index.Hash) {
	copy(h[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "hash"))
	return h
}

// anyFile draws what wellFormed lets through, likely or not.
func anyFile(t *rapid.T) index.File {
	f := index.File{
		Path:     index.MustPath("some/path"),
		Kind:     index.Kind(rapid.IntRange(int(index.Deleted), int(index.Directory)).Draw(t, "kind")),
		Size:     rapid.Int64Range(0, 1<<62).Draw(t, "size"),
		Modified: rapid.Int64().Draw(t, "time"),
		Mode:     rapid.Uint32().Draw(t, "mode"),
		Target:   rapid.String().Draw(t, "target"),
		By:       index.Short(rapid.Uint64().Draw(t, "by")),
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "actors") {
		f.Version = append(f.Version, index.Counter{
			Actor: index.Actor{Device: index.Short(i), Epoch: index.Epoch(rapid.Uint32Min(1).Draw(t, "epoch"))},
			Count: rapid.Uint64Range(1, index.MaxCount).Draw(t, "count"),
		})
	}
	for range rapid.IntRange(0, 3).Draw(t, "blocks") {
		f.Blocks = append(f.Blocks, index.Block{Hash: anyHash(t), Size: rapid.Uint32().Draw(t, "block size")})
	}
	switch rapid.IntRange(0, 2).Draw(t, "root") {
	case 0:
		f.Root = index.RootOf(f.Blocks)
	case 1:
		f.Root = anyHash(t)
	}
	if len(f.Blocks) == 1 && rapid.Bool().Draw(t, "fits") {
		f.Kind, f.Size, f.Root = index.Regular, int64(f.Blocks[0].Size), index.RootOf(f.Blocks)
	}
	return f
}

func TestRecordsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rec := index.Record{File: anyFile(t), Seq: index.Seq(rapid.Uint64Min(1).Draw(t, "seq"))}
		rec.Identity = index.Identity{
			Inode: rapid.Uint64().Draw(t, "inode"), Size: rapid.Int64().Draw(t, "size"), Modified: rapid.Int64().Draw(t, "mtime"),
			Changed: rapid.Int64().Draw(t, "ctime"), Mode: rapid.Uint32().Draw(t, "mode"),
		}
		key := keyOf(rec.Path)
		got, err := decodeRecord(encodeRecord(rec, key), key, rec.Path, rec.Seq)
		if err != nil {
			t.Fatal(err)
		}
		if !single(rec.File) {
			rec.Blocks = nil
		}
		if !reflect.DeepEqual(got, rec) {
			t.Fatalf("got  %+v\nwant %+v", got, rec)
		}
	})
}

func TestHoldingsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		have := anyFile(t)
		others := []held{{1, anyFile(t)}, {1 << 40, have}, {3, anyFile(t)}}
		key := keyOf(have.Path)
		got, err := decodeOthers(encodeOthers(others, have, key), key, have, have.Path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range others {
			if identical(others[i].file, have) {
				others[i].file.Blocks = nil
			}
		}
		if !reflect.DeepEqual(got, others) {
			t.Fatalf("got  %+v\nwant %+v", got, others)
		}
	})
}

func TestSomebodyElsesRecordIsNotTaken(t *testing.T) {
	rec := index.Record{File: index.File{Path: index.MustPath("a"), Kind: index.Directory}, Seq: 5}
	b := encodeRecord(rec, keyOf(rec.Path))
	for _, c := range []struct {
		path string
		seq  index.Seq
	}{{"b", 5}, {"a", 6}} {
		p := index.MustPath(c.path)
		if _, err := decodeRecord(b, keyOf(p), p, c.seq); !errors.Is(err, ErrCorrupt) {
			t.Errorf("as %s %d: %v, want ErrCorrupt", c.path, c.seq, err)
		}
	}
}

// FuzzDecodeRecord decodes any bytes, with their checksum and without: they are
// refused, or are a record that is written back and read again the same.
func FuzzDecodeRecord(f *testing.F) {
	p := index.MustPath("a")
	key := keyOf(p)
	block := []index.Block{{Hash: index.Sum(nil), Size: 7}}
	file := index.File{Path: p, Kind: index.Regular, Size: 7, Modified: 1e18, Mode: 0o644, Root: index.RootOf(block), Blocks: block,
		Version: index.Version{{Actor: index.Actor{Device: 1, Epoch: 2}, Count: 3}}, By: 1}
	sealed := encodeRecord(index.Record{File: file, Seq: 1}, key)
	f.Add(sealed[:len(sealed)-4])
	f.Add(appendFile(nil, index.File{Kind: index.Symlink, Target: "t", By: 9}, true))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, b := range [][]byte{b, seal(append([]byte(nil), b...), key, 1)} {
			rec, err := decodeRecord(b, key, p, 1)
			if err != nil {
				if !errors.Is(err, ErrCorrupt) {
					t.Errorf("%v does not wrap ErrCorrupt", err)
				}
				continue
			}
			again, err := decodeRecord(encodeRecord(rec, key), key, p, 1)
			if len(rec.Blocks) > 0 && !single(rec.File) {
				rec.Blocks = nil
			}
			if err != nil || !reflect.DeepEqual(again, rec) {
				t.Errorf("%+v comes back as %+v, %v", rec, again, err)
			}
		}
		_, _ = decodeOthers(seal(append([]byte(nil), b...), key, 0), key, file, p)
		_, _ = decodeBlocks(b, uint64(len(b)))
	})
}
