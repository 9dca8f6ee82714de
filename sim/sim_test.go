package sim

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	Alone()
	os.Exit(m.Run())
}

func env(name string, otherwise uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil {
		return n
	}
	return otherwise
}

func TestSeeds(t *testing.T) {
	first, count := env("KITH_SEED", 1), env("KITH_SIMS", 800)
	began := time.Now()
	var events int
	var virtual time.Duration
	failed := 0
	for seed := first; seed < first+count; seed++ {
		r := Run(t, Generate(seed), Options{})
		events += r.Events
		virtual += r.Virtual
		if len(r.Broken) > 0 {
			failed++
			t.Errorf("seed %d: %s", seed, strings.Join(r.Broken, "\n\t"))
			if env("KITH_SHRINK", 1) > 0 {
				sc := Shrink(Generate(seed), int(env("KITH_SHRINK", 400)), func(sc Scenario) bool { return Run(t, sc, Options{}).Law() == r.Law() })
				t.Logf("in short:\n%s\n%s", sc, strings.Join(Run(t, sc, Options{}).Broken, "\n\t"))
			}
			if failed >= int(env("KITH_FAILS", 10)) {
				break
			}
		}
	}
	t.Logf("%d events, %v virtual, in %v", events, virtual, time.Since(began))
}

func TestOne(t *testing.T) {
	if os.Getenv("KITH_SEED") == "" && os.Getenv("KITH_SCENARIO") == "" {
		t.Skip("no seed")
	}
	sc := Generate(env("KITH_SEED", 1))
	if name := os.Getenv("KITH_SCENARIO"); name != "" {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if sc, err = Read(f); err != nil {
			t.Fatal(err)
		}
	}
	t.Log("\n" + sc.String())
	r := Run(t, sc, Options{Trace: func(line string) { t.Log(line) }})
	t.Logf("%+v", r)
}
func TestSameSeedSameTrace(t *testing.T) {
	for seed := uint64(1); seed <= env("KITH_TWICE", 100); seed++ {
		a, b := Run(t, Generate(seed), Options{}), Run(t, Generate(seed), Options{})
		if a.Trace != b.Trace {
			t.Errorf("seed %d: %d events, then %d, and not the same", seed, a.Events, b.Events)
		}
	}
}
