package syncer

import (
	"math/rand/v2"
	"slices"
	"testing"

	"kith/index"
)

// TestClaimsUnder compares what is claimed below some paths with what Within says.
func TestClaimsUnder(t *testing.T) {
	const seed = 7
	dice := rand.New(rand.NewPCG(seed, seed))
	some := func(n int) (paths []index.Path) {
		for range n {
			p := index.Path{}
			for range dice.IntN(4) {
				p, _ = p.Join(string(rune('a' + dice.IntN(3))))
			}
			paths = append(paths, p)
		}
		slices.SortFunc(paths, index.Path.Compare)
		return slices.Compact(paths)
	}
	for range 200 {
		claimed, dirs := some(10), some(dice.IntN(4))
		var c claims
		c.take(claimed)
		got := c.under(dirs)
		slices.SortFunc(got, index.Path.Compare)
		want := slices.DeleteFunc(slices.Clone(claimed), func(p index.Path) bool { return !slices.ContainsFunc(dirs, p.Within) })
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: of %v, below %v: %v, not %v", seed, claimed, dirs, got, want)
		}
	}
}
