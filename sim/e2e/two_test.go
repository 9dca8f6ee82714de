//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kith/sim/drive"
)

const folder = "everything"

// bigSize is the size of the one large file.
func bigSize() int64 {
	if testing.Short() {
		return 48 << 20
	}
	return 300 << 20
}

// TestTwoDevices is a long day of two devices and one folder.
func TestTwoDevices(t *testing.T) {
	w := newWorld(t, 8*time.Minute, "anna", "ben")
	anna, ben := w.device("anna"), w.device("ben")
	copyGo(w, anna.dir)
	w.must(os.MkdirAll(anna.path("awkward"), 0o755))
	makeAwkward(w, anna.path("awkward"))
	w.must(os.MkdirAll(anna.path("special"), 0o755))
	makeSpecial(w, anna.path("special"))
	w.must(writeNoise(anna.path("big.bin"), bigSize(), 1))

	w.step("they find each other, pair, and share a folder", func(w *world) {
		w.start(anna, ben)
		w.share(folder, anna, ben)
		tree := w.same(folder, anna, ben)
		files, size := tree.Files()
		w.Logf("%d files, %d MiB", files, size>>20)
	})
	w.step("holes stay holes", func(w *world) {
		if got := onDisk(w, ben.path("special/sparse")); got > sparseSize/8 {
			w.Errorf("a file of %d MiB of holes takes %d MiB of disk", sparseSize>>20, got>>20)
		}
	})
	for _, s := range []struct {
		name string
		do   func(w *world, anna, ben *device)
	}{
		{"edits on both sides at once", editBoth},
		{"the same file edited on both sides while apart", conflict},
		{"a deletion there yields to a change here", deleteAgainstChange},
		{"a directory is renamed without its bytes", renameDirectory},
		{"what was deleted can be had again", earlierVersions},
		{"the cable is pulled in the middle of a large file", cutTheLink},
		{"the receiver is killed in the middle of a large file", killInTransfer(1)},
		{"the sender is killed in the middle of a large file", killInTransfer(0)},
		{"paused, then resumed", pauseAndResume},
		{"what happened while one was away", awayAndBack},
		{"what is ignored stays", ignored},
		{"in the end all is the same, byte for byte", func(w *world, anna, ben *device) { w.same(folder, anna, ben) }},
	} {
		w.step(s.name, func(w *world) { s.do(w, anna, ben) })
	}
}

// editBoth changes, adds and removes files on both sides at the same time.
func editBoth(w *world, anna, ben *device) {
	before := w.agree(folder, anna, ben)
	var names []string
	for name, e := range before {
		if e.Mode.IsRegular() && strings.HasSuffix(name, ".go") {
			names = append(names, name)
		}
	}
	edited := map[string]string{}
	for i, d := range []*device{anna, ben} {
		for j, name := range names[i*60 : (i+1)*60] {
			if j%6 == 0 {
				w.must(os.Remove(d.path(name)))
				edited[name] = ""
				continue
			}
			edited[name] = fmt.Sprintf("%s edited %s", d.Name, name)
			w.save(d, name, edited[name])
		}
		added := fmt.Sprintf("added/by %s/new.txt", d.Name)
		edited[added] = "new from " + d.Name
		w.save(d, added, edited[added])
	}
	w.agree(folder, anna, ben)
	for name, want := range edited {
		for _, d := range []*device{anna, ben} {
			if want == "" {
				w.must(d.lacks(name))
			} else {
				w.must(d.holds(name, want))
			}
		}
	}
}

// conflict lets both edit one file while the cable is out: the later one keeps
// the name, the other lies beside it, once.
func conflict(w *world, anna, ben *device) {
	w.save(anna, "letters/to all.txt", "dear all")
	w.agree(folder, anna, ben)
	ben.machine.Unplug()
	at := time.Now().Add(-time.Hour).Truncate(time.Minute)
	for i, d := range []*device{anna, ben} {
		draft := filepath.Join(w.TempDir(), "draft") // whoever looks meanwhile sees no other time
		w.must(os.WriteFile(draft, []byte("dear all, says "+d.Name), 0o644))
		when := at.Add(time.Duration(i) * time.Minute) // ben's is the later one
		w.must(os.Chtimes(draft, when, when))
		w.must(os.Rename(draft, d.path("letters/to all.txt")))
	}
	ben.machine.Plug()
	w.eventually("both versions on both sides", func() error {
		for _, d := range []*device{anna, ben} {
			if err := d.holds("letters/to all.txt", "dear all, says ben"); err != nil {
				return err
			}
			if err := oneCopy(d, "dear all, says anna", at); err != nil {
				return err
			}
		}
		return nil
	})
	w.agree(folder, anna, ben)
	w.must(oneCopy(anna, "dear all, says anna", at))
	if said := w.kith(ben, "conflicts", "--json"); !strings.Contains(said, "to all") {
		w.Errorf("kith conflicts does not name it: %s", said)
	}
}

// oneCopy tells whether exactly one conflict copy lies in letters, with the
// name and the content it must have.
func oneCopy(d *device, content string, at time.Time) error {
	list, err := os.ReadDir(d.path("letters"))
	if err != nil {
		return err
	}
	want := "to all (conflict, anna, " + at.UTC().Format("2006-01-02 15.04") + ").txt"
	if len(list) != 2 {
		return fmt.Errorf("%s: %d files in letters, want 2: %v", d.Name, len(list), list)
	}
	return d.holds("letters/"+want, content)
}

func deleteAgainstChange(w *world, anna, ben *device) {
	w.save(anna, "kept/file.txt", "first")
	w.save(anna, "kept/dir/child.txt", "child")
	w.agree(folder, anna, ben)
	ben.machine.Unplug()
	w.must(os.Remove(anna.path("kept/file.txt")))
	w.must(os.RemoveAll(anna.path("kept/dir")))
	w.save(ben, "kept/file.txt", "second")
	w.save(ben, "kept/dir/new child.txt", "new")
	w.kith(anna, "scan", folder)
	w.kith(ben, "scan", folder)
	ben.machine.Plug()
	w.eventually("ben's changes with anna", func() error {
		return errors.Join(anna.holds("kept/file.txt", "second"), anna.holds("kept/dir/new child.txt", "new"))
	})
	w.agree(folder, anna, ben)
	w.must(ben.holds("kept/file.txt", "second"))
	w.must(ben.holds("kept/dir/new child.txt", "new"))
	w.must(ben.lacks("kept/dir/child.txt"))
}

// renameDirectory moves a directory, and looks at what crossed the wire.
func renameDirectory(w *world, anna, ben *device) {
	from := "src"
	if testing.Short() {
		from = "net"
	}
	tree := w.agree(folder, anna, ben)
	var size int64
	for name, e := range tree {
		if strings.HasPrefix(name, from+"/") {
			size += e.Size
		}
	}
	before := onWire(w, ben)
	w.must(os.Rename(anna.path(from), anna.path("moved here")))
	w.agree(folder, anna, ben)
	w.must(ben.lacks(from))
	crossed := onWire(w, ben) - before
	w.Logf("%d MiB moved, %d KiB crossed the wire", size>>20, crossed>>10)
	if crossed > size/10 {
		w.Errorf("%d bytes crossed the wire for the new name of %d bytes", crossed, size)
	}
}

// onWire returns how many bytes went in and out of the device's machine.
func onWire(w *world, d *device) int64 {
	w.Helper()
	out, err := d.machine.Command("cat", "/proc/net/dev").Output()
	w.must(err)
	n, err := drive.InterfaceBytes(string(out))
	w.must(err)
	return n
}

// earlierVersions deletes and overwrites files, and gets them back on the other
// device.
func earlierVersions(w *world, anna, ben *device) {
	w.save(anna, "drafts/poem.txt", "the first poem")
	w.save(anna, "drafts/gone.txt", "soon gone")
	w.agree(folder, anna, ben)
	w.save(anna, "drafts/poem.txt", "another poem")
	w.must(os.Remove(anna.path("drafts/gone.txt")))
	w.agree(folder, anna, ben)
	for name, want := range map[string]string{"drafts/poem.txt": "the first poem", "drafts/gone.txt": "soon gone"} {
		if said := w.kith(ben, "versions", folder, name); strings.TrimSpace(said) == "" {
			w.Errorf("kith versions lists nothing for %s", name)
		}
		file := filepath.Join(w.TempDir(), "restored")
		w.kith(ben, "restore", folder, name, "--to", file)
		got, err := os.ReadFile(file)
		w.must(err)
		if string(got) != want {
			w.Errorf("restored %s: %q, want %q", name, got, want)
		}
	}
	w.kith(ben, "restore", folder, "drafts/gone.txt")
	w.agree(folder, anna, ben)
	w.must(anna.holds("drafts/gone.txt", "soon gone"))
}

// begun waits until a good part of a file of that size is under way from anna to
// ben: some of it has crossed the wire, and it isn't there yet.
func begun(w *world, ben *device, wireBefore int64, size int64) {
	w.Helper()
	w.eventually("the transfer to begin", func() error {
		if onWire(w, ben)-wireBefore < size/10 {
			return errors.New("not yet")
		}
		return nil
	})
}

func cutTheLink(w *world, anna, ben *device) {
	before := onWire(w, ben)
	w.must(writeNoise(anna.path("cut.bin"), bigSize(), 2))
	begun(w, ben, before, bigSize())
	ben.machine.Unplug()
	w.save(ben, "while apart.txt", "ben was alone")
	ben.machine.Plug()
	w.agree(folder, anna, ben)
	w.must(anna.holds("while apart.txt", "ben was alone"))
}

// killInTransfer kills one of the two in the middle of a transfer from anna to
// ben, and starts it again.
func killInTransfer(victim int) func(w *world, anna, ben *device) {
	return func(w *world, anna, ben *device) {
		d := []*device{anna, ben}[victim]
		before := onWire(w, ben)
		name := fmt.Sprintf("killed %s.bin", d.Name)
		w.must(writeNoise(anna.path(name), bigSize(), uint64(10+victim)))
		begun(w, ben, before, bigSize())
		w.must(d.Kill())
		w.start(d)
		w.must(drive.Connected(w.ctx, anna.Device, ben.Device))
		w.agree(folder, anna, ben)
		w.Logf("%d of %d MiB crossed the wire", (onWire(w, ben)-before)>>20, bigSize()>>20)
	}
}

func pauseAndResume(w *world, anna, ben *device) {
	w.kith(ben, "pause", folder)
	w.must(ben.Until(w.ctx, "the pause", func(p drive.Picture) bool {
		f, _ := p.Folder(folder)
		return f.State == "paused"
	}))
	w.save(anna, "patience.txt", "wait for it")
	w.save(ben, "patience too.txt", "wait for this")
	w.kith(anna, "scan", folder)
	w.save(anna, "patience.txt", "wait for it, still")
	w.kith(anna, "scan", folder)
	w.must(ben.lacks("patience.txt"))
	w.must(anna.lacks("patience too.txt"))
	w.kith(ben, "resume", folder)
	w.agree(folder, anna, ben)
	w.must(ben.holds("patience.txt", "wait for it, still"))
	w.must(anna.holds("patience too.txt", "wait for this"))
}

// awayAndBack changes files on both sides while one of the programs is not
// running.
func awayAndBack(w *world, anna, ben *device) {
	w.save(anna, "away/one", "1")
	w.save(anna, "away/two", "2")
	w.agree(folder, anna, ben)
	w.must(ben.Quit())
	w.save(anna, "away/one", "1 from anna")
	w.save(ben, "away/two", "2 from ben, who was asleep")
	w.must(os.Rename(ben.path("awkward"), ben.path("less awkward")))
	w.start(ben)
	w.must(drive.Connected(w.ctx, anna.Device, ben.Device))
	w.agree(folder, anna, ben)
	for _, d := range []*device{anna, ben} {
		w.must(d.holds("away/one", "1 from anna"))
		w.must(d.holds("away/two", "2 from ben, who was asleep"))
		w.must(d.holds("less awkward/new\nline", "new\nline"))
		w.must(d.lacks("awkward"))
	}
}

// ignored has a rule that travels and files that don't.
func ignored(w *world, anna, ben *device) {
	w.save(anna, "work/.kithignore", "*.tmp\n/out/\n")
	w.agree(folder, anna, ben)
	w.save(anna, "work/a.tmp", "scratch")
	w.save(anna, "work/out/built", "built")
	w.save(anna, "work/a.txt", "text")
	w.kith(anna, "scan", folder)
	w.eventually("the text with ben", func() error { return ben.holds("work/a.txt", "text") })
	w.must(ben.lacks("work/a.tmp"))
	w.must(ben.lacks("work/out"))
	for _, name := range []string{"work/a.tmp", "work/out"} {
		w.must(os.RemoveAll(anna.path(name))) // they are nobody's but anna's
	}
	w.agree(folder, anna, ben)
}
