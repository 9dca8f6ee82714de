package disk

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
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

// TestEveryCrashIsRecovered cuts the power, or kills the process, at every moment
// of every workload, and finds the disk in every state that is possible then, or
// in KITH_STATES of them, as KITH_SEED draws them. In one of a hundred it happens
// again, at every moment of the recovery.
func TestEveryCrashIsRecovered(t *testing.T) {
	limit, seed := number("KITH_STATES", some(1000)), number("KITH_SEED", 1)
	dir, begin := memoryDir(t), time.Now()
	all, chance := workloads(), rand.New(rand.NewPCG(uint64(seed), 0))
	shuffle(all, chance)
	var states, moments, twice, tried, bad int
	for _, w := range all {
		if states >= limit || t.Failed() && bad > 20 {
			break
		}
		tr, err := w.record(dir)
		if err != nil {
			t.Errorf("%s: %v", w, err)
			continue
		}
		tried++
		met, share := map[uint64]bool{}, w.share(limit)
		wrong := 0
		examine := func(s crashState, what string, done bool) {
			met[s.key(done)] = true
			states++
			root := filepath.Join(dir, "state")
			defer os.RemoveAll(root)
			if err := s.disk.build(root); err != nil {
				t.Fatal(err)
			}
			if err := w.examine(root, tr, done); err != nil {
				wrong, bad = wrong+1, bad+1
				t.Errorf("%s: after %s, %s: %v", w, what, s.name, err)
			}
		}
		for n := tr.begin; n <= len(tr.log); n++ {
			moments++
			tr.states(n, func(s crashState) {
				done := n == len(tr.log)
				if wrong > 1 || states >= limit || met[s.key(done)] || chance.Float64() >= share {
					return
				}
				what := fmt.Sprintf("%d of %d changes", n, len(tr.log))
				examine(s, what, done)
				if chance.IntN(100) > 0 {
					return
				}
				twice++
				err := w.recovery(filepath.Join(dir, "state"), s, func(second crashState) {
					if wrong < 2 && !met[second.key(done)] {
						examine(second, what+", "+s.name+", and again", done)
					}
				})
				if err != nil {
					t.Fatal(err)
				}
			})
		}
	}
	t.Logf("KITH_SEED=%d: %d states of %d workloads out of %d, %.0f a second", seed, states, tried, len(all), float64(states)/time.Since(begin).Seconds())
	figures := map[string]any{"states": states, "workloads": tried, "moments": moments, "crashed_twice": twice, "violations": bad, "seed": seed}
	if err := results.Report("crash", figures); err != nil {
		t.Error(err)
	}
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

// share is which part of what can be tried of a workload is tried if so many are
// to be tried of all: half of them of single acts, and of pairs so few that many
// of them have a turn.
func (w workload) share(limit int) float64 {
	if len(w.acts) == 1 {
		return min(1, float64(limit)/10_000)
	}
	return max(0.1, min(1, float64(limit)/150_000))
}

// shuffle puts the pairs, which stand after the single acts, into some order.
func shuffle(all []workload, chance *rand.Rand) {
	var single, pairs []workload
	for _, w := range all {
		if len(w.acts) == 1 {
			single = append(single, w)
		} else {
			pairs = append(pairs, w)
		}
	}
	chance.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	copy(all, append(single, pairs...))
}

// key is the same for states that are judged in the same way.
func (s crashState) key(done bool) uint64 {
	h := fnv.New64a()
	if done {
		h.Write([]byte("done"))
	}
	h.Write([]byte(s.disk.text()))
	return h.Sum64()
}
