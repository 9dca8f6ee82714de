package plan

import (
	"flag"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kith/sim/results"
)

// defaultHistories is what an ordinary test run lives through.
const defaultHistories = 30_000

var seedFlag = flag.Uint64("seed", 0, "tell the history of this seed, and run no other")

// variable returns the number that a variable holds, if it does.
func variable(name string, otherwise uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil {
		return n
	}
	return otherwise
}

// TestKeptHistories lives once more through histories that once broke a law.
func TestKeptHistories(t *testing.T) {
	worlds := newHistories()
	for _, kept := range []struct {
		seed uint64
		told string
	}{
		{2851919, "a browser made one deletion of two, and told nobody that it was over"},
		{2921954, "a directory was said to be gone before what lay in it, and was kept for that"},
		{1795667041579, "a receiver kept a directory for what others still had in it, where they had put a file"},
		{1795669691955, "a receiver kept a directory for what others still had in it, and they deleted it"},
		{1795668061355, "a receiver made a directory before those who send had it, and kept it for its own conflict copy"},
		{1795669219157, "what a browser brought here had another author there, and two conflict copies"},
		{1795681115702, "what a browser brought here replaced what it had left to others, and nobody set that aside"},
		{459935, "a browser asked for what it had moved away, and nobody told that its own change was over"},
		{1795680842667, "a receiver waited for a directory, and did not go on when it was back"},
		{917916, "a directory that stayed for what a browser had left in it, and took away just then, was called wrong"},
		{1796200218195, "two losers of one minute were set aside in two orders, and one of them lay there twice"},
		{1796200228434, "two losers of one minute were set aside in two orders, and one of them lay there twice"},
		{1795710664090, "a conflict copy lost its name, and somebody had put something at the only other one"},
		{1795712875423, "the same, where a directory took the name"},
		{1795712178471, "a browser deleted, sought and left a file, and nobody told that the deletion was over"},
		{1795718717910, "who had no directory told what took its place before it told that what had lain in it was gone"},
		{1795721109839, "who had no directory told what took its place before it told that what had lain in it was gone"},
		{1830000522077, "a directory that stayed for what a browser had left in it, and just wanted back, was called wrong"},
		{1815001099179, "a receiver put together what others claimed at a name that was nobody's, by the version under which all left it"},
		{10746623, "four in a row waited for each other, each for what was over by then"},
	} {
		if err := worlds[kept.seed%uint64(len(worlds))].run(kept.seed); err != nil {
			t.Errorf("%s again: go test -run TestHistories -v -seed %d: %v", kept.told, kept.seed, err)
		}
	}
}

// TestHistories lives through random histories of two to four devices,
// KITH_HISTORIES of them from KITH_SEED on, on all processors. The seed of one that
// breaks a law is printed; -seed tells it step by step.
func TestHistories(t *testing.T) {
	if *seedFlag != 0 {
		worlds := newHistories()
		h := worlds[*seedFlag%uint64(len(worlds))]
		h.world.say = func(d *device, format string, args ...any) { t.Logf(d.name+": "+format, args...) }
		if err := h.run(*seedFlag); err != nil {
			t.Error(err)
		}
		return
	}
	first, count := variable("KITH_SEED", 1), variable("KITH_HISTORIES", defaultHistories)
	begin := time.Now()
	var taken, lived, bad atomic.Uint64
	var most atomic.Int64
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			worlds := newHistories()
			for n := taken.Add(1) - 1; n < count && bad.Load() < 10; n = taken.Add(1) - 1 {
				seed := first + n
				h := worlds[seed%uint64(len(worlds))]
				if err := h.run(seed); err != nil {
					bad.Add(1)
					t.Errorf("go test -run TestHistories -v -seed %d: %v", seed, err)
				}
				lived.Add(1)
				for was := most.Load(); int64(h.rounds) > was && !most.CompareAndSwap(was, int64(h.rounds)); was = most.Load() {
				}
			}
		})
	}
	group.Wait()
	t.Logf("%d histories, peace after at most %d rounds, %.0f a second", lived.Load(), most.Load(), float64(lived.Load())/time.Since(begin).Seconds())
	figures := map[string]any{"histories": lived.Load(), "first_seed": first, "most_rounds": most.Load(), "violations": bad.Load()}
	if err := results.Report("planner", figures); err != nil {
		t.Error(err)
	}
}
