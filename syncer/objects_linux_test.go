package syncer_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kith/syncer"
)

func (d *device) at(path string) string { return filepath.Join(d.dir, path) }

func inodeOf(t *testing.T, name string) uint64 {
	t.Helper()
	var s syscall.Stat_t
	must(t, syscall.Lstat(name, &s))
	return s.Ino
}

// TestHardLinksAreFilesOfTheirOwn has one object under two names, and under one outside of
// the folder: elsewhere there are two files, and what others change is not written
// through to the name outside.
func TestHardLinksAreFilesOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	anna, ben := w.devices[0], w.devices[1]
	connect(anna, ben)
	outside := filepath.Join(t.TempDir(), "outside")
	anna.write("a", "one text")
	must(t, os.Link(anna.at("a"), anna.at("b")))
	must(t, os.Link(anna.at("a"), outside))
	w.settle()
	w.same("a = one text", "b = one text")
	if inodeOf(t, ben.at("a")) == inodeOf(t, ben.at("b")) {
		t.Error("ben has one object under two names")
	}

	ben.write("a", "by Ben")
	w.settle()
	w.same("a = by Ben", "b = one text")
	if text, err := os.ReadFile(outside); err != nil || string(text) != "one text" {
		t.Errorf("outside lies %q, %v", text, err)
	}

	anna.remove("a")
	must(t, os.Link(anna.at("b"), anna.at("c"))) // and one of two names goes
	must(t, os.Remove(anna.at("b")))
	w.settle()
	w.same("c = one text")

	must(t, os.Link(anna.at("c"), anna.at("d")))
	w.settle()
	f, err := os.OpenFile(anna.at("d"), os.O_WRONLY|os.O_APPEND, 0)
	must(t, err)
	_, err = f.WriteString(", and more")
	must(t, err)
	must(t, f.Close())
	w.settle()
	w.same("c = one text, and more", "d = one text, and more")
}

// TestAnInodeThatIsUsedAgain has files deleted and others made, one of which at least gets
// the inode of one that is gone, while the program does not run: it is that other file, and
// no rename. Of several, for who else makes files on this disk may get some of them first.
func TestAnInodeThatIsUsedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	anna, ben := w.devices[0], w.devices[1]
	connect(anna, ben)
	const gone = 20
	for i := range gone {
		anna.write(fmt.Sprint("a", i), fmt.Sprintf("text %3d", i))
	}
	w.settle()
	disconnect(anna, ben)
	anna.stop()
	was := make(map[uint64]bool)
	for i := range gone {
		was[inodeOf(t, anna.at(fmt.Sprint("a", i)))] = true
	}
	for i := range gone {
		anna.remove(fmt.Sprint("a", i))
	}
	var want []string
	for again := false; !again; {
		if len(want) > 200 {
			t.Skip("this disk does not use inodes again soon")
		}
		name := fmt.Sprint("b", len(want))
		anna.write(name, "another!") // of the same size
		again = was[inodeOf(t, anna.at(name))]
		want = append(want, name+" = another!")
	}
	anna.start()
	connect(anna, ben)
	w.settle()
	w.same(want...)
	if n := ben.verbs("moved"); n > 0 {
		t.Errorf("%d files moved", n)
	}
}

// TestPermissionsAloneCarryNothing changes permissions, and the time, of a file: they
// arrive, and no content crosses the link.
func TestPermissionsAloneCarryNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	anna, ben := w.devices[0], w.devices[1]
	connect(anna, ben)
	anna.write("a", strings.Repeat("a text of some length\n", 5000))
	w.settle()
	carried := ben.status().Traffic
	must(t, os.Chmod(anna.at("a"), 0o700))
	w.settle()
	at := time.Date(2020, 2, 2, 2, 2, 2, 222, time.UTC)
	must(t, os.Chtimes(anna.at("a"), at, at))
	w.settle()
	info, err := os.Stat(ben.at("a"))
	must(t, err)
	if info.Mode().Perm() != 0o700 || !info.ModTime().Equal(at) {
		t.Errorf("ben has %v of %v", info.Mode(), info.ModTime())
	}
	if now := ben.status().Traffic; fmt.Sprint(now) != fmt.Sprint(carried) {
		t.Errorf("carried %v, before %v", now, carried)
	}
	if n := anna.verbs("received") + anna.verbs("touched"); n > 0 {
		t.Errorf("anna got %d things back", n)
	}
}

// TestARepositoryOfGit has git work in the folder, on branches, with a stash and a
// clean-up: in the end the repository elsewhere is sound, and in the same state.
func TestARepositoryOfGit(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not here")
	}
	w := newWorld(t, "anna", "ben")
	anna, ben := w.devices[0], w.devices[1]
	connect(anna, ben)
	git := func(d *device, words ...string) string {
		t.Helper()
		cmd := exec.Command("git", words...)
		cmd.Dir = d.at("project")
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_OPTIONAL_LOCKS=0",
			"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b")
		said, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", words, err, said)
		}
		return string(said)
	}
	for i := range 400 { // of which what git cleans up is a small part
		anna.write(fmt.Sprintf("ballast/%d", i), fmt.Sprint(i))
	}
	must(t, os.Mkdir(anna.at("project"), 0o755))
	git(anna, "init", "-q", "-b", "main")
	for i := range 30 {
		anna.write(fmt.Sprintf("project/src/%d.txt", i), fmt.Sprint("first ", i))
	}
	git(anna, "add", ".")
	git(anna, "commit", "-q", "-m", "first")
	w.settle()
	git(anna, "checkout", "-q", "-b", "other")
	for i := range 10 {
		anna.write(fmt.Sprintf("project/src/%d.txt", i), fmt.Sprint("other ", i))
		anna.remove(fmt.Sprintf("project/src/%d.txt", 20+i))
	}
	git(anna, "add", "-A")
	git(anna, "commit", "-q", "-m", "second")
	for range 3 {
		git(anna, "checkout", "-q", "main")
		git(anna, "checkout", "-q", "other")
	}
	anna.write("project/src/1.txt", "in the works")
	git(anna, "stash", "-q")
	git(anna, "rebase", "-q", "main")
	git(anna, "gc", "-q", "--prune=now")
	git(anna, "checkout", "-q", "main")
	w.settle()
	if anna.tree() != ben.tree() || strings.Contains(ben.tree(), "conflict") {
		t.Errorf("ben holds\n%s", ben.tree())
	}
	git(ben, "fsck", "--strict")
	for _, about := range [][]string{{"status", "--porcelain"}, {"log", "--oneline", "--all"}, {"stash", "list"}} {
		if here, there := git(anna, about...), git(ben, about...); here != there {
			t.Errorf("git %v says here\n%s\nand there\n%s", about, here, there)
		}
	}
}

// TestAStormOfRenames has files and directories change their names, in circles, faster than
// anybody can look: when it is over all is the same, and nothing is missing.
func TestAStormOfRenames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	anna, ben := w.devices[0], w.devices[1]
	connect(anna, ben)
	const dirs, files = 6, 60
	for i := range files {
		anna.write(fmt.Sprintf("d%d/f%d", i%dirs, i), fmt.Sprint("text ", i))
	}
	w.settle()
	chance := rand.New(rand.NewPCG(1, 1))
	any := func() string { return anna.at(fmt.Sprintf("d%d", chance.IntN(dirs))) }
	for range 3000 {
		a, b, aside := any(), any(), anna.at("aside")
		if chance.IntN(10) > 0 { // files
			a, b = a+fmt.Sprint("/f", chance.IntN(files)), b+fmt.Sprint("/f", chance.IntN(files))
		}
		if a == b || os.Rename(a, aside) != nil {
			continue
		}
		os.Rename(b, a)
		must(t, os.Rename(aside, b))
	}
	anna.until("at rest", func(s syncer.Status) bool { return s.Phase == syncer.InStep })
	w.settle()
	if anna.tree() != ben.tree() || strings.Contains(ben.tree(), "conflict") {
		t.Errorf("anna holds\n%s\nben holds\n%s", anna.tree(), ben.tree())
	}
	for i := range files {
		if text := fmt.Sprint("= text ", i, "\n"); strings.Count(ben.tree()+"\n", text) != 1 {
			t.Errorf("%q is not there once", text)
		}
	}
}
