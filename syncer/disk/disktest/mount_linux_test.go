package disktest_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"kith/index"
	"kith/syncer"
	"kith/syncer/disk"
	"kith/syncer/disk/disktest"
	"kith/syncer/plan"
)

// caseBlind mounts a volume that takes a and A for one name, and cannot exchange
// two objects: NTFS, in user space.
func caseBlind(t *testing.T) string {
	for _, tool := range []string{"mkntfs", "lowntfs-3g", "fusermount"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("a volume blind to case takes %s: %v", tool, err)
		}
	}
	if os.Getuid() != 0 {
		t.Skip("mounting a volume takes privileges")
	}
	dir := t.TempDir()
	image, at := filepath.Join(dir, "image"), filepath.Join(dir, "mount")
	for _, err := range []error{os.Mkdir(at, 0o755), os.WriteFile(image, nil, 0o600), os.Truncate(image, 64<<20)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("mkntfs", "-Q", "-F", image).CombinedOutput(); err != nil {
		t.Skipf("mkntfs: %v: %s", err, out)
	}
	if out, err := exec.Command("lowntfs-3g", "-o", "ignore_case", image, at).CombinedOutput(); err != nil {
		t.Skipf("lowntfs-3g: %v: %s", err, out)
	}
	t.Cleanup(func() { exec.Command("fusermount", "-u", "-z", at).Run() })
	return at
}

func TestDiskBlindToCase(t *testing.T) {
	volume := caseBlind(t)
	disktest.Run(t, func(t *testing.T) (syncer.Tree, disktest.Person) {
		dir, err := os.MkdirTemp(volume, "test")
		if err != nil {
			t.Fatal(err)
		}
		return folder(t, dir)
	})
	t.Run("names that it takes for one", func(t *testing.T) {
		dir, err := os.MkdirTemp(volume, "test")
		if err != nil {
			t.Fatal(err)
		}
		tree, person := folder(t, dir)
		if traits := tree.(*disk.Tree).Traits(); !traits.CaseBlind || traits.Exchange {
			t.Errorf("this volume is taken for %+v", traits)
		}
		aliases(t, tree, person, plan.ErrName) // it lists all names in lower case
	})
}

func TestMemoryBlindToCaseTakesNamesForOne(t *testing.T) {
	m := disktest.NewMemory(disktest.Options{CaseBlind: true})
	aliases(t, m, m, nil)
}

// aliases verifies that no name is taken for another one where the disk does.
// respell is what it answers to a rename in case only.
func aliases(t *testing.T, tree syncer.Tree, person disktest.Person, respell error) {
	person.Mkdir("dir")
	person.Write("dir/file", []byte("text"))
	for _, path := range []string{"Dir/file", "dir/File", "Dir"} {
		if e, err := tree.Stat(index.MustPath(path)); err == nil {
			t.Errorf("%s is there: %+v", path, e)
		}
	}
	for path, crowded := range map[string]bool{"dir/file": false, "dir/File": true, "dir/other": false, "Dir": true, "none/file": false} {
		if tree.Crowded(index.MustPath(path)) != crowded {
			t.Errorf("that %s is taken for another one: %v", path, !crowded)
		}
	}
	put := func(s plan.Step) error { return tree.Put(t.Context(), []plan.Step{s})[0].Err }
	empty := index.File{Kind: index.Regular, Root: index.RootOf(nil), Modified: 1e18, Mode: 0o644}
	for _, path := range []string{"Dir/other", "dir/File", "Dir"} {
		empty.Path = index.MustPath(path)
		if err := put(plan.Step{Want: empty}); !errors.Is(err, plan.ErrName) {
			t.Errorf("put %s: %v", path, err)
		}
	}
	e, err := tree.Stat(index.MustPath("dir/file"))
	if err != nil {
		t.Fatal(err)
	}
	renamed := e.File
	renamed.Path = index.MustPath("dir/fILE")
	if err := put(plan.Step{From: index.Record{File: e.File, Identity: e.Identity}, Want: renamed}); !errors.Is(err, respell) {
		t.Errorf("rename in case only: %v", err)
	}
	if respell != nil {
		renamed = e.File
	}
	if e, err := tree.Stat(renamed.Path); err != nil || e.Size != 4 {
		t.Errorf("after the rename: %+v, %v", e, err)
	}
}
