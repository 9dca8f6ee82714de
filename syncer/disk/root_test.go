//go:build linux

package disk

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"kith/index"
	"kith/syncer/plan"
)

func TestAFolderIsUnavailableWhenItIsNotTheOneItWas(t *testing.T) {
	for name, meddle := range map[string]func(t *testing.T, p *place){
		"moved away": func(t *testing.T, p *place) { os.Rename(p.root, p.root+".moved") },
		"another directory in its place": func(t *testing.T, p *place) {
			os.Rename(p.root, p.root+".moved")
			if err := Create(p.root, index.FolderID{1}); err != nil {
				t.Fatal(err)
			}
		},
		"no marker": func(t *testing.T, p *place) { os.Remove(filepath.Join(p.root, ".kith", markerName)) },
		"another marker": func(t *testing.T, p *place) {
			other := filepath.Join(t.TempDir(), "other")
			Create(other, index.FolderID{1})
			os.Rename(filepath.Join(other, ".kith", markerName), filepath.Join(p.root, ".kith", markerName))
		},
		"no directory of ours": func(t *testing.T, p *place) { os.RemoveAll(filepath.Join(p.root, ".kith")) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.save("a", "text")
			if err := p.Check(); err != nil {
				t.Fatal(err)
			}
			want := p.wanted("b", "new")
			meddle(t, p)
			if err := p.Check(); !errors.Is(err, plan.ErrUnavailable) {
				t.Errorf("check: %v", err)
			}
			met := func(e index.Entry) error { t.Errorf("met %s", e.Path); return nil }
			if err := p.Walk(context.Background(), index.Path{}, nil, met); !errors.Is(err, plan.ErrUnavailable) {
				t.Errorf("walk: %v", err)
			}
			if out := p.one(plan.Step{Want: want}); !errors.Is(out.Err, plan.ErrUnavailable) {
				t.Errorf("put: %v", out.Err)
			}
		})
	}
}

func TestCreateRefusesAnotherFolder(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		if err := Create(dir, index.FolderID{1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := Create(dir, index.FolderID{2}); err == nil {
		t.Error("one directory became two folders")
	}
	if tree, err := Open(dir, index.FolderID{2}); !errors.Is(err, plan.ErrUnavailable) {
		t.Errorf("opened %v, %v", tree, err)
	}
	if tree, err := Open(t.TempDir(), index.FolderID{1}); !errors.Is(err, plan.ErrUnavailable) {
		t.Errorf("opened %v, %v", tree, err)
	}
}

func TestWhatIsNoFileIsNeverOpened(t *testing.T) {
	p := newPlace(t)
	if err := syscall.Mkfifo(filepath.Join(p.root, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	os.WriteFile(filepath.Join(p.root, "bad\xff"), nil, 0o644)
	os.Mkdir(filepath.Join(p.root, ".KITH"), 0o755)
	met := map[string]bool{}
	err := p.Walk(context.Background(), index.Path{}, nil, func(e index.Entry) error {
		if e.Err == nil {
			t.Errorf("%q is fine", e.Path)
		}
		met[e.Path.String()+e.Raw] = true
		return nil
	})
	if err != nil || len(met) != 3 || !met["pipe"] || !met[".KITH"] || !met["bad\xff"] {
		t.Errorf("met %v, %v", met, err)
	}
	if _, err := p.Open(index.MustPath("pipe"), index.Identity{}); err == nil {
		t.Error("opened a pipe")
	}
	out := p.one(plan.Step{Want: p.wanted("pipe", "x")})
	if !errors.Is(out.Err, plan.ErrChanged) {
		t.Error(out.Err)
	}
}

func TestAMountIsABoundary(t *testing.T) {
	p := newPlace(t)
	at, other := filepath.Join(p.root, "d"), t.TempDir()
	os.Mkdir(at, 0o755)
	os.WriteFile(filepath.Join(other, "f"), []byte("x"), 0o644)
	have := p.have("d")
	if err := syscall.Mount(other, at, "", syscall.MS_BIND, ""); err != nil {
		t.Skipf("a mount is needed, which takes privileges: %v", err)
	}
	defer syscall.Unmount(at, syscall.MNT_DETACH)
	err := p.Walk(context.Background(), index.Path{}, nil, func(e index.Entry) error {
		if e.Path.String() != "d" || e.Err == nil {
			t.Errorf("met %+v", e)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for _, s := range []plan.Step{
		{Want: p.wanted("d/g", "x")},
		{Have: have, Want: index.File{Path: have.Path, Kind: index.Deleted}},
	} {
		if out := p.one(s); !errors.Is(out.Err, plan.ErrUnavailable) {
			t.Errorf("%s: %v", s.Want.Path, out.Err)
		}
	}
}
