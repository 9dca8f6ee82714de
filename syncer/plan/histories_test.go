package plan

import (
	"flag"
	"testing"
	"time"
)

// defaultHistories is what an ordinary test run lives through.
const defaultHistories = 30_000

var (
	seedFlag  = flag.Uint64("seed", 0, "tell the history of this seed, and run no other")
	histories = flag.Int("histories", defaultHistories, "how many random histories to live through")
)

// TestHistories lives through random histories of two to four devices. The seed
// of one that breaks a law is printed; -seed tells it step by step.
func TestHistories(t *testing.T) {
	worlds := newHistories()
	if *seedFlag != 0 {
		h := worlds[*seedFlag%uint64(len(worlds))]
		h.world.say = func(d *device, format string, args ...any) { t.Logf(d.name+": "+format, args...) }
		if err := h.run(*seedFlag); err != nil {
			t.Error(err)
		}
		return
	}
	begin, most, bad := time.Now(), 0, 0
	for seed := uint64(1); seed <= uint64(*histories); seed++ {
		h := worlds[seed%uint64(len(worlds))]
		if err := h.run(seed); err != nil {
			t.Errorf("go test -run TestHistories -v -seed %d: %v", seed, err)
			if bad++; bad == 10 {
				t.FailNow()
			}
		}
		most = max(most, h.rounds)
	}
	t.Logf("%d histories, peace after at most %d rounds, %.0f a second",
		*histories, most, float64(*histories)/time.Since(begin).Seconds())
}
