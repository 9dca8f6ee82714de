//go:build unix

package disk

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"kith/index"
	"kith/syncer/plan"
)

// blocks cuts data into blocks of 64 KiB.
func blocksOf(data []byte) (blocks []index.Block) {
	for b := range slices.Chunk(data, hole) {
		blocks = append(blocks, index.Block{Hash: index.Sum(b), Size: uint32(len(b))})
	}
	return blocks
}

func large(name string, data []byte) index.File {
	f := index.File{Path: index.MustPath(name), Kind: index.Regular, Size: int64(len(data)), Modified: 1e18, Mode: 0o644, Blocks: blocksOf(data)}
	f.Root = index.RootOf(f.Blocks)
	return f
}

func TestADraftSurvivesARestart(t *testing.T) {
	p := newPlace(t)
	data := bytes.Repeat([]byte("0123456789abcdef"), 4*hole/16)
	want := large("f", data)
	for _, i := range []int{0, 2, 3} {
		if err := p.Fill(want, int64(i*hole), data[i*hole:(i+1)*hole]); err != nil {
			t.Fatal(err)
		}
	}
	p.Close()
	f, err := os.OpenFile(filepath.Join(p.root, ".kith/drafts", draftName(want)), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteAt([]byte("torn"), 2*hole+100)
	f.Close()
	if p.Tree, err = Open(p.root, p.folder); err != nil {
		t.Fatal(err)
	}
	got, err := p.Filled(context.Background(), want)
	if err != nil || !slices.Equal(got, []bool{true, false, false, true}) {
		t.Fatalf("filled %v, %v", got, err)
	}
	for _, i := range []int{1, 2} {
		if err := p.Fill(want, int64(i*hole), data[i*hole:(i+1)*hole]); err != nil {
			t.Fatal(err)
		}
	}
	if out := p.one(plan.Step{Want: want}); out.Err != nil || p.text("f") != string(data) {
		t.Errorf("%v", out.Err)
	}
}

func TestHolesStayHoles(t *testing.T) {
	p := newPlace(t)
	data := make([]byte, 64*hole)
	copy(data[20*hole+5:], "something")
	want := large("f", data)
	for off := 0; off < len(data); off += 3 * hole {
		if err := p.Fill(want, int64(off), data[off:min(off+3*hole, len(data))]); err != nil {
			t.Fatal(err)
		}
	}
	if out := p.one(plan.Step{Want: want}); out.Err != nil || p.text("f") != string(data) {
		t.Fatalf("%v", out.Err)
	}
	var s syscall.Stat_t
	if err := syscall.Stat(filepath.Join(p.root, "f"), &s); err != nil || s.Blocks*512 > hole {
		t.Errorf("takes %d bytes on disk, %v", s.Blocks*512, err)
	}
	r, err := p.Open(want.Path, index.Identity{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if at := r.NextData(0); at == 0 || at > 20*hole+5 {
		t.Errorf("data begins at %d", at)
	}
	if at := r.NextData(21 * hole); at != want.Size {
		t.Errorf("after the last data comes %d of %d", at, want.Size)
	}
}

func TestMoreDraftsThanHandles(t *testing.T) {
	p := newPlaceIn(t, memoryDir(t))
	steps, data := smallFiles(3 * maxOpenDrafts)
	for _, half := range []int64{0, 2048} {
		for _, s := range steps {
			if s.Want.Kind == index.Regular {
				if err := p.Fill(s.Want, half, data[half:half+2048]); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if n := p.Tree.open.recent.Len(); n > maxOpenDrafts {
		t.Errorf("%d drafts are open", n)
	}
	for _, out := range p.Put(context.Background(), steps) {
		if out.Err != nil {
			t.Fatal(out.Err)
		}
	}
}

func TestAReusedBlockIsVerifiedWhereItArrived(t *testing.T) {
	p := newPlace(t)
	data := bytes.Repeat([]byte("0123456789abcdef"), 2*hole/16)
	p.save("old", string(data))
	from, want := p.have("old"), large("new", data)
	if err := p.Reuse(want, 0, from, 0, want.Blocks[0]); err != nil {
		t.Fatal(err)
	}
	if err := p.Reuse(want, hole, from, hole-1, want.Blocks[1]); err == nil {
		t.Error("other bytes passed for the block")
	}
	if err := p.Reuse(want, hole, from, hole, want.Blocks[1]); err != nil {
		t.Fatal(err)
	}
	if out := p.one(plan.Step{Want: want}); out.Err != nil || p.text("new") != string(data) {
		t.Errorf("%v", out.Err)
	}
	p.save("old", "changed")
	if err := p.Reuse(large("third", data), 0, from, 0, want.Blocks[0]); err == nil {
		t.Error("a changed file was read")
	}
}
