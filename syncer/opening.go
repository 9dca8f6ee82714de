package syncer

import (
	"context"
	"errors"
	"time"

	"kith/index"
	"kith/peer/wire"
)

func (f *folder) openTreeNow(ctx context.Context) {
	tree, err := f.e.cfg.OpenTree(f.dir, f.id)
	if err == nil {
		err = tree.Check()
	}
	if err != nil {
		f.log.Warn("folder is unavailable", "dir", f.dir, "err", err)
	}
	select {
	case f.events <- opened{tree, err}:
	case <-ctx.Done():
		if tree != nil {
			tree.Close()
		}
	}
}

// openTree returns the tree, nil while the folder is closed.
func (f *folder) openTree() Tree {
	if t := f.tree.Load(); t != nil {
		return *t
	}
	return nil
}

// begin starts what runs as long as the tree is open.
func (f *folder) begin(ctx context.Context) {
	f.work, f.endWork = context.WithCancel(ctx)
	f.placing = make(chan handover) // unbuffered: who fetches waits while the disk is busy
	f.placed = make(chan placed)    // unbuffered: one batch is recorded while the next is put in place
	tree := f.openTree()
	f.goWork(f.work, func(ctx context.Context) { f.watch(ctx, tree) })
	f.goWork(f.work, f.place)
	f.goWork(f.work, f.record)
	f.goWork(f.work, func(ctx context.Context) { f.settleNowAndThen(ctx, tree) })
	f.goWork(f.work, f.board.measure(f))
}

// watch has the disk tell of changes, and begins anew some time after it had to stop: what
// was not told meanwhile is looked for everywhere, once it tells again.
func (f *folder) watch(ctx context.Context, tree Tree) {
	skip := func(p index.Path, dir bool) bool { return f.rules.Load().surely(p, dir) }
	deaf := false
	hint := func(paths []index.Path, everything bool) {
		if deaf {
			deaf, everything = false, true
			f.board.solved(problemWatch)
		}
		f.send(hinted{paths: paths, everything: everything})
	}
	for {
		err := tree.Watch(ctx, skip, f.ruled, hint)
		if err == nil || ctx.Err() != nil {
			return
		}
		if !deaf {
			f.log.Warn("folder cannot be watched; it is looked at from time to time", "err", err)
		}
		deaf = true
		f.board.problem(problemWatch, Problem{Path: "", Reason: "changes are not noticed at once: " + err.Error(),
			Next: "they are found by a look at everything every 30 minutes, or by: kith scan"})
		select {
		case <-time.After(watchAgainIn):
		case <-ctx.Done():
			return
		}
	}
}

// close ends all work of an open tree and waits for it.
func (f *folder) close() {
	for _, c := range f.others() {
		f.silence(c)
		if c.heard {
			c.heard = false
			un := wire.Unsubscribe{Folder: f.id, Reason: "paused or unavailable"}
			link := c.link
			go link.Send(context.Background(), &un) //nolint:errcheck // a link that ended has nobody to tell
		}
	}
	if f.endWork != nil {
		f.endWork()
	}
	f.drain()
	f.board.present(f.peers)
	if t := f.tree.Swap(nil); t != nil {
		if f.looked.Load() && (*t).Check() == nil {
			ctx, cancel := context.WithTimeout(context.Background(), flushWithin)
			if err := f.flush(ctx, *t); err != nil {
				f.log.Debug("not flushed at the end", "err", err)
			}
			cancel()
			(*t).LateEdits() // found when the folder is opened again
		}
		(*t).Close()
	}
	f.looked.Store(false)
	f.board.clear()
	f.gone.clear()
	f.late.clear()
	f.wet.clear()
	f.recur.clear()
	f.stirred.clear()
	f.unrest.clear()
	f.come.clear()
	f.undoing.clear()
	f.brakes.forgetUnwanted()
	f.settled.clear()
	f.sources.clear()
	f.answerAll(errors.New("the folder was closed"))
	f.machine.scanning, f.machine.pulling, f.machine.opening = false, false, false
}

// drain waits for the workers, throwing away what they still send.
func (f *folder) drain() {
	done := make(chan struct{})
	go func() {
		f.workers.Wait()
		close(done)
	}()
	for {
		select {
		case <-done:
			return
		case ev := <-f.events:
			f.keepForLater(ev)
		}
	}
}

// keepForLater deals with what came while the folder was closing and concerns
// not the work that ends but the conversations that go on.
func (f *folder) keepForLater(ev event) {
	switch ev := ev.(type) {
	case linkUp:
		f.meet(ev.link)
	case linkDown:
		f.linkDown(ev.link)
	case subscribed:
		if c := f.peers[ev.link.Device()]; c != nil && c.link == ev.link {
			c.caughtUp.Store(false)
			c.sub = &ev.sub
		}
	case unsubscribed:
		f.unsubscribed(ev)
	case configured:
		f.shape.Store(f.shapeOf(ev.folder))
	case scanAsked:
		ev.done <- errors.New("the folder was closed")
	case opened:
		if ev.tree != nil {
			ev.tree.Close()
		}
	}
}
