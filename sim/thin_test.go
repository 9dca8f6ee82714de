package sim

import (
	"strings"
	"testing"
)

// TestEarlierVersionsAreThinnedEachDay has programs run for three days: what is due goes
// without their being started anew.
func TestEarlierVersionsAreThinnedEachDay(t *testing.T) {
	thinned := 0
	sc := tale(t, 1, 1, "mesh", `
		device anna
		device ben
		1 +0s anna save a
		2 +1s - settle
		3 +73h ben save a`)
	r := Run(t, sc, Options{Trace: func(line string) {
		if strings.HasSuffix(line, "anna thin ") {
			thinned++
		}
	}})
	if len(r.Broken) > 0 || thinned != 4 {
		t.Errorf("%d times; %v", thinned, r.Broken)
	}
}
