package syncer_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"kith/syncer"
	"kith/syncer/disk"
)

// moveTo has a device keep the folder on another disk, which is mounted with options.
func (d *device) moveTo(t *testing.T, options string) (remount func(flags uintptr, options string)) {
	t.Helper()
	d.stop()
	at := t.TempDir()
	if err := syscall.Mount("tmpfs", at, "tmpfs", 0, options); err != nil {
		d.start()
		t.Skipf("a mount is needed, which takes privileges: %v", err)
	}
	t.Cleanup(func() {
		d.stop()
		syscall.Unmount(at, syscall.MNT_DETACH)
	})
	d.dir = filepath.Join(at, "folder")
	must(t, disk.Create(d.dir, d.w.folder))
	d.start()
	return func(flags uintptr, options string) {
		t.Helper()
		must(t, syscall.Mount("tmpfs", at, "tmpfs", syscall.MS_REMOUNT|flags, options))
	}
}

// TestADiskWithoutRoomTakesTheRestLater has the disk of who receives without room for bytes,
// or for files, or not to be written to: nothing lies there in part, what is there stays, a
// person is told, and what is saved there goes out, where anybody can save anything. When
// there is room again, the rest comes by itself.
func TestADiskWithoutRoomTakesTheRestLater(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, options string
		full          func(remount func(uintptr, string))
		well          func(remount func(uintptr, string))
		reason        error
	}{
		{"no room for bytes", "size=2m", func(func(uintptr, string)) {}, func(r func(uintptr, string)) { r(0, "size=64m") }, syscall.ENOSPC},
		{"no room for files", "nr_inodes=40", func(func(uintptr, string)) {}, func(r func(uintptr, string)) { r(0, "nr_inodes=4000") }, syscall.ENOSPC},
		{"not to be written to", "size=64m", func(r func(uintptr, string)) { r(syscall.MS_RDONLY, "") }, func(r func(uintptr, string)) { r(0, "") }, syscall.EROFS},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, "anna", "ben")
			anna, ben := w.devices[0], w.devices[1]
			remount := ben.moveTo(t, c.options)
			connect(anna, ben)
			anna.write("first", "it fits")
			w.settle()
			c.full(remount)
			for i := range 60 {
				anna.write(fmt.Sprintf("many/%02d", i), strings.Repeat(fmt.Sprintf("text %02d\n", i), 10_000))
			}
			anna.write("first", "it fits no more")
			anna.scan()
			ben.until("telling why", func(s syncer.Status) bool {
				for _, p := range s.Problems {
					if strings.Contains(p.Reason, c.reason.Error()) && p.Next != "" {
						return s.Phase != syncer.InStep
					}
				}
				return false
			})
			err := filepath.WalkDir(ben.dir, func(name string, e os.DirEntry, err error) error {
				rel, _ := filepath.Rel(ben.dir, name)
				if err != nil || !e.Type().IsRegular() || strings.HasPrefix(rel, ".kith") {
					return err
				}
				text, err := os.ReadFile(name)
				whole, there := os.ReadFile(anna.at(rel))
				if old := rel == "first" && string(text) == "it fits"; !old && string(text) != string(whole) {
					t.Errorf("%s is half there: %d bytes of %d", rel, len(text), len(whole))
				}
				return errors.Join(err, there)
			})
			must(t, err)
			c.well(remount)
			w.settle()
			if anna.tree() != ben.tree() {
				t.Errorf("ben holds\n%s", ben.tree())
			}
		})
	}
}
