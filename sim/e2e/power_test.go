//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kith/sim/drive"
)

// volume is an ext4 of its own, which can lose its power.
type volume struct{ at, device string }

func newVolume(w *world) *volume {
	w.Helper()
	dir := w.TempDir()
	image := filepath.Join(dir, "image")
	w.must(errors.Join(os.WriteFile(image, nil, 0o600), os.Truncate(image, 256<<20)))
	v := &volume{at: filepath.Join(dir, "volume")}
	w.must(os.Mkdir(v.at, 0o755))
	out, err := exec.CommandContext(w.ctx, "losetup", "--find", "--show", image).CombinedOutput()
	if err != nil {
		w.Skipf("a volume takes a loop device: %v: %s", err, out)
	}
	v.device = strings.TrimSpace(string(out))
	w.Cleanup(func() {
		unix.Unmount(v.at, unix.MNT_DETACH)
		exec.Command("losetup", "--detach", v.device).Run() //nolint:errcheck // all that can be done
	})
	if out, err := exec.CommandContext(w.ctx, "mkfs.ext4", "-q", "-F", v.device).CombinedOutput(); err != nil {
		w.Skipf("mkfs.ext4: %v: %s", err, out)
	}
	w.must(v.mount())
	return v
}

// mount mounts it so that nothing reaches the disk before somebody asks for that.
func (v *volume) mount() error {
	return unix.Mount(v.device, v.at, "ext4", 0, "commit=900")
}

// losePower stops it as a power cut does, and mounts it again: what is not in its journal
// is gone. The numbers are those of FS_IOC_SHUTDOWN and its NOLOGFLUSH in linux/fs.h.
func (v *volume) losePower() error {
	f, err := os.Open(v.at)
	if err != nil {
		return err
	}
	err = unix.IoctlSetPointerInt(int(f.Fd()), 0x8004587d, 2)
	return errors.Join(err, f.Close(), unix.Unmount(v.at, unix.MNT_DETACH), v.mount())
}

// booted writes a program that runs another on a machine whose life has the name that
// stands in a file.
func booted(script, boot, program string) error {
	text := fmt.Sprintf("#!/bin/sh\ncase \" $* \" in *\" run \"*) exec unshare -m sh -c 'mount --bind \"$1\" /proc/sys/kernel/random/boot_id && shift && exec \"$@\"' - '%s' '%s' \"$@\";; esac\nexec '%s' \"$@\"\n",
		boot, program, program)
	return os.WriteFile(script, []byte(text), 0o700)
}

// TestPowerCut cuts the power of a machine right after files were saved there, which the
// other device has by then, and while a large one arrives. What the cut took is brought
// back; nobody takes it for an edit or for a deletion.
func TestPowerCut(t *testing.T) {
	w := newWorld(t, 3*time.Minute, "anna", "ben")
	v := newVolume(w)
	anna, ben := w.device("anna"), w.device("ben")
	ben.Home, ben.dir = filepath.Join(v.at, "home"), filepath.Join(v.at, "folder")
	w.must(os.Mkdir(ben.dir, 0o755))
	boot, script := filepath.Join(w.TempDir(), "boot"), filepath.Join(w.TempDir(), "kith")
	w.must(os.WriteFile(boot, []byte("the first life\n"), 0o644))
	w.must(booted(script, boot, ben.Program))
	ben.Program = script

	for _, name := range []string{"untouched", "over", "beside"} {
		w.save(anna, name, "before, "+name)
	}
	w.start(anna, ben)
	w.share("files", anna, ben)
	w.agree("files", anna, ben)
	unix.Sync() // so far all is on the disk

	saved := map[string]string{"untouched": "before, untouched"}
	for i := range 20 {
		saved[fmt.Sprintf("new/%d", i)] = strings.Repeat(fmt.Sprint("new, ", i, "\n"), 500)
	}
	saved["over"], saved["beside"] = "written over where it lay", "written beside, and moved over it"
	for name, text := range saved {
		if name != "beside" && name != "untouched" {
			w.save(ben, name, text)
		}
	}
	w.must(os.WriteFile(ben.path("beside.tmp"), []byte(saved["beside"]), 0o644))
	w.must(os.Rename(ben.path("beside.tmp"), ben.path("beside")))
	for name, text := range saved {
		w.eventually(name+" with anna", func() error { return anna.holds(name, text) })
	}
	before := onWire(w, ben)
	w.must(writeNoise(anna.path("large"), 48<<20, 1))
	begun(w, ben, before, 48<<20)

	w.must(ben.Kill())
	w.must(v.losePower())
	w.must(os.WriteFile(boot, []byte("the second life\n"), 0o644))
	taken := 0
	for name, text := range saved {
		if ben.holds(name, text) != nil {
			taken++
		}
	}
	w.Logf("the cut took %d of %d files", taken, len(saved))
	w.start(ben)
	w.must(drive.Connected(w.ctx, anna.Device, ben.Device))
	tree := w.same("files", anna, ben)
	for name, text := range saved {
		w.must(errors.Join(anna.holds(name, text), ben.holds(name, text)))
	}
	if files, _ := tree.Files(); files != len(saved)+1 {
		t.Errorf("%d files are there, want %d: %v", files, len(saved)+1, tree)
	}
}
