package disk

import (
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
// in KITH_STATES of them: those of single acts first, then of pairs as KITH_SEED
// draws them.
func TestEveryCrashIsRecovered(t *testing.T) {
	limit, seed := number("KITH_STATES", some(1500)), number("KITH_SEED", 1)
	dir, begin := memoryDir(t), time.Now()
	all, chance := workloads(), rand.New(rand.NewPCG(uint64(seed), 0))
	shuffle(all, chance)
	var states, moments, tried, bad int
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
		met, share := map[uint64]bool{}, 1.0
		if len(w.acts) > 1 && limit < 200_000 {
			share = 0.1 // so that more pairs have a turn
		}
		wrong := 0
		for n := tr.begin; n <= len(tr.log); n++ {
			moments++
			tr.states(n, func(s crashState) {
				done := n == len(tr.log)
				if wrong > 1 || states >= limit || met[s.key(done)] || chance.Float64() >= share {
					return
				}
				met[s.key(done)] = true
				states++
				root := filepath.Join(dir, "state")
				defer os.RemoveAll(root)
				if err := s.disk.build(root); err != nil {
					t.Fatal(err)
				}
				if err := w.examine(root, tr, done); err != nil {
					wrong, bad = wrong+1, bad+1
					t.Errorf("%s: after %d of %d changes, %s: %v", w, n, len(tr.log), s.name, err)
				}
			})
		}
	}
	t.Logf("KITH_SEED=%d: %d states of %d workloads out of %d, %.0f a second", seed, states, tried, len(all), float64(states)/time.Since(begin).Seconds())
	figures := map[string]any{"states": states, "workloads": tried, "moments": moments, "violations": bad, "seed": seed}
	if err := results.Report("crash", figures); err != nil {
		t.Error(err)
	}
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
