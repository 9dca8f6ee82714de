package wire_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kith/index"
	"kith/peer/wire"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew: the format of the conversation changes")

func body(t testing.TB, m wire.Message) []byte {
	t.Helper()
	b, err := wire.Append(nil, m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatWasWrittenIsReadAsItWas(t *testing.T) {
	for _, want := range examples() {
		t.Run(want.Type().String(), func(t *testing.T) {
			got, err := wire.Parse(body(t, want))
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, want)
		})
	}
}

// The bytes of a message never change: devices with older programs read them.
func TestFormatIsFrozen(t *testing.T) {
	for i, m := range examples() {
		name := filepath.Join("testdata", "golden", fmt.Sprintf("%02d_%v.hex", i, m.Type()))
		got := hex.Dump(body(t, m))
		if *rewrite {
			if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: got\n%swant\n%s", name, got, want)
		}
	}
}

func TestTypicalFileTakesAtMost70Bytes(t *testing.T) {
	if n := len(body(t, tree(1000))); n > 70*1000 {
		t.Errorf("1000 files take %d bytes", n)
	}
}

// Renaming two directories with 5,000 files makes 10,000 entries: a file that is
// there, one that is gone. They come together or one after the other.
func TestRenamedFilesTakeFewBytes(t *testing.T) {
	here := tree(5000).Files
	var gone []index.File
	for i, f := range here {
		gone = append(gone, index.File{Path: f.Path, Kind: index.Deleted, Root: f.Root, Version: f.Version.Bump(f.Version[0].Actor), By: f.By})
		here[i].Path = index.MustPath(strings.Replace(f.Path.String(), "project", "the project", 1))
	}
	var mixed []index.File
	for i := range here {
		mixed = append(mixed, here[i], gone[i])
	}
	for name, files := range map[string][]index.File{"together": mixed, "one after the other": append(here, gone...)} {
		total := 0
		for at := 0; at < len(files); at += wire.MaxFiles {
			total += len(body(t, &wire.Update{Folder: folder, Files: files[at : at+wire.MaxFiles]}))
		}
		t.Logf("%s: %d bytes", name, total)
		if total > 700_000 {
			t.Errorf("%s: %d bytes", name, total)
		}
	}
}

func TestBadMessagesAreNotWritten(t *testing.T) {
	one := update().Files[1]
	change := func(edit func(f *index.File)) wire.Message {
		f := one.Clone()
		edit(&f)
		return &wire.Update{Files: []index.File{f}}
	}
	link := index.File{Path: index.MustPath("l"), Kind: index.Symlink, Target: "x"}
	for name, m := range map[string]wire.Message{
		"path of the folder itself":  change(func(f *index.File) { f.Path = index.Path{} }),
		"absent kind":                change(func(f *index.File) { f.Kind = index.Absent }),
		"kind nobody knows":          change(func(f *index.File) { f.Kind = 9 }),
		"negative size":              change(func(f *index.File) { f.Size, f.Blocks = -1, nil }),
		"size not of the blocks":     change(func(f *index.File) { f.Size++ }),
		"root not of the blocks":     change(func(f *index.File) { f.Root[0]++ }),
		"no root":                    change(func(f *index.File) { f.Root, f.Blocks = index.Hash{}, nil }),
		"empty block":                change(func(f *index.File) { f.Blocks = append(f.Blocks, index.Block{}) }),
		"block above the limit":      change(func(f *index.File) { f.Blocks[0].Size = wire.MaxPiece + 1 }),
		"nine blocks":                change(func(f *index.File) { f.Blocks = make([]index.Block, 9) }),
		"setuid":                     change(func(f *index.File) { f.Mode |= 0o4000 }),
		"version out of order":       change(func(f *index.File) { f.Version = append(f.Version, f.Version[0]) }),
		"version with a zero":        change(func(f *index.File) { f.Version[0].Count = 0 }),
		"empty file with a root":     change(func(f *index.File) { f.Size, f.Blocks = 0, nil }),
		"directory with a time":      change(func(f *index.File) { *f = index.File{Path: f.Path, Kind: index.Directory, Modified: 1} }),
		"deleted with a mode":        change(func(f *index.File) { *f = index.File{Path: f.Path, Kind: index.Deleted, Mode: 1} }),
		"elsewhere with a size":      change(func(f *index.File) { *f = index.File{Path: f.Path, Kind: index.Elsewhere, Size: 1} }),
		"sought":                     change(func(f *index.File) { *f = index.File{Path: f.Path, Kind: index.Sought} }),
		"link without a target":      change(func(f *index.File) { *f = link; f.Target = "" }),
		"link with a zero byte":      change(func(f *index.File) { *f = link; f.Target = "a\x00b" }),
		"link with a long target":    change(func(f *index.File) { *f = link; f.Target = strings.Repeat("x", 4097) }),
		"1001 entries":               &wire.Update{Files: make([]index.File, wire.MaxFiles+1)},
		"name not UTF-8":             &wire.Hello{Name: "\xff"},
		"long name":                  &wire.Hello{Name: strings.Repeat("x", wire.MaxText+1)},
		"too many pieces":            &wire.Fetch{Wants: make([]wire.Want, wire.MaxWants+1)},
		"piece of no bytes":          &wire.Fetch{Wants: []wire.Want{{Path: one.Path}}},
		"piece of the folder":        &wire.Fetch{Wants: []wire.Want{{Size: 1}}},
		"piece before the beginning": &wire.Fetch{Wants: []wire.Want{{Path: one.Path, Size: 1, Offset: -1}}},
		"answer with neither":        &wire.Piece{ID: 1},
		"answer with both":           &wire.Piece{ID: 1, Gone: "x", Data: []byte("x")},
		"large piece":                &wire.Piece{ID: 1, Data: make([]byte, wire.MaxPiece+1)},
		"too many blocks":            &wire.GiveBlocks{Blocks: make([]index.Block, wire.MaxBlocks+1)},
		"member with another role":   &wire.Folders{Lists: []wire.Membership{{Members: []index.Member{{Device: index.DeviceID{1}, Role: 3}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := wire.Append([]byte("kept"), m)
			if err == nil {
				_, err = wire.Parse(b[4:])
				t.Fatalf("was written; reading gives %v", err)
			}
			if string(b) != "kept" {
				t.Errorf("left %d bytes", len(b))
			}
		})
	}
}

func TestLimitsAreInclusive(t *testing.T) {
	list := make([]index.Block, wire.MaxBlocks)
	for i := range list {
		list[i].Size = wire.MaxPiece
	}
	for name, m := range map[string]wire.Message{
		"files":   tree(wire.MaxFiles),
		"blocks":  &wire.GiveBlocks{Blocks: list},
		"text":    &wire.Bye{Reason: strings.Repeat("x", wire.MaxText)},
		"payload": &wire.Piece{ID: ^uint64(0), Index: wire.MaxWants - 1, Data: make([]byte, wire.MaxPiece)},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := wire.Parse(body(t, m)); err != nil {
				t.Error(err)
			}
		})
	}
}

// There is one way to write a message; all others are refused.
func TestOtherWaysToWriteAreRefused(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing":              {},
		"only a type":          {99},
		"zero written out":     {byte(wire.TypePing), 1, 1, 0},
		"varint too long":      {byte(wire.TypePing), 1, 2, 0x81, 0},
		"tag too long":         {byte(wire.TypePing), 0x81, 0, 1, 5},
		"length too long":      {byte(wire.TypePing), 1, 0x81, 0, 5},
		"field twice":          {byte(wire.TypePing), 1, 1, 5, 1, 1, 5},
		"tags descending":      {byte(wire.TypePing), 9, 1, 5, 1, 1, 5},
		"tag zero":             {byte(wire.TypePing), 0, 1, 5},
		"value cut short":      {byte(wire.TypePing), 1, 2, 5},
		"length beyond":        {byte(wire.TypePing), 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
		"flag of two":          {byte(wire.TypeUnsubscribe), 2, 1, 2},
		"folder of 15 bytes":   append([]byte{byte(wire.TypeUnsubscribe), 1, 15}, make([]byte, 15)...),
		"entries, but none":    {byte(wire.TypeUpdate), 6, 3, 0, 0, 0},
		"a million of entries": {byte(wire.TypeUpdate), 6, 3, 0xc0, 0x84, 0x3d},
		"path with dots":       {byte(wire.TypeWantBlocks), 3, 2, '.', '.'},
		"our own directory":    append([]byte{byte(wire.TypeWantBlocks), 3, 7}, ".KITH/x"...),
	} {
		t.Run(name, func(t *testing.T) {
			if m, err := wire.Parse(b); !errors.Is(err, wire.ErrMalformed) {
				t.Errorf("got %#v, %v", m, err)
			}
		})
	}
}

func TestEveryPathOfTheZooIsRefused(t *testing.T) {
	good := body(t, &wire.Update{Files: []index.File{{Path: index.MustPath("12345678"), Kind: index.Directory}}})
	for _, p := range []string{"../1234/", "a/../b/c", "/abs/abs", "a//b/c/d", "./a/b/cd", "abcdefg/", "abc\x00defg",
		"ab\xed\xa0\x80fgh", ".kith/ab", ".KiTh/ab", ".kith. /", "KITH~1/a"} {
		if len(p) != 8 {
			t.Fatalf("%q has %d bytes", p, len(p))
		}
		b := bytes.Replace(good, []byte("12345678"), []byte(p), 1)
		if _, err := wire.Parse(b); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%q: %v", p, err)
		}
	}
}

// An older device hands on what it does not know.
func TestUnknownFieldsAreKept(t *testing.T) {
	b := append(body(t, &wire.Ping{ID: 5}), 0xff, 0x7f, 3, 'n', 'e', 'w')
	m, err := wire.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if got := body(t, m); !bytes.Equal(got, b) {
		t.Errorf("got %x, want %x", got, b)
	}
}

func TestMembershipIsTheOwnersOnly(t *testing.T) {
	good := membership()
	if err := good.Verify(); err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string]func(m *wire.Membership){
		"another name":   func(m *wire.Membership) { m.Name = "Fotos" },
		"another serial": func(m *wire.Membership) { m.Serial++ },
		"another folder": func(m *wire.Membership) { m.Folder[0]++ },
		"another owner":  func(m *wire.Membership) { m.Owner[0]++ },
		"no key":         func(m *wire.Membership) { m.OwnerKey = nil },
		"one member more": func(m *wire.Membership) {
			m.Members = append(m.Members, index.Member{Device: index.DeviceID{9}, Role: 1})
		},
		"another role":      func(m *wire.Membership) { m.Members[1].Role = index.Both },
		"a field from afar": func(m *wire.Membership) { m.Unknown = wire.Unknown{9, 1, 1} },
		"no signature":      func(m *wire.Membership) { m.Signature = nil },
	} {
		m := membership()
		edit(&m)
		if m.Verify() == nil {
			t.Errorf("%s: passes", name)
		}
	}
}

func BenchmarkAppend1000(b *testing.B) {
	u := tree(1000)
	var buf []byte
	for b.Loop() {
		var err error
		if buf, err = wire.Append(buf[:0], u); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(buf))/1000, "bytes/file")
}

func BenchmarkParse1000(b *testing.B) {
	in := body(b, tree(1000))
	for b.Loop() {
		if _, err := wire.Parse(in); err != nil {
			b.Fatal(err)
		}
	}
}
