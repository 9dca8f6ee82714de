package disktest_test

import (
	"os"
	"path/filepath"
	"testing"

	"kith/index"
	"kith/syncer"
	"kith/syncer/disk"
	"kith/syncer/disk/disktest"
)

var _ syncer.Tree = (*disk.Tree)(nil)

func TestMemory(t *testing.T) {
	disktest.Run(t, func(t *testing.T) (syncer.Tree, disktest.Person) {
		m := disktest.NewMemory(disktest.Options{})
		return m, m
	})
}

func TestMemoryCaseBlind(t *testing.T) {
	disktest.Run(t, func(t *testing.T) (syncer.Tree, disktest.Person) {
		m := disktest.NewMemory(disktest.Options{CaseBlind: true})
		return m, m
	})
}

func TestDisk(t *testing.T) {
	disktest.Run(t, func(t *testing.T) (syncer.Tree, disktest.Person) { return folder(t, t.TempDir()) })
}

func TestDiskInMemory(t *testing.T) {
	const shm = "/dev/shm"
	if _, err := os.Stat(shm); err != nil {
		t.Skip("this system has no file system in memory at " + shm)
	}
	disktest.Run(t, func(t *testing.T) (syncer.Tree, disktest.Person) {
		dir, err := os.MkdirTemp(shm, "kith-test-")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		return folder(t, dir)
	})
}

// folder makes a folder in a directory.
func folder(t *testing.T, dir string) (syncer.Tree, disktest.Person) {
	root, id := filepath.Join(dir, "folder"), index.FolderID{1}
	if err := disk.Create(root, id); err != nil {
		t.Fatal(err)
	}
	tree, err := disk.Open(root, id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	return tree, disktest.OnDisk(root)
}
