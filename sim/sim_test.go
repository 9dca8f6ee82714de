package sim

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kith/sim/results"
)

// processors is how many there are, before this process confines itself to one.
var processors = runtime.NumCPU()

func TestMain(m *testing.M) {
	Alone()
	os.Exit(m.Run())
}

// variable returns the number that a variable holds, if it does.
func variable(name string, otherwise uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil {
		return n
	}
	return otherwise
}

const kept = "testdata/kept"

// TestKept runs what failed once.
func TestKept(t *testing.T) {
	files, err := filepath.Glob(kept + "/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d scenarios are kept in %s: %v", len(files), kept, err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			if r := Run(t, read(t, name), Options{}); len(r.Broken) > 0 {
				t.Errorf("%s", strings.Join(r.Broken, "\n"))
			}
		})
	}
}

func read(t *testing.T, name string) Scenario {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	sc, err := Read(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return sc
}

const (
	mostFailures = 8   // in each process, unless KITH_FAILURES says how many
	mostKept     = 16  // are made small
	shrinkAtMost = 400 // runs
)

// TestSeeds runs the scenarios of many seeds, KITH_SIMS of them from KITH_SEED on,
// with every fault but power cuts.
func TestSeeds(t *testing.T) {
	seeds(t, "sim", Batch{First: variable("KITH_SEED", 1), Count: variable("KITH_SIMS", 3000), Powered: true})
}

// TestSeedsWithPowerCuts runs fewer, KITH_POWER of them, with power cuts too.
func TestSeedsWithPowerCuts(t *testing.T) {
	seeds(t, "sim-power", Batch{First: variable("KITH_SEED", 1), Count: variable("KITH_POWER", 1000)})
}

// seeds runs a batch on all processors. What fails is made small, and kept.
func seeds(t *testing.T, layer string, b Batch) {
	b, err := Spread(b, processors, "TestPart")
	if err != nil {
		t.Fatal(err)
	}
	for i, seed := range slices.Sorted(maps.Keys(b.Broken)) {
		t.Errorf("seed %d: %s", seed, strings.Join(b.Broken[seed], "\n\t"))
		if i >= mostKept {
			continue
		}
		keep(t, b.scenario(seed), Report{Broken: b.Broken[seed]}.Law())
	}
	figures := map[string]any{
		"scenarios": b.Ran, "first_seed": b.First, "run_twice": b.Twice, "broken": len(b.Broken),
		"events": b.Events, "virtual_hours": int(b.Virtual.Hours()),
	}
	if err := results.Report(layer, figures); err != nil {
		t.Error(err)
	}
}

// keep makes a scenario small and writes it where it is run first from now on.
func keep(t *testing.T, sc Scenario, law string) {
	sc = Shrink(sc, shrinkAtMost, func(sc Scenario) bool { return Run(t, sc, Options{}).Law() == law })
	var text bytes.Buffer
	if err := Keep(sc, Run(t, sc, Options{}).Broken, &text); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(kept, sc.Name()+".txt")
	if err := os.WriteFile(name, text.Bytes(), 0o644); err != nil {
		t.Log(err)
	}
	t.Logf("in short (and in %s, to be kept once it is mended):\n%s", name, text.String())
}

// TestPart is for the processes that run seeds for the tests above.
func TestPart(t *testing.T) {
	if !Part(t, int(variable("KITH_FAILURES", mostFailures))) {
		return // nobody asked this process for a part
	}
}

// TestOne shows all that happens in one scenario: that of KITH_SHOW, a seed or a
// file. It is for people.
func TestOne(t *testing.T) {
	sc := Generate(1)
	trace := func(string) {}
	if show := os.Getenv("KITH_SHOW"); show != "" {
		trace = func(line string) { t.Log(line) }
		if seed, err := strconv.ParseUint(show, 10, 64); err == nil {
			sc = Generate(seed)
		} else {
			sc = read(t, show)
		}
		t.Log("\n" + sc.String())
	}
	if r := Run(t, sc, Options{Trace: trace}); len(r.Broken) > 0 {
		t.Errorf("%s", strings.Join(r.Broken, "\n"))
	}
}

func TestAScenarioIsReadAsItWasWritten(t *testing.T) {
	for seed := range uint64(50) {
		text := Generate(seed).String()
		sc, err := Read(strings.NewReader(text))
		if err != nil || sc.String() != text {
			t.Fatalf("%v: %s became %s", err, text, sc)
		}
	}
}

func TestAFailureShrinksToWhatItTakes(t *testing.T) {
	fails := func(sc Scenario) bool {
		return slices.ContainsFunc(sc.Steps, func(s Step) bool { return s.Verb == "move" }) &&
			slices.ContainsFunc(sc.Steps, func(s Step) bool { return s.Verb == "crash" })
	}
	for seed := uint64(1); seed < 200; seed++ {
		if sc := Generate(seed); fails(sc) {
			if short := Shrink(sc, 500, fails); len(short.Steps) != 2 || len(short.Devices) != 2 {
				t.Fatalf("seed %d: %s", seed, short)
			}
			return
		}
	}
	t.Fatal("no scenario has both")
}

// TestScenariosLeaveNothingBehind: after hundreds of them a process holds what it
// held after some.
func TestScenariosLeaveNothingBehind(t *testing.T) {
	run := func(from, to uint64) (bytes uint64, goroutines int) {
		for seed := from; seed < to; seed++ {
			Run(t, Generate(seed), Options{})
		}
		runtime.GC()
		runtime.GC() // what pools let go of at the first one
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc, runtime.NumGoroutine()
	}
	bytes, goroutines := run(1, 30)
	if b, g := run(30, 230); b > bytes+1<<20 || g > goroutines {
		t.Errorf("%d bytes and %d goroutines have become %d and %d", bytes, goroutines, b, g)
	}
}
