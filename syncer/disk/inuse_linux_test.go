package disk

import (
	"os"
	"path/filepath"
	"testing"

	"kith/index"
	"kith/syncer/plan"
)

func TestWhatSomebodyStillWritesToIsNotRemoved(t *testing.T) {
	p := newPlaceIn(t, t.TempDir())
	defer p.Close()
	p.save("a", "old")
	f, err := os.OpenFile(filepath.Join(p.root, "a"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if out := p.one(plan.Step{Have: p.have("a"), Want: index.File{Path: index.MustPath("a"), Kind: index.Elsewhere}}); out.Err != nil {
		t.Fatal(out.Err)
	}
	if _, err := f.WriteString(" and new"); err != nil {
		t.Fatal(err)
	}
	p.anywhere("old and new")
}
