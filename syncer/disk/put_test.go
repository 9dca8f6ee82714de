package disk

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kith/index"
	"kith/syncer/plan"
)

// place is a folder under test, as the person sees it and as the engine does.
type place struct {
	*Tree
	t    testing.TB
	root string

	plain bool // the disk cannot give another name only if that is free
}

func newPlace(t testing.TB) *place { return newPlaceIn(t, t.TempDir()) }

// memoryDir is a directory on a disk in memory if there is one: for tests that
// would wait for a real one thousands of times.
func memoryDir(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "kith-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func newPlaceIn(t testing.TB, dir string) *place {
	t.Helper()
	root := filepath.Join(dir, "folder")
	id := index.FolderID{1}
	if err := Create(root, id); err != nil {
		t.Fatal(err)
	}
	tree, err := Open(root, id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	return &place{Tree: tree, t: t, root: root}
}

// save writes a file as a person's program does.
func (p *place) save(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.root, name), []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) text(name string) string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.root, name))
	if err != nil {
		return "(" + err.Error() + ")"
	}
	return string(text)
}

// have is the record of what lies at a path now.
func (p *place) have(name string) index.Record {
	p.t.Helper()
	e, err := p.Stat(index.MustPath(name))
	if err != nil {
		p.t.Fatal(err)
	}
	r := index.Record{File: e.File, Identity: e.Identity}
	if r.Kind == index.Regular {
		r.Blocks = []index.Block{{Hash: index.Sum([]byte(p.text(name))), Size: uint32(r.Size)}}
		r.Root = index.RootOf(r.Blocks)
	}
	return r
}

// wanted is a file of one block, filled.
func (p *place) wanted(name, text string) index.File {
	p.t.Helper()
	f := index.File{Path: index.MustPath(name), Kind: index.Regular, Size: int64(len(text)), Modified: 1_700_000_000_123_456_789, Mode: 0o640}
	if text != "" {
		f.Blocks = []index.Block{{Hash: index.Sum([]byte(text)), Size: uint32(len(text))}}
	}
	f.Root = index.RootOf(f.Blocks)
	if err := p.Fill(f, 0, []byte(text)); err != nil {
		p.t.Fatal(err)
	}
	return f
}

func (p *place) one(s plan.Step) plan.Outcome {
	return p.Put(context.Background(), []plan.Step{s})[0]
}

func TestANewFileArrives(t *testing.T) {
	p := newPlace(t)
	want := p.wanted("a.txt", "hello")
	out := p.one(plan.Step{Want: want})
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	got, err := p.Stat(want.Path)
	if err != nil {
		t.Fatal(err)
	}
	lost, sameMode := time.Duration(want.Modified-got.Modified), got.Mode == want.Mode || !p.traits.Permissions
	if lost < 0 || lost >= p.traits.Grain || !sameMode || got.Identity != out.Now || p.text("a.txt") != "hello" {
		t.Errorf("got %+v, %q; outcome %+v", got, p.text("a.txt"), out)
	}
}

func TestWhatIsReplacedBecomesAnEarlierVersion(t *testing.T) {
	p := newPlace(t)
	p.save("a.txt", "old")
	out := p.one(plan.Step{Have: p.have("a.txt"), Want: p.wanted("a.txt", "new")})
	if out.Err != nil || p.text("a.txt") != "new" {
		t.Fatal(out, p.text("a.txt"))
	}
	found, _ := filepath.Glob(filepath.Join(p.root, ".kith/versions/a.txt~*"))
	if len(found) != 1 {
		t.Fatal(found)
	}
}
