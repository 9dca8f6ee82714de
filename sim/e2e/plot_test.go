//go:build linux

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kith/sim/drive"
)

// TestWhatMovedIsDrawn has a file travel, and looks who is said to have sent it,
// and to whom.
func TestWhatMovedIsDrawn(t *testing.T) {
	w := newWorld(t, 4*time.Minute, "anna", "ben", "cleo")
	anna, ben, cleo := w.device("anna"), w.device("ben"), w.device("cleo")
	w.must(writeNoise(anna.path("film"), 6<<20, 1))
	w.start(anna, ben)
	w.share(folder, anna, ben)
	w.same(folder, anna, ben)
	w.start(cleo)
	w.must(drive.Pair(w.ctx, anna.Device, cleo.Device))
	drawn := func(d *device, want string) {
		w.Helper()
		w.eventually("it is drawn", func() error { // within a second
			if got := w.kith(d, "plot", "--folder", folder); !strings.Contains(got, want) {
				return fmt.Errorf("%s draws no %q in %.300s", d.Name, want, got)
			}
			return nil
		})
	}
	drawn(anna, `aria-label="ben: ↑ 6.3 MB"`)
	drawn(ben, `aria-label="anna: ↓ 6.3 MB"`)
	if got := w.kith(anna, "plot", "--device", "cleo"); !strings.Contains(got, "Nothing moved") {
		t.Errorf("cleo is said to have got something: %.300s", got)
	}
}
