package flaws

import (
	"os"
	"testing"

	"kith/sim"
	"kith/sim/results"
)

func TestMain(m *testing.M) {
	sim.Alone()
	os.Exit(m.Run())
}

// TestFlaws shows that the scenarios of an ordinary test run find every flaw, and
// that it is the flaw that they find.
func TestFlaws(t *testing.T) {
	const budget = 400
	found, most := 0, uint64(0)
	for _, f := range All {
		t.Run(f.Name, func(t *testing.T) {
			for seed := uint64(1); seed <= budget; seed++ {
				sc := sim.Provoke(seed, f.Provoke)
				r := sim.Run(t, sc, sim.Options{Flaw: f.Plant})
				if len(r.Broken) > 0 && len(sim.Run(t, sc, sim.Options{}).Broken) == 0 {
					t.Logf("found by seed %d: %s", seed, r.Broken[0])
					found, most = found+1, max(most, seed)
					return
				}
			}
			t.Errorf("not found by %d scenarios", budget)
		})
	}
	if err := results.Report("planted-sim", map[string]any{"planted": len(All), "found": found, "most scenarios": most}); err != nil {
		t.Error(err)
	}
}
