package people

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kith/sim/drive"
)

// TestTheLedgerNotices lets a person work alone, which is in order, and then
// spoils one thing at a time.
func TestTheLedgerNotices(t *testing.T) {
	for _, c := range []struct {
		name                string
		spoil               func(t *testing.T, p Place)
		lost, half, touched bool
	}{
		{"nothing", func(*testing.T, Place) {}, false, false, false},
		{"a content that is nowhere", func(t *testing.T, p Place) {
			must(t, os.Remove(p.At("owed.txt")))
		}, true, false, false},
		{"one among the earlier versions is somewhere", func(t *testing.T, p Place) {
			must(t, os.MkdirAll(p.Versions(), 0o755))
			must(t, os.Rename(p.At("owed.txt"), filepath.Join(p.Versions(), "owed")))
		}, false, false, false},
		{"half a file", func(t *testing.T, p Place) {
			must(t, os.WriteFile(p.At("whole-9.txt"), []byte("half of"), 0o644))
		}, false, true, false},
		{"a file that nobody touched is elsewhere", func(t *testing.T, p Place) {
			must(t, os.Rename(p.At("kept"), p.At("moved")))
		}, false, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			p := Place{Name: "anna", Dir: filepath.Join(dir, "folder"), Scratch: dir}
			must(t, os.Mkdir(p.Dir, 0o755))
			books := NewLedger()
			w := NewWriter(p, books, 7)
			must(t, w.Keep())
			for range 300 {
				must(t, w.act())
			}
			must(t, w.replace("owed.txt"))
			c.spoil(t, p)
			tree, err := drive.ReadTree(p.Dir, drive.Reading{})
			must(t, err)
			for what, got := range map[string]struct {
				err  error
				want bool
			}{
				"lost": {books.Check(tree, p), c.lost}, "half": {books.Whole(tree), c.half}, "touched": {books.Stands(tree), c.touched},
			} {
				if (got.err != nil) != got.want {
					t.Errorf("%s: %v", what, got.err)
				}
			}
		})
	}
}

func TestWhatIsPurgedIsOwedNoLonger(t *testing.T) {
	dir := t.TempDir()
	p := Place{Name: "anna", Dir: filepath.Join(dir, "folder"), Scratch: dir}
	must(t, os.MkdirAll(p.Versions(), 0o755))
	books := NewLedger()
	w := NewWriter(p, books, 7)
	must(t, w.replace("owed.txt"))
	must(t, os.Rename(p.At("owed.txt"), filepath.Join(p.Versions(), "owed")))
	must(t, books.Purge(p))
	if err := books.Check(drive.Tree{}, p); err != nil {
		t.Error(err)
	}
	if list, err := os.ReadDir(p.Versions()); err != nil || len(list) > 0 {
		t.Errorf("%v is still there, %v", list, err)
	}
	must(t, books.Purge(Place{Dir: filepath.Join(dir, "no folder"), Scratch: dir}))
}

func TestWhoHoldsItsHandsKeepsAPersonStill(t *testing.T) {
	dir := t.TempDir()
	p := Place{Name: "anna", Dir: filepath.Join(dir, "folder"), Scratch: dir}
	w := NewWriter(p, NewLedger(), 7)
	w.Hands.Lock()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	ended := make(chan error)
	go func() { ended <- w.Run(ctx) }()
	<-ctx.Done()
	if written, _ := w.ledger.Counts(); written != 0 {
		t.Error("it wrote all the same")
	}
	w.Hands.Unlock()
	must(t, <-ended)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
