package disk

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"kith/index"
	"kith/syncer/plan"
)

// TestWhatIsWrittenLateComesBack has a program that keeps a file open while it is
// replaced or deleted, and writes to it after that.
func TestWhatIsWrittenLateComesBack(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file that is open for writing cannot be moved there")
	}
	for _, exchange := range []bool{true, false} {
		for _, kind := range []string{"replaced", "deleted", "deleted with its directory", "never written to", "too late"} {
			t.Run(fmt.Sprintf("%s, exchange %v", kind, exchange), func(t *testing.T) {
				p := newPlaceIn(t, memoryDir(t))
				defer p.Close()
				p.noExchange.Store(!exchange)
				now := time.Now()
				p.clock = func() time.Time { return now }
				os.Mkdir(filepath.Join(p.root, "d"), 0o755)
				p.save("d/a", "old")
				f, err := os.OpenFile(filepath.Join(p.root, "d/a"), os.O_WRONLY|os.O_APPEND, 0)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				s := plan.Step{Have: p.have("d/a"), Want: index.File{Path: index.MustPath("d/a"), Kind: index.Deleted}}
				if kind == "replaced" {
					s.Want = p.wanted("d/a", "new")
				}
				if out := p.one(s); out.Err != nil {
					t.Fatal(out.Err)
				}
				if back := p.LateEdits(); len(back) != 0 {
					t.Fatalf("back before anything was written: %v", back)
				}
				if kind != "never written to" {
					f.WriteString(" and late")
				}
				switch kind {
				case "too late":
					now = now.Add(2 * lateWithin)
				case "deleted with its directory":
					os.Remove(filepath.Join(p.root, "d"))
				}
				back := p.LateEdits()
				switch kind {
				case "replaced":
					if len(back) != 1 || back[0] == s.Want.Path || p.text(back[0].String()) != "old and late" || p.text("d/a") != "new" {
						t.Errorf("back: %v", back)
					}
				case "deleted":
					if len(back) != 1 || p.text("d/a") != "old and late" {
						t.Errorf("back: %v", back)
					}
				default:
					if len(back) != 0 {
						t.Errorf("back: %v", back)
					}
				}
				if kind != "never written to" {
					p.anywhere("old and late")
				}
				if again := p.LateEdits(); len(again) != 0 {
					t.Errorf("back twice: %v", again)
				}
			})
		}
	}
}
