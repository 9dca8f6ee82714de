//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kith/sim/drive"
)

// copyOf copies a device, home and folder, to another machine, as a backup
// program or a person who clones a disk does. It is not running yet.
func (w *world) copyOf(d *device, machine string) *device {
	w.Helper()
	c := w.device(machine)
	c.Name = d.Name
	w.copyTree(d.Home, c.Home)
	w.copyTree(d.dir, c.dir)
	settings := filepath.Join(c.Home, "config.toml")
	for _, file := range []string{settings, settings + ".good"} {
		text, err := os.ReadFile(file)
		w.must(err)
		w.must(os.WriteFile(file, []byte(strings.ReplaceAll(string(text), d.dir, c.dir)), 0o600))
	}
	return c
}

func (w *world) copyTree(from, to string) {
	w.Helper()
	if out, err := exec.CommandContext(w.ctx, "cp", "-a", from+"/.", to+"/").CombinedOutput(); err != nil && !strings.Contains(string(out), "sock") {
		w.Fatalf("copy %s: %v: %s", from, err, out)
	}
}

// stopped waits until a device says that another machine has its key.
func (w *world) stopped(d *device) {
	w.Helper()
	w.eventually(d.Name+" notices its twin", func() error {
		out, err := d.Kith(w.ctx, "status")
		if err == nil && !(strings.Contains(out, "another machine") && strings.Contains(out, "kith resume")) {
			err = fmt.Errorf("status says %q", out)
		}
		return err
	})
}

// TestCopiedMachine copies a running device to another machine and starts it
// there. Both notice and stop, nothing spoils anybody's files, and once the copy is
// gone the first one goes on, within a minute.
func TestCopiedMachine(t *testing.T) {
	w := newWorld(t, 5*time.Minute, "anna", "ben", "copy")
	anna, ben := pairOf(w, "files", 30)
	twin := w.copyOf(anna, "copy")
	w.save(anna, "later", "on the first machine")
	w.agree("files", anna, ben)
	w.save(twin, "later", "on the copy")
	w.must(os.Remove(twin.path("dir-1/file-001")))
	w.start(twin)
	w.stopped(anna)
	w.stopped(twin)
	t.Log(w.kith(twin, "status"))
	w.must(twin.Quit())
	w.kith(anna, "resume")
	w.must(drive.Connected(w.ctx, anna.Device, ben.Device))
	w.save(anna, "again", "it goes on")
	tree := w.same("files", anna, ben)
	if _, there := tree["again"]; !there {
		t.Errorf("it does not go on: %v", tree)
	}
	for _, d := range []*device{anna, ben} {
		if d.holds("later", "on the first machine") != nil && !beside(d, "later", "on the first machine") {
			t.Errorf("%s lost what was saved on the first machine", d.Name)
		}
	}
}

// TestCopiedMachineOutOfSight starts a copy where it and the first one cannot see
// each other, and a third device sees both. It notices, says so and speaks with
// neither; nothing spoils its files.
func TestCopiedMachineOutOfSight(t *testing.T) {
	w := newWorld(t, 4*time.Minute, "anna", "ben", "copy")
	w.lab.Host("anna").Isolate()
	w.lab.Host("copy").Isolate()
	anna, ben := pairOf(w, "files", 30)
	twin := w.copyOf(anna, "copy")
	w.save(twin, "later", "on the copy")
	w.must(os.Remove(twin.path("dir-1/file-001")))
	w.start(twin)
	says := func(d *device, what string, words ...string) {
		t.Helper()
		w.eventually(what, func() error {
			out, err := d.Kith(w.ctx, words...)
			if err == nil && !strings.Contains(out, what) {
				err = fmt.Errorf("%s says %q", d.Name, out)
			}
			return err
		})
	}
	says(ben, "two machines use the key of anna", "status")
	says(anna, "two machines use your key", "devices")
	says(twin, "two machines use your key", "devices")
	w.save(anna, "meanwhile", "on the first machine")
	w.kith(anna, "scan", "files")
	w.kith(ben, "scan", "files")
	w.must(ben.lacks("meanwhile"))
	w.must(ben.lacks("later"))
	w.must(ben.holds("dir-1/file-001", "content 1"))
	t.Log(w.kith(ben, "status"))
	t.Log(w.kith(anna, "devices"))
}

// beside reports whether a conflict copy of a file in the folder's root has that
// content.
func beside(d *device, name, content string) bool {
	copies, _ := filepath.Glob(filepath.Join(d.dir, name+" (conflict*"))
	for _, c := range copies {
		if text, err := os.ReadFile(c); err == nil && string(text) == content {
			return true
		}
	}
	return false
}

// TestIndexBroughtBack brings an old index.db back, while the files stay as they
// are and were changed on both sides since.
func TestIndexBroughtBack(t *testing.T) {
	w := newWorld(t, 4*time.Minute, "anna", "ben")
	anna, ben := pairOf(w, "files", 30)
	w.must(anna.Quit())
	backup := filepath.Join(w.TempDir(), "index.db")
	w.copyFile(filepath.Join(anna.Home, "index.db"), backup)
	w.start(anna)
	for i := range 10 {
		w.save(anna, fmt.Sprintf("anna-%d", i), fmt.Sprint("since the backup, ", i))
	}
	w.must(os.Remove(anna.path("dir-1/file-001")))
	w.save(anna, "dir-2/file-002", "edited by anna")
	w.save(ben, "dir-3/file-003", "edited by ben")
	w.agree("files", anna, ben)
	w.must(anna.Quit())
	w.copyFile(backup, filepath.Join(anna.Home, "index.db"))
	for i := range 20 { // more than the others remember of the old numbers
		w.save(anna, fmt.Sprintf("offline-%d", i), fmt.Sprint("while the old index was back, ", i))
	}
	w.save(anna, "anna-3", "edited while the old index was back")
	w.start(anna)
	tree := w.same("files", anna, ben)
	for name, content := range map[string]string{
		"anna-3": "edited while the old index was back", "anna-4": "since the backup, 4", "offline-7": "while the old index was back, 7",
		"dir-2/file-002": "edited by anna", "dir-3/file-003": "edited by ben",
	} {
		w.must(ben.holds(name, content))
		w.must(anna.holds(name, content))
	}
	w.must(ben.lacks("dir-1/file-001"))
	for name := range tree {
		if strings.Contains(name, "(conflict") && !strings.HasPrefix(name, "anna-3 ") { // that edit was made on what it does not know any more
			t.Errorf("a conflict where there was none: %s", name)
		}
	}
	if log := w.kith(anna, "log"); !strings.Contains(log, "came from a backup") {
		t.Errorf("it says nothing of it: %s", log)
	}
}

func (w *world) copyFile(from, to string) {
	w.Helper()
	text, err := os.ReadFile(from)
	w.must(err)
	w.must(os.WriteFile(to, text, 0o600))
}

// TestMovedToANewMachine exports a device and imports it on a machine which has
// nothing: it is known there, and its folder fills up.
func TestMovedToANewMachine(t *testing.T) {
	w := newWorld(t, 4*time.Minute, "anna", "ben", "new")
	anna, ben := pairOf(w, "files", 30)
	dir := w.TempDir()
	file, words := filepath.Join(dir, "anna.kith"), filepath.Join(dir, "words")
	w.must(os.WriteFile(words, []byte("a phrase that nobody guesses\n"), 0o600))
	w.kith(anna, "export", file, "--passphrase-file", words)
	w.save(anna, "after the export", "x")
	w.agree("files", anna, ben)
	w.must(anna.Quit())

	moved := w.device("new")
	moved.Name = "anna"
	t.Log(w.kith(moved, "import", file, "--passphrase-file", words, "--folder", "files="+moved.dir))
	w.start(moved)
	w.must(drive.Connected(w.ctx, moved.Device, ben.Device))
	w.eventually("it fills up", func() error { return moved.holds("after the export", "x") })
	if tree := w.same("files", moved, ben); len(tree) < 31 {
		t.Errorf("only %d things are there", len(tree))
	}
	w.save(moved, "from the new machine", "y")
	w.same("files", moved, ben)
	w.must(ben.holds("from the new machine", "y"))
	if _, err := moved.Kith(w.ctx, "import", file, "--passphrase-file", words, "--replace"); err == nil {
		t.Error("imported while it runs")
	}
}
