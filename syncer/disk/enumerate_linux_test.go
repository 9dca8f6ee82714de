package disk

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kith/sim/results"
)

// number returns the number that a variable holds, if it does.
func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// some is how many of something are tried where nobody says how many: fewer where
// it is slow.
func some(n int) int {
	if testing.Short() {
		return n / 5
	}
	return n
}

// onAll calls fn for every workload, on all processors, each time with a directory
// in memory and with chance of its own, until enough says so.
func onAll(t *testing.T, seed int, all []workload, enough func() bool, fn func(w workload, dir string, chance *rand.Rand)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		dir := memoryDir(t)
		group.Go(func() {
			for i := int(next.Add(1) - 1); i < len(all) && !enough(); i = int(next.Add(1) - 1) {
				fn(all[i], dir, rand.New(rand.NewPCG(uint64(seed), uint64(i))))
			}
		})
	}
	group.Wait()
}

// crashes are those that a test tried, and what came of them.
type crashes struct {
	limit                                  int
	states, moments, twice, workloads, bad atomic.Int64
}

func (c *crashes) enough() bool { return int(c.states.Load()) >= c.limit || c.bad.Load() > 20 }

// TestEveryCrashIsRecovered cuts the power, or kills the process, at every moment
// of every workload of one or two acts, and finds the disk in every state that is possible then, or
// in KITH_STATES of them, as KITH_SEED draws them. In one of a hundred it happens
// again, at every moment of the recovery. A state that was found before in the same
// workload, byte for byte, is neither tried nor counted once more. If KITH_STATES is
// more than all of those, workloads of three acts follow, as KITH_SEED draws them.
func TestEveryCrashIsRecovered(t *testing.T) {
	seed, begin := number("KITH_SEED", 1), time.Now()
	limit := number("KITH_STATES", some(1000))
	all := inTurn(limit, statesOfPairs, rand.New(rand.NewPCG(uint64(seed), 0)))
	c := crashes{limit: limit}
	onAll(t, seed, all, c.enough, func(w workload, dir string, chance *rand.Rand) {
		c.workloads.Add(1)
		if err := c.try(w, dir, chance, func(what string, err error) { t.Errorf("%s: after %s: %v", w, what, err) }); err != nil {
			t.Errorf("%s: %v", w, err)
		}
	})
	states := c.states.Load()
	t.Logf("KITH_SEED=%d: %d states of %d workloads out of %d, %.0f a second", seed, states, c.workloads.Load(), len(all), float64(states)/time.Since(begin).Seconds())
	figures := map[string]any{
		"states": states, "workloads": c.workloads.Load(), "moments": c.moments.Load(), "crashed_twice": c.twice.Load(),
		"violations": c.bad.Load(), "seed": seed,
	}
	if err := results.Report("crash", figures); err != nil {
		t.Error(err)
	}
}

// try tries the crashes of one workload, and tells of those after which something
// is wrong. The error is of what could not be tried.
func (c *crashes) try(w workload, dir string, chance *rand.Rand, tell func(what string, err error)) error {
	tr, err := w.record(dir)
	if err != nil {
		return err
	}
	root := filepath.Join(dir, "state")
	met, share := map[uint64]bool{}, w.share(c.limit, statesOfPairs)
	wrong := 0
	examine := func(s crashState, what string, done bool) {
		met[s.key(done)] = true
		c.states.Add(1)
		defer os.RemoveAll(root)
		if err = s.disk.build(root); err != nil {
			return
		}
		if broken := w.examine(root, tr, done); broken != nil {
			wrong++
			c.bad.Add(1)
			tell(what+", "+s.name, broken)
		}
	}
	for n := tr.begin; n <= len(tr.log); n++ {
		c.moments.Add(1)
		tr.states(n, func(s crashState) {
			done := n == len(tr.log)
			if err != nil || wrong > 1 || c.enough() || chance.Float64() >= share || met[s.key(done)] {
				return
			}
			what := fmt.Sprintf("%d of %d changes", n, len(tr.log))
			examine(s, what, done)
			if err != nil || chance.IntN(100) > 0 {
				return
			}
			c.twice.Add(1)
			again := w.recovery(root, s, func(second crashState) {
				if err == nil && wrong < 2 && !met[second.key(done)] {
					examine(second, what+", "+s.name+", and again", done)
				}
			})
			err = errors.Join(err, again)
		})
	}
	return err
}

// recovery calls fn with every state in which the disk may be found after a second
// crash, while the folder is opened that was found in one.
func (w workload) recovery(root string, found crashState, fn func(crashState)) error {
	defer os.RemoveAll(root)
	if err := found.disk.build(root); err != nil {
		return err
	}
	rec, err := newRecorder(root)
	if err != nil {
		return err
	}
	at, err := openWorkplace(root, w.manner.tap(rec.see))
	if err != nil {
		return err
	}
	at.Close()
	if err := errors.Join(rec.check(), os.RemoveAll(root)); err != nil {
		return err
	}
	for n := range len(rec.log) + 1 {
		rec.states(n, fn)
	}
	return nil
}

// share is which part of what can be tried of a workload is tried, if so many are
// to be tried of all and pairs have so many: most of single acts, and of pairs so
// few that many of them have a turn.
func (w workload) share(limit, pairs int) float64 {
	if len(w.acts) == 1 {
		return min(1, float64(limit)/10_000)
	}
	return max(0.1, min(1, float64(limit)/float64(pairs)))
}

// How many crash states, and faults, single acts and pairs of them have, roughly.
const (
	statesOfPairs = 60_000
	faultsOfPairs = 300_000
)

// inTurn returns workloads in the order in which they are tried: single acts, the
// pairs in some order, and, if more is to be tried than those have, some of the
// sequences of three.
func inTurn(limit, pairs int, chance *rand.Rand) (all []workload) {
	var two []workload
	for _, w := range workloads() {
		if len(w.acts) == 1 {
			all = append(all, w)
		} else {
			two = append(two, w)
		}
	}
	chance.Shuffle(len(two), func(i, j int) { two[i], two[j] = two[j], two[i] })
	all = append(all, two...)
	for range max(0, limit-pairs*9/10) / 4 { // no sequence has as few as four
		w := workload{manner: manner(chance.IntN(int(plain) + 1))}
		for range 3 {
			w.acts = append(w.acts, acts[chance.IntN(len(acts))])
		}
		all = append(all, w)
	}
	return all
}

// key is the same for states that are judged in the same way.
func (s crashState) key(done bool) uint64 {
	if done {
		return ^s.disk.key()
	}
	return s.disk.key()
}
