package disk

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"kith/index"
	"kith/syncer/plan"
)

// asNobody does something with the file access of a user without privileges.
func asNobody(t *testing.T, root string, fn func()) {
	if os.Getuid() != 0 {
		fn()
		return
	}
	const nobody = 65534
	filepath.WalkDir(root, func(path string, _ fs.DirEntry, _ error) error { return os.Lchown(path, nobody, nobody) })
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	unix.Setfsgid(nobody)
	unix.Setfsuid(nobody)
	defer unix.Setfsgid(0)
	defer unix.Setfsuid(0)
	fn()
}

func TestDirectoriesThatPermitNothing(t *testing.T) {
	p := newPlaceIn(t, memoryDir(t))
	os.Chmod(filepath.Dir(p.root), 0o755)
	d := filepath.Join(p.root, "d")
	os.Mkdir(d, 0o755)
	p.save("d/a", "old")
	asNobody(t, p.root, func() {
		os.Chmod(d, 0o555)
		have := p.have("d/a")
		if out := p.one(plan.Step{Have: have, Want: p.wanted("d/a", "new")}); out.Err != nil {
			t.Error(out.Err)
		}
		if out := p.one(plan.Step{Want: p.wanted("d/b", "new")}); out.Err != nil {
			t.Error(out.Err)
		}
		from := p.have("d/b")
		want := from.File
		want.Path = index.MustPath("moved")
		if out := p.one(plan.Step{From: from, Want: want}); out.Err != nil {
			t.Error(out.Err)
		}
	})
	if s, err := os.Stat(d); err != nil || s.Mode().Perm() != 0o555 || p.text("d/a") != "new" {
		t.Errorf("%v, %v, %q", s.Mode(), err, p.text("d/a"))
	}
}

func TestADraftOfAFileThatPermitsNothing(t *testing.T) {
	p := newPlaceIn(t, memoryDir(t))
	os.Chmod(filepath.Dir(p.root), 0o755)
	asNobody(t, p.root, func() {
		want := p.wanted("no/f", "text")
		want.Mode = 0o400
		if out := p.one(plan.Step{Want: want}); out.Err == nil {
			t.Fatal("put into a directory that is not there")
		}
		os.Mkdir(filepath.Join(p.root, "no"), 0o755)
		if out := p.one(plan.Step{Want: want}); out.Err != nil {
			t.Error(out.Err)
		}
	})
	if p.text("no/f") != "text" {
		t.Error(p.text("no/f"))
	}
}
