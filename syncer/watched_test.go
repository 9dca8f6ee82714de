package syncer_test

import (
	"context"
	"testing"

	"kith/index"
	"kith/syncer"
)

// lateTree is watched only from some moment on.
type lateTree struct {
	syncer.Tree
	from <-chan struct{}
}

func (t lateTree) Watch(ctx context.Context, skip func(index.Path, bool) bool, others <-chan struct{}, hint func([]index.Path, bool)) error {
	select {
	case <-t.from:
		return t.Tree.Watch(ctx, skip, others, hint)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestWhatComesBeforeAFolderIsWatched: what is saved after the first look at everything,
// and before the system tells of changes, is not left for the look half an hour later.
func TestWhatComesBeforeAFolderIsWatched(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna")
	a := w.devices[0]
	a.stop()
	from := make(chan struct{})
	a.wrap = func(tree syncer.Tree) syncer.Tree { return lateTree{tree, from} }
	a.start()
	a.until("looked at", func(s syncer.Status) bool { return s.Phase == syncer.InStep })
	a.write("x", "one")
	close(from)
	a.until("known", func(s syncer.Status) bool { return s.Totals.Here.Files == 1 })
}
