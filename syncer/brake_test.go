package syncer

import (
	"fmt"
	"testing"
	"time"

	"kith/index"
	"kith/syncer/plan"
)

// A look at a part comes between a person's yes and the look at everything that
// carries it out. If it told what it found by itself, there would be another batch
// than the one that was let go, and that one would be held for ever.
func TestPartOfWhatWasLetGoWaitsForTheRest(t *testing.T) {
	var batch []index.Record
	losses := plan.Losses{}
	for i := range 105 {
		p := index.MustPath(fmt.Sprintf("f%d", i))
		batch = append(batch, index.Record{File: index.File{Path: p}})
		losses[p] = plan.Toll{Deleted: 1}
	}
	whole := batchOf(batch)
	var b brakes
	now := time.Unix(0, 0)
	if b.lets(brakeSend, now, losses, 120, whole) {
		t.Fatal("105 of 120 pass without a person")
	}
	b.held[brakeSend], b.count[brakeSend] = whole, 105
	if !b.approve() {
		t.Fatal("there is nothing to let go")
	}
	if !b.holding(brakeSend) || b.total() != 0 {
		t.Errorf("let go, but not passed: holding %t, %d are told to be held", b.holding(brakeSend), b.total())
	}
	if b.lets(brakeSend, now, losses, 120, batchOf(batch[1:])) {
		t.Error("another batch than the one that was let go passes")
	}
	if !b.lets(brakeSend, now, losses, 120, whole) {
		t.Error("what was let go does not pass")
	}
	if b.holding(brakeSend) || b.lets(brakeSend, now, losses, 120, whole) {
		t.Error("it was let go once, and passes again")
	}
}
