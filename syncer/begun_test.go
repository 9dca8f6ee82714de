package syncer_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"

	"kith/index"
	"kith/syncer"
)

// fullTree is a disk that has room for the beginning of each file only.
type fullTree struct {
	syncer.Tree
	full *atomic.Bool
}

func (t fullTree) Fill(want index.File, off int64, data []byte) error {
	if off > 0 && t.full.Load() {
		return syscall.ENOSPC
	}
	return t.Tree.Fill(want, off, data)
}

// TestDraftsOfWhatIsWantedNoMoreGo has a device gather part of a large file, of which
// something else becomes meanwhile.
func TestDraftsOfWhatIsWantedNoMoreGo(t *testing.T) {
	t.Parallel()
	dice := rand.NewChaCha8([32]byte{1})
	large := func() string {
		b := make([]byte, 5<<20)
		dice.Read(b) //nolint:errcheck // never fails
		return string(b)
	}
	for name, become := range map[string]func(anna *device){
		"deleted": func(anna *device) { anna.remove("large") },
		"changed": func(anna *device) { anna.write("large", large()) },
		"small":   func(anna *device) { anna.write("large", "small now") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "anna", "ben")
			anna, ben := w.devices[0], w.devices[1]
			var full atomic.Bool
			full.Store(true)
			ben.stop()
			ben.wrap = func(tree syncer.Tree) syncer.Tree { return fullTree{tree, &full} }
			ben.start()
			connect(anna, ben)
			anna.write("large", large())
			ben.until("told", func(s syncer.Status) bool { return len(s.Problems) > 0 })
			if len(ben.drafts()) == 0 {
				t.Fatal("nothing was gathered: the test shows nothing")
			}
			become(anna)
			full.Store(false)
			w.settle()
			if anna.tree() != ben.tree() {
				t.Error("anna and ben hold something else")
			}
			if left := ben.drafts(); len(left) > 0 {
				t.Errorf("%d drafts are left", len(left))
			}
		})
	}
}

// drafts lists what is under way on a device's disk.
func (d *device) drafts() []os.DirEntry {
	all, err := os.ReadDir(filepath.Join(d.dir, ".kith", "drafts"))
	must(d.w.t, err)
	return all
}
