//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"kith/sim/drive"
)

// pairOf starts two devices that share a folder of so many small files.
func pairOf(w *world, name string, files int) (anna, ben *device) {
	w.Helper()
	anna, ben = w.device("anna"), w.device("ben")
	for i := range files {
		w.save(anna, fmt.Sprintf("dir-%d/file-%03d", i%7, i), fmt.Sprint("content ", i))
	}
	w.start(anna, ben)
	w.share(name, anna, ben)
	w.agree(name, anna, ben)
	return anna, ben
}

// inState waits until a device says that a folder is in a state.
func inState(w *world, d *device, folder, state string) {
	w.Helper()
	w.must(d.Until(w.ctx, folder+" being "+state, func(p drive.Picture) bool {
		f, _ := p.Folder(folder)
		return f.State == state
	}))
}

// atOnce does something to a device's files that it shall see in one look, as
// when it happened while the program was not running.
func atOnce(w *world, d *device, do func()) {
	w.Helper()
	w.kith(d, "pause", "files")
	inState(w, d, "files", "paused")
	do()
	w.kith(d, "resume", "files")
}

// TestBrake deletes most of a folder: nothing happens on the other side until a
// person approves it.
func TestBrake(t *testing.T) {
	w := newWorld(t, 3*time.Minute, "anna", "ben")
	anna, ben := pairOf(w, "files", 200)
	atOnce(w, anna, func() {
		for i := range 200 {
			if i%4 > 0 {
				w.must(os.Remove(anna.path(fmt.Sprintf("dir-%d/file-%03d", i%7, i))))
			}
		}
	})
	inState(w, anna, "files", "held")
	w.save(ben, "still/goes.txt", "out")
	w.eventually("additions to go on", func() error { return anna.holds("still/goes.txt", "out") })
	for i := range 200 {
		w.must(ben.holds(fmt.Sprintf("dir-%d/file-%03d", i%7, i), fmt.Sprint("content ", i)))
	}
	w.kith(anna, "approve", "files")
	w.eventually("the deletions with ben, who may be asked too", func() error {
		p, err := ben.Status(w.ctx)
		if err != nil {
			return err
		}
		if f, _ := p.Folder("files"); f.State == "held" {
			w.kith(ben, "approve", "files")
		}
		return ben.lacks("dir-1/file-001")
	})
	tree := w.agree("files", anna, ben)
	if files, _ := tree.Files(); files != 51 {
		t.Errorf("%d files are left, want 51", files)
	}
}

// TestBrakeUndone deletes most of a folder by mistake, and undoes it.
func TestBrakeUndone(t *testing.T) {
	w := newWorld(t, 3*time.Minute, "anna", "ben")
	anna, ben := pairOf(w, "files", 200)
	atOnce(w, anna, func() {
		for i := range 7 {
			w.must(os.RemoveAll(anna.path(fmt.Sprintf("dir-%d", i))))
		}
	})
	inState(w, anna, "files", "held")
	w.kith(anna, "undo", "files")
	w.eventually("all files back with anna", func() error {
		tree, err := drive.ReadTree(anna.dir, drive.Reading{Names: true})
		if files, _ := tree.Files(); err == nil && files != 200 {
			err = fmt.Errorf("%d files", files)
		}
		return err
	})
	tree := w.agree("files", anna, ben)
	if files, _ := tree.Files(); files != 200 {
		t.Errorf("%d files are left, want 200", files)
	}
}

// TestUnavailable takes the folder away, as a drive is unplugged: that is not a
// deletion.
func TestUnavailable(t *testing.T) {
	w := newWorld(t, 3*time.Minute, "anna", "ben")
	anna, ben := pairOf(w, "files", 30)
	w.must(os.Rename(anna.dir, anna.dir+" elsewhere"))
	inState(w, anna, "files", "unavailable")
	w.save(ben, "meanwhile.txt", "ben goes on")
	w.must(os.Mkdir(anna.dir, 0o755)) // an empty mount point
	w.must(anna.Kill())
	w.start(anna)
	inState(w, anna, "files", "unavailable")
	w.must(drive.Connected(w.ctx, anna.Device, ben.Device))
	w.must(anna.lacks("meanwhile.txt"))
	w.must(ben.holds("dir-0/file-000", "content 0"))
	w.must(os.Remove(anna.dir))
	w.must(os.Rename(anna.dir+" elsewhere", anna.dir))
	w.must(anna.Until(w.ctx, "the folder to be back", func(p drive.Picture) bool {
		f, _ := p.Folder("files")
		return f.State != "unavailable"
	}))
	tree := w.agree("files", anna, ben)
	if files, _ := tree.Files(); files != 31 {
		t.Errorf("%d files are left, want 31", files)
	}
}

// TestNamesThatCannotTravel has names which no other device could take: they
// are reported, and stay where they are.
func TestNamesThatCannotTravel(t *testing.T) {
	w := newWorld(t, 3*time.Minute, "anna", "ben")
	anna, ben := pairOf(w, "files", 10)
	names := []string{"bad \xff name", "dir-1/bad \xc3"}
	for _, name := range names {
		w.save(anna, name, "here only")
	}
	w.save(anna, "good name", "everywhere")
	w.kith(anna, "scan", "files")
	w.must(anna.Until(w.ctx, "its problems", func(p drive.Picture) bool {
		f, _ := p.Folder("files")
		return len(f.Problems) >= len(names)
	}))
	w.eventually("the good name with ben", func() error { return ben.holds("good name", "everywhere") })
	p, err := anna.Status(w.ctx)
	w.must(err)
	f, _ := p.Folder("files")
	for _, problem := range f.Problems {
		if problem.Reason == "" || problem.Next == "" {
			t.Errorf("a problem without a reason or a next step: %+v", problem)
		}
	}
	for _, name := range names {
		w.must(errors.Join(anna.holds(name, "here only"), ben.lacks(name)))
	}
}

// TestTwinNames has names that differ in case or in their Unicode form only. A
// disk like this one holds both, so both are on both sides, or one is reported.
func TestTwinNames(t *testing.T) {
	w := newWorld(t, 3*time.Minute, "anna", "ben")
	anna, ben := pairOf(w, "files", 10)
	twins := [][2]string{{"readme", "README"}, {"caf\u00e9", "cafe\u0301"}, {"Dir/x", "dir/x"}}
	for _, pair := range twins {
		for _, name := range pair {
			w.save(anna, name, "I am "+name)
		}
	}
	w.kith(anna, "scan", "files")
	for _, pair := range twins {
		for _, name := range pair {
			w.eventually(name+" with ben, or a problem", func() error {
				w.must(anna.holds(name, "I am "+name))
				err := ben.holds(name, "I am "+name)
				if err != nil && reported(w, name, anna, ben) {
					return nil
				}
				return err
			})
		}
	}
}

// reported tells whether a device names a path among its problems.
func reported(w *world, name string, all ...*device) bool {
	for _, d := range all {
		p, err := d.Status(w.ctx)
		w.must(err)
		f, _ := p.Folder("files")
		for _, problem := range f.Problems {
			if strings.EqualFold(problem.Path, name) || strings.HasPrefix(name, problem.Path+"/") {
				return true
			}
		}
	}
	return false
}
