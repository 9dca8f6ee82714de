package syncer

import (
	"fmt"
	"log/slog"
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

// A look that was under way as a person took back what the brake held has met what is
// not wanted any more, and must not hold it anew.
func TestALookFromBeforeAnUndoHoldsNothing(t *testing.T) {
	f := &folder{events: make(chan event, 1), log: slog.New(slog.DiscardHandler), e: &Engine{}}
	f.e.cfg.Event, f.e.cfg.Clock = func(Event) {}, time.Now
	f.shape.Store(&shape{})
	before := f.brakes.undos()
	f.takeBack()
	toll := plan.Toll{Replaced: 30}
	f.holdHere(brakeReplace, index.Hash{1}, toll, nil, before)
	if f.brakes.total() != 0 {
		t.Errorf("%d files are held anew", f.brakes.total())
	}
	if ev, ok := (<-f.events).(hinted); !ok || !ev.everything {
		t.Error("nothing is looked at again")
	}
	f.holdHere(brakeReplace, index.Hash{1}, toll, nil, f.brakes.undos())
	if f.brakes.total() != 30 {
		t.Errorf("%d files are held that a later look met", f.brakes.total())
	}
}

// It may have met but part of what was held, as the rest was taken back already: too
// little for the brake, and it would be told as a deletion that nobody wants.
func TestALookFromBeforeAnUndoTellsNothing(t *testing.T) {
	f := &folder{events: make(chan event, 1), e: &Engine{}}
	f.shape.Store(&shape{})
	f.doubt.Store(&doubt{})
	now := time.Unix(1000, 0)
	look := func(undone int, missing []found) (gone []index.Record, held bool) {
		t.Helper()
		s := &scanner{f: f, now: now, undone: undone, missing: missing, result: scanResult{everything: true}}
		for _, m := range missing {
			f.gone.note(m.had.Path, now.Add(-time.Hour))
		}
		gone, held, err := s.judgeMissing(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return gone, held
	}
	var missing []found
	for i := range 40 {
		missing = append(missing, found{had: index.Record{File: index.File{Path: index.MustPath(fmt.Sprintf("f%d", i)), Kind: index.Regular}}})
	}
	before := f.brakes.undos()
	f.takeBack()
	if _, held := look(before, missing); !held {
		t.Error("part of what was taken back is told to be gone")
	}
	if ev, ok := (<-f.events).(hinted); !ok || !ev.everything {
		t.Error("nothing is looked at again")
	}
	if gone, held := look(f.brakes.undos(), missing); held || len(gone) != len(missing) {
		t.Errorf("%d of %d that a later look misses are gone, held back %v", len(gone), len(missing), held)
	}
}

// A pass that began before a person took back what others did, or meanwhile, may have met
// but part of that: too little for the brake, and it would be carried out.
func TestAPassFromBeforeAnUndoTakesNothingAway(t *testing.T) {
	f := &folder{}
	passes := func() *puller { return &puller{f: f, stood: f.brakes.stands()} }
	before := passes()
	if before.outdated() {
		t.Error("a pass is outdated, and nobody took anything back")
	}
	_, done := f.brakes.stand()
	meanwhile := passes()
	if !before.outdated() || !meanwhile.outdated() || !before.result.again {
		t.Error("a pass goes on while something is taken back")
	}
	done()
	if !before.outdated() || !meanwhile.outdated() || passes().outdated() {
		t.Error("only a pass that began after something was taken back may go on")
	}
}

// What others replaced is held until a pass finds that so much is not to be replaced any more:
// somebody else took it back.
func TestWhatIsHeldIsNoMoreOnceOthersTookItBack(t *testing.T) {
	f := &folder{}
	f.brakes.count[brakeTake], f.brakes.held[brakeTake] = 210, index.Hash{1}
	if err := (&puller{f: f}).brake(t.Context()); err != nil || f.brakes.total() != 0 {
		t.Errorf("%d files are held: %v", f.brakes.total(), err)
	}
}
