package syncer_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"kith/syncer/disk"
)

// onNTFS has a device keep the folder on a volume without permissions: whatever lies there
// seems to be open to everybody.
func (d *device) onNTFS(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"mkntfs", "lowntfs-3g", "fusermount"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("a volume without permissions takes %s: %v", tool, err)
		}
	}
	if os.Getuid() != 0 {
		t.Skip("mounting a volume takes privileges")
	}
	dir := t.TempDir()
	image, at := filepath.Join(dir, "image"), filepath.Join(dir, "mount")
	for _, err := range []error{os.Mkdir(at, 0o755), os.WriteFile(image, nil, 0o600), os.Truncate(image, 64<<20)} {
		must(t, err)
	}
	for _, words := range [][]string{{"mkntfs", "-Q", "-F", image}, {"lowntfs-3g", image, at}} {
		if said, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			t.Skipf("%s: %v: %s", words[0], err, said)
		}
	}
	d.stop()
	t.Cleanup(func() {
		d.stop()
		exec.Command("fusermount", "-u", "-z", at).Run() //nolint:errcheck // all that can be done
	})
	d.dir = filepath.Join(at, "folder")
	must(t, disk.Create(d.dir, d.w.folder))
	d.start()
}

func (d *device) mode(path string) os.FileMode {
	d.w.t.Helper()
	info, err := os.Lstat(d.at(path))
	must(d.w.t, err)
	return info.Mode().Perm()
}

// TestADiskWithoutPermissionsChangesNone has files edited, saved anew and made on a disk that
// keeps no permissions: elsewhere they have those that they had, or ordinary ones.
func TestADiskWithoutPermissionsChangesNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	anna, ben := w.devices[0], w.devices[1]
	ben.onNTFS(t)
	connect(anna, ben)
	anna.write("d/private", "1")
	anna.write("d/script", "1")
	must(t, os.Chmod(anna.at("d/private"), 0o600))
	must(t, os.Chmod(anna.at("d/script"), 0o755))
	must(t, os.Chmod(anna.at("d"), 0o700))
	w.settle()
	f, err := os.OpenFile(ben.at("d/private"), os.O_WRONLY|os.O_APPEND, 0)
	must(t, err)
	_, err = f.WriteString(" and 2")
	must(t, err)
	must(t, f.Close())
	must(t, os.WriteFile(ben.at("d/new"), []byte("3"), 0o644))
	must(t, os.Rename(ben.at("d/new"), ben.at("d/script")))
	ben.write("made/here", "4")
	w.settle()
	w.same("d/", "d/private = 1 and 2", "d/script = 3", "made/", "made/here = 4")
	for path, want := range map[string]os.FileMode{"d": 0o700, "d/private": 0o600, "d/script": 0o755, "made": 0o755, "made/here": 0o644} {
		if got := anna.mode(path); got != want {
			t.Errorf("%s has %o with anna, want %o (with ben it is %o)", path, got, want, ben.mode(path))
		}
	}
	if n := anna.verbs("received"); n != 4 { // two files, and what is new with its directory
		t.Errorf("anna got %d things", n)
	}
}
