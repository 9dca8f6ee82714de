package disk

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"kith/index"
)

// crashed is what the hook panics with where the process is to end.
type crashed struct{}

func TestACrashInAnyGapLosesNothing(t *testing.T) {
	for _, exchange := range exchanges(t) {
		for step, arrange := range gapSteps {
			t.Run(fmt.Sprintf("%s, exchange %v", step, exchange), func(t *testing.T) {
				inGaps(t, func(gap int) bool { return crashAt(t, exchange, arrange, gap) })
			})
		}
	}
}

// crashAt ends a step before its gap-th operation, opens the folder anew, and
// verifies that what a person had is still there. It reports whether the step
// has that many operations.
func crashAt(t *testing.T, exchange bool, arrange arrangement, gap int) (more bool) {
	p := newPlaceIn(t, memoryDir(t))
	p.noExchange.Store(!exchange)
	os.Mkdir(filepath.Join(p.root, "d"), 0o755)
	s, _ := arrange(p)
	before := slices.Collect(maps.Keys(p.anywhere()))
	if s.Want.Kind == index.Elsewhere {
		before = nil // that can be had again
	}
	n, last := 0, ""
	func() {
		defer func() {
			if r := recover(); r != nil {
				if r != (crashed{}) {
					panic(r)
				}
				more = true
			}
		}()
		p.before(func(op string) {
			if last = op; n == gap {
				panic(crashed{})
			}
			n++
		})
		p.one(s)
	}()
	p.before(nil)
	p.Close()
	again, err := Open(p.root, p.folder)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	p.anywhere(before...)
	if s.Have.Kind == index.Regular && s.Want.Kind == index.Regular {
		if _, err := again.Stat(s.Want.Path); err != nil {
			t.Errorf("crash %d before %s: the name is free: %v", gap, last, err)
		}
	}
	if t.Failed() {
		t.Fatalf("crash %d before %s", gap, last)
	}
	return more
}
