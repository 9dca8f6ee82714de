package sqlite

import (
	"os"
	"path/filepath"
	"testing"

	"kith/index"
)

// copyFiles copies the files that begin with a name, as a backup program does.
func copyFiles(t *testing.T, from, to string) {
	t.Helper()
	parts, err := filepath.Glob(from + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		text, err := os.ReadFile(part)
		info, statErr := os.Stat(part)
		if err != nil || statErr != nil {
			t.Fatal(err, statErr)
		}
		copied := to + part[len(from):]
		if err := os.WriteFile(copied, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(copied, info.ModTime(), info.ModTime()); err != nil {
			t.Fatal(err)
		}
	}
}

// reopen opens a database, tells whether it is a copy and in which epoch its folder
// is, and closes it. A folder that needs a new epoch is given one that no other has.
func reopen(t *testing.T, path string, whileOpen func()) (moved bool, at index.Cursor) {
	t.Helper()
	x, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	next++
	if at, err = x.Open(t.Context(), index.FolderID{7}, next); err != nil {
		t.Fatal(err)
	}
	if whileOpen != nil {
		whileOpen()
	}
	moved = x.Moved()
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	return moved, at
}

// next is the last epoch that was given.
var next index.Epoch

func TestACopyOfTheIndexBeginsANewEpoch(t *testing.T) {
	next = 10
	dir := t.TempDir()
	path, live, quiet := filepath.Join(dir, "index.db"), filepath.Join(dir, "live"), filepath.Join(dir, "quiet")
	stays := func(when string) {
		t.Helper()
		if moved, at := reopen(t, path, nil); moved || at.Epoch != 11 {
			t.Fatalf("%s: moved %v, epoch %d", when, moved, at.Epoch)
		}
	}
	stays("the first time")
	copyFiles(t, path, quiet) // while nothing runs
	if moved, at := reopen(t, path, func() { copyFiles(t, path, live) }); moved || at.Epoch != 11 {
		t.Fatalf("reopened: moved %v, epoch %d", moved, at.Epoch)
	}
	stays("again")
	for _, copied := range []string{quiet, live} {
		moved, at := reopen(t, copied, nil)
		if !moved || at.Epoch != next {
			t.Errorf("a copy: moved %v, epoch %d", moved, at.Epoch)
		}
		if again, then := reopen(t, copied, nil); again || then != at {
			t.Errorf("the copy, later: moved %v, %v after %v", again, then, at)
		}
	}
	stays("whatever became of its copies")
}

func TestAnIndexBroughtBackBeginsANewEpoch(t *testing.T) {
	next = 10
	dir := t.TempDir()
	path, backup := filepath.Join(dir, "index.db"), filepath.Join(dir, "backup")
	reopen(t, path, nil)
	copyFiles(t, path, backup)
	if err := os.Remove(backup + placeMark); err != nil { // of the database alone
		t.Fatal(err)
	}
	reopen(t, path, nil)
	copyFiles(t, backup, path)
	if x, err := Open(path); err != nil || !x.Moved() {
		t.Fatal(err) // and it ends before anybody asks for the folder
	} else if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if moved, at := reopen(t, path, nil); moved || at.Epoch != next {
		t.Errorf("moved %v, epoch %d", moved, at.Epoch)
	}
	if moved, _ := reopen(t, path, nil); moved {
		t.Error("it does so each time")
	}
	if err := os.Remove(path + placeMark); err != nil {
		t.Fatal(err)
	}
	if moved, _ := reopen(t, path, nil); !moved {
		t.Error("it counts on without knowing where it is")
	}
}
