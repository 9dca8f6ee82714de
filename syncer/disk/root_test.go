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
		"a link to another one": func(t *testing.T, p *place) {
			os.Rename(p.root, p.root+".moved")
			other := filepath.Join(t.TempDir(), "other")
			if err := errors.Join(Create(other, index.FolderID{1}), os.Symlink(other, p.root)); err != nil {
				t.Fatal(err)
			}
		},
		"another disk mounted over it": func(t *testing.T, p *place) { mountEmpty(t, p.root) },
		"its marker copied to another disk over it": func(t *testing.T, p *place) {
			text, err := os.ReadFile(filepath.Join(p.root, ".kith", markerName))
			if err != nil {
				t.Fatal(err)
			}
			mountEmpty(t, p.root)
			own := filepath.Join(p.root, ".kith")
			if err := errors.Join(os.Mkdir(own, 0o700), os.WriteFile(filepath.Join(own, markerName), text, 0o600)); err != nil {
				t.Fatal(err)
			}
		},
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

// mountEmpty mounts an empty disk at a directory.
func mountEmpty(t *testing.T, at string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", at, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("a mount is needed, which takes privileges: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(at, syscall.MNT_DETACH) })
}

// TestAnUnmountedFolderIsUnavailable takes the disk of a folder away while it is open, and
// leaves the bare directory: nothing is met there, and nothing is put there.
func TestAnUnmountedFolderIsUnavailable(t *testing.T) {
	dir := t.TempDir()
	mountEmpty(t, dir)
	p := newPlaceIn(t, dir)
	bare := filepath.Join(dir, "folder")
	p.save("a", "text")
	have, want := p.have("a"), p.wanted("b", "new")
	if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
		t.Fatal(err)
	}
	for _, there := range []bool{false, true} {
		if there {
			os.Mkdir(bare, 0o755)
		}
		if met, err := p.looked(); !errors.Is(err, plan.ErrUnavailable) {
			t.Errorf("a walk meets %q, %v", met, err)
		}
		for _, s := range []plan.Step{{Want: want}, {Have: have, Want: index.File{Path: have.Path, Kind: index.Deleted}}} {
			if out := p.one(s); !errors.Is(out.Err, plan.ErrUnavailable) {
				t.Errorf("put %s: %v", s.Want.Path, out.Err)
			}
		}
	}
	if names, _ := os.ReadDir(bare); len(names) > 0 {
		t.Errorf("in the bare directory lies %v", names)
	}
	if tree, err := Open(bare, p.folder); !errors.Is(err, plan.ErrUnavailable) {
		t.Errorf("opened %v, %v", tree, err)
	}
}

// TestAFolderBehindALinkIsTheSame moves a folder and leaves a link to it in its place.
func TestAFolderBehindALinkIsTheSame(t *testing.T) {
	p := newPlace(t)
	p.save("a", "text")
	if err := errors.Join(os.Rename(p.root, p.root+".moved"), os.Symlink(p.root+".moved", p.root)); err != nil {
		t.Fatal(err)
	}
	if err := p.Check(); err != nil {
		t.Error(err)
	}
	if out := p.one(plan.Step{Have: p.have("a"), Want: p.wanted("a", "new")}); out.Err != nil || p.text("a") != "new" {
		t.Error(out.Err)
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
