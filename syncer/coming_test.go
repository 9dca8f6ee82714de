package syncer

import (
	"testing"

	"kith/index"
	"kith/index/indextest"
)

// TestARunThatEndsAsAnEpochBegins: which epochs are past is known to the next run also if
// this one ends right after the new one began, and only if it did.
func TestARunThatEndsAsAnEpochBegins(t *testing.T) {
	const old, theirs, fresh = index.Epoch(7), index.Epoch(5), index.Epoch(8)
	for _, began := range []bool{true, false} {
		ctx, store := t.Context(), indextest.NewMemory()
		f := &folder{store: store, e: &Engine{}}
		if _, err := store.Open(ctx, f.id, old); err != nil {
			t.Fatal(err)
		}
		if err := f.epochs.begin(ctx, f, old, false); err != nil {
			t.Fatal(err)
		}
		if err := f.epochs.begins(ctx, f, fresh, old, theirs); err != nil {
			t.Fatal(err)
		}
		if began {
			if err := store.Renew(ctx, f.id, fresh); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			f = &folder{store: store, e: &Engine{}}
			at, err := store.Open(ctx, f.id, 9)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.epochs.begin(ctx, f, at.Epoch, false); err != nil {
				t.Fatal(err)
			}
			known, err := f.epochs.precede(ctx, f, theirs)
			if known != began || err != nil {
				t.Errorf("it began: %v; in the next run theirs is past: %v, %v", began, known, err)
			}
			if known, err := f.epochs.precede(ctx, f, old); began && !known || err != nil {
				t.Errorf("the old one is past: %v, %v", known, err)
			}
		}
	}
}
