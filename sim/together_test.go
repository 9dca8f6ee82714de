package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"kith/sim/results"
	"kith/syncer"
)

// deeds are what somebody does, at one device, while the power of ben's is about to
// be cut: single ones, and pairs.
var deeds = []string{
	"save d/new", "save d/a", "longer d/a", "samesize d/a", "big d/b", "delete d/a", "delete d", "move d/a c", "move d/a d/b", "move d e",
	"swap d/a d/b", "chmod d/a", "touch d/a", "link l", "todir d/a", "vim d/a", "office d/b", "mkdir d/f",
}

// moment is a state of disk and index of a device at a power cut: after so many
// operations from the first deed on, so many of the changes that were not flushed are on
// the disk, and so many of the commits that were answered are not in the index.
type moment struct{ operation, changes, lost int }

// workload is who does what, so long apart, in a world of a seed.
type workload struct {
	who   string
	did   []string
	apart time.Duration
	seed  uint64
}

// cut is the scenario of a workload and a power cut at ben's.
func (w workload) cut(at moment) Scenario {
	sc := Scenario{Seed: w.seed, Slow: 1, Wires: "mesh", Devices: []Device{{Name: "anna"}, {Name: "ben"}}}
	step := func(after time.Duration, who string, words string) {
		parts := strings.Fields(words)
		sc.Steps = append(sc.Steps, Step{ID: len(sc.Steps) + 1, After: after, Who: who, Verb: parts[0], Args: parts[1:]})
	}
	step(0, "anna", "save d/a")
	step(0, "anna", "save d/b")
	step(time.Second, "-", "settle")
	step(0, "ben", fmt.Sprint("lies ", at.lost))
	step(0, "ben", fmt.Sprint("power ", at.operation))
	for i, d := range w.did {
		step(time.Duration(i)*w.apart, w.who, d)
	}
	step(20*time.Second, "-", "settle")
	return sc
}

// mostLost is how many commits a disk that lies loses at most.
const mostLost = 2

// moments returns the states that ben's disk and index may be left in by a power cut at
// any operation, each but once: two are the same if they are, byte for byte, and what
// anna has is too.
func (w workload) moments(t *testing.T, flaw Flaw) (all []moment) {
	type state struct{ disk, index, other uint64 }
	met, operation := map[state]bool{}, 0
	Run(t, w.cut(moment{operation: math.MaxInt, lost: mostLost}), Options{Flaw: flaw, each: func(d *device) {
		anna, ben := d.w.devices[0], d.w.devices[1]
		if d != ben || !ben.isDoomed() {
			return
		}
		operation++
		here := anna.disk.Left()
		other := here[len(here)-1] + 3*anna.sums()[0]
		for lost, i := range ben.sums() {
			for changes, left := range ben.disk.Left() {
				if s := (state{left, i, other}); !met[s] {
					met[s] = true
					all = append(all, moment{operation, changes, lost})
				}
			}
		}
	}})
	return all
}

// isDoomed reports whether the end of a device's program is awaited.
func (d *device) isDoomed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.fatal != nil
}

// sums returns hashes of what a device's index is, and would be without its last commits.
func (d *device) sums() []uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := []uint64{d.index.Sum()}
	for _, was := range slices.Backward(d.past) {
		all = append(all, was.index.Sum())
	}
	return all
}

// statesOfPairs is how many states single deeds and pairs have, roughly.
const statesOfPairs = 20_000

// apart is how much time passes at most between two deeds of a pair, where they do not
// follow at once: the first one is noticed by then, or told, or nothing is left to do.
const apart = time.Second

// inTurn returns all single deeds at both devices, all pairs of them, and, if more
// states are to be tried than those have, pairs with some time between them.
func inTurn(limit int, chance *rand.Rand) []workload {
	var one, two, later []workload
	for _, who := range []string{"anna", "ben"} {
		for _, first := range deeds {
			one = append(one, workload{who: who, did: []string{first}})
			for _, next := range deeds {
				pair := workload{who: who, did: []string{first, next}}
				two = append(two, pair)
				pair.apart = time.Duration(1 + chance.Int64N(int64(apart)))
				later = append(later, pair)
			}
		}
	}
	for _, pairs := range [][]workload{two, later} {
		chance.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	}
	all := slices.Concat(one, two)
	if limit > statesOfPairs*9/10 {
		all = append(all, later...)
	}
	for i := range all {
		all[i].seed = 1 + chance.Uint64N(1_000_000)
	}
	return all
}

// share is which part of the states of a workload is tried, if so many are to be tried
// of all: most of single deeds, and of pairs so few that many of them have a turn.
func (w workload) share(limit int) float64 {
	if len(w.did) == 1 {
		return min(1, float64(limit)/2500)
	}
	return max(0.25, min(1, float64(limit)/(statesOfPairs*9/10)))
}

// cuts tries so many moments of workloads, and tells of those after which a law is
// broken, until told returns false.
func cuts(t *testing.T, limit int, seed uint64, flaw Flaw, told func(at moment, sc Scenario, broken []string) bool) (states, tried int) {
	chance := rand.New(rand.NewPCG(seed, 5))
	for _, w := range inTurn(limit, chance) {
		tried++
		for _, at := range w.moments(t, flaw) {
			if chance.Float64() >= w.share(limit) {
				continue
			}
			sc, happened := w.cut(at), false
			r := Run(t, sc, Options{Flaw: flaw, Cut: func(n int) int {
				happened = happened || n >= at.changes
				return min(n, at.changes)
			}})
			if !happened {
				t.Fatalf("there is no moment %+v in\n%s", at, sc)
			}
			states++
			if len(r.Broken) > 0 && !told(at, sc, r.Broken) || states == limit {
				return states, tried
			}
		}
	}
	return states, tried
}

// TestDiskAndIndexTogether cuts the power of a device after operations that a deed,
// of its own person or of another one's, brings it to do. The disk keeps each
// number of the changes since its last flush; the index keeps all that was answered,
// as it waits for the disk at each commit, or, where the disk lied, all but the last
// one or two. The program starts as ever, meets the other device, and the ledger
// judges. KITH_TOGETHER says how many of those states are tried: from 25,000 on, all of
// single deeds and of pairs, but for what chance does to the bytes, and then some of
// pairs between which time passes.
func TestDiskAndIndexTogether(t *testing.T) {
	limit, seed, bad := int(variable("KITH_TOGETHER", 300)), variable("KITH_SEED", 1), 0
	states, tried := cuts(t, limit, seed, Flaw{}, func(at moment, sc Scenario, broken []string) bool {
		bad++
		t.Errorf("%d changes stayed, %d commits lost: %s\n%s", at.changes, at.lost, strings.Join(broken, "\n"), sc)
		return bad < 10
	})
	t.Logf("KITH_SEED=%d: %d states of %d workloads", seed, states, tried)
	figures := map[string]any{"states": states, "workloads": tried, "violations": bad, "seed": seed}
	if err := results.Report("sim-together", figures); err != nil {
		t.Error(err)
	}
}

// TestAnIndexThatCountsOnIsNoticed has an index that lost its last commits give the
// same numbers again: then there must be a state that breaks a law.
func TestAnIndexThatCountsOnIsNoticed(t *testing.T) {
	noticed := false
	flaw := Flaw{Config: func(_ string, c *syncer.Config) { c.Random = func() uint32 { return 7 } }}
	states, _ := cuts(t, 1500, 1, flaw, func(moment, Scenario, []string) bool {
		noticed = true
		return false
	})
	if !noticed {
		t.Errorf("all of %d states are well", states)
	}
}
