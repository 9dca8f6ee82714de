//go:build unix

package control

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Where others may have been before us, what they left is not used, and nothing that
// it leads to is changed.
func TestWhatOthersLeftIsNotUsed(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", "")
	t.Setenv("TMPDIR", tmp)
	dir := t.TempDir()
	home, err := FindHome(filepath.Join(dir, strings.Repeat("long/", 25)))
	must(t, err)
	must(t, home.Make())
	socket, err := home.socketHere()
	must(t, err)
	place := filepath.Dir(socket)
	if filepath.Dir(place) != tmp {
		t.Fatalf("the socket is at %s: the test shows nothing", socket)
	}
	again := func(leave func(), refused bool) {
		t.Helper()
		must(t, os.RemoveAll(place))
		leave()
		if _, err := home.socketHere(); (err != nil) != refused {
			t.Errorf("it is used: %v", err)
		}
	}
	mine := filepath.Join(dir, "mine")
	must(t, os.Mkdir(mine, 0o755))
	must(t, os.WriteFile(filepath.Join(mine, "file"), []byte("mine"), 0o644))
	again(func() { must(t, os.Symlink(mine, place)) }, true)
	if info, err := os.Stat(mine); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("what a link leads to is now %v, %v", info.Mode(), err)
	}
	again(func() { must(t, os.WriteFile(place, nil, 0o600)) }, true)
	again(func() { must(t, os.Mkdir(place, 0o700)); must(t, os.Chmod(place, 0o777)) }, false)
	if info, err := os.Lstat(place); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("a directory of ours stays open: %v, %v", info.Mode(), err)
	}
	if os.Getuid() == 0 { // who can make things another user's
		again(func() { must(t, os.Mkdir(place, 0o777)); must(t, os.Lchown(place, 65534, 65534)) }, true)
		theirs := filepath.Join(dir, "theirs")
		must(t, os.Mkdir(theirs, 0o777))
		must(t, os.Lchown(theirs, 65534, 65534))
		if h, err := FindHome(theirs); err == nil && h.Make() == nil {
			t.Error("another user's directory is our home")
		}
	}

	settings := home.settingsFile()
	must(t, os.Symlink(filepath.Join(mine, "file"), settings+".new"))
	must(t, writeWhole(settings, []byte("ours")))
	if text, err := os.ReadFile(filepath.Join(mine, "file")); err != nil || string(text) != "mine" {
		t.Errorf("written through a link: %q, %v", text, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
