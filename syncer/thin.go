package syncer

import (
	"context"
	"time"
)

const (
	thinEvery = 24 * time.Hour   // how often earlier versions that are due are removed
	evenFor   = 10 * time.Minute // how long the clock has to go evenly before
	mayBeLate = time.Minute      // how much more than usual may pass between two checks of the folder
)

// thinning decides when earlier versions that are due are removed: each day, and only
// while the clock goes evenly. One that is wrong until the network sets it, or for a
// moment, would make old what is not, and nothing brings back what was removed.
type thinning struct {
	checked time.Time     // when the folder was checked last
	even    time.Duration // how long the clock has gone evenly
	done    time.Time     // when versions were removed last
}

// due reports, at a check of the folder, whether versions are to be removed now, and
// takes it that they are.
func (t *thinning) due(now time.Time) bool {
	now = now.Round(0) // what people set is the clock on the wall
	passed := now.Sub(t.checked)
	t.checked = now
	if passed < 0 || passed > mayBeLate {
		t.even = 0
		return false
	}
	t.even += passed
	if ago := now.Sub(t.done); t.even < evenFor || 0 <= ago && ago < thinEvery {
		return false
	}
	t.done = now
	return true
}

// thin removes the earlier versions that are due.
func (f *folder) thin(ctx context.Context, tree Tree) {
	if err := tree.Thin(ctx, f.e.now().UnixNano()); err != nil && ctx.Err() == nil {
		f.log.Warn("earlier versions could not be thinned", "err", err)
	}
}
