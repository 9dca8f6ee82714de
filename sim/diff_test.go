package sim

import (
	"os"
	"testing"
)

// TestTwice runs one seed until it has another trace, and shows where they part.
func TestTwice(t *testing.T) {
	if os.Getenv("KITH_DIFF") == "" {
		t.Skip("no seed")
	}
	sc := Generate(env("KITH_DIFF", 1))
	trace := func() (lines []string) {
		Run(t, sc, Options{Trace: func(line string) { lines = append(lines, line) }})
		return lines
	}
	a := trace()
	for range 50 {
		b := trace()
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				for k := max(0, i-12); k < min(i+6, len(a), len(b)); k++ {
					t.Logf("%-90.90s | %.90s", a[k], b[k])
				}
				return
			}
		}
	}
}
