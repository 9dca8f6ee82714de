package museum

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kith/sim"
	"kith/sim/flaws"
)

func TestMain(m *testing.M) {
	sim.Alone()
	os.Exit(m.Run())
}

const seeds = 5

func TestStories(t *testing.T) {
	for _, s := range Stories {
		t.Run(s.Name, func(t *testing.T) {
			for seed := range seeds {
				sc, err := s.Scenario(seed)
				if err != nil {
					t.Fatal(err)
				}
				var trace []string
				r := sim.Run(t, sc, sim.Options{Trace: func(line string) { trace = append(trace, line) }})
				if len(r.Broken) > 0 {
					t.Fatalf("%s. Here, with seed %d:\n%s", s.Bug, seed, strings.Join(r.Broken, "\n"))
				}
				if told := strings.Count(strings.Join(trace, "\n"), "person "); told < 2 {
					t.Fatalf("only %d things were done by people", told)
				}
			}
		})
	}
}

// TestStoriesFindTheirBugs tells each story of devices that have the bug which it is
// about, and expects it to end badly. Bugs that can only be planted in the source are
// planted by kith/sim/planted, which expects the same.
func TestStoriesFindTheirBugs(t *testing.T) {
	for _, s := range Stories {
		t.Run(s.Name, func(t *testing.T) {
			if s.Plant != "" {
				if _, err := os.Stat(filepath.Join("..", "planted", "testdata", s.Plant+".txt")); err != nil || s.Flaw != "" {
					t.Errorf("it needs one bug: %q or %q, %v", s.Flaw, s.Plant, err)
				}
				return
			}
			flaw, ok := flaws.Named(s.Flaw)
			if !ok {
				t.Fatalf("there is no flaw %q", s.Flaw)
			}
			for seed := range seeds {
				sc, err := s.Scenario(seed)
				if err != nil {
					t.Fatal(err)
				}
				if r := sim.Run(t, sc, sim.Options{Flaw: flaw}); len(r.Broken) > 0 {
					t.Logf("found with seed %d: %s", seed, r.Broken[0])
					return
				}
			}
			t.Errorf("nothing is wrong where %s", s.Flaw)
		})
	}
}
