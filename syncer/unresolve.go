package syncer

import (
	"context"
	"fmt"
	"time"

	"kith/index"
	"kith/syncer/plan"
)

// Settled is what Resolve did about a conflict, so that it can be taken back.
type Settled struct {
	File index.Path // the file that kept the name
	Copy index.File // the conflict copy as it was
	Now  index.Path // where its content went; the root: it is an earlier version of Copy.Path
	At   int64      // ns: just before it was done
}

// Unresolve makes a conflict of what Resolve settled, as long as nobody changed
// the files since. As always, what it replaces becomes an earlier version.
func (e *Engine) Unresolve(ctx context.Context, id index.FolderID, s Settled) error {
	f, tree, err := e.openFolder(id)
	if err != nil {
		return err
	}
	switch s.Now {
	case index.Path{}: // the file won
		err = restoreSince(tree, s.Copy.Path, s.At)
	default:
		if err = f.moveBack(ctx, tree, s); err == nil && s.Now == s.File { // the copy won
			err = restoreSince(tree, s.File, s.At)
		}
	}
	if err != nil {
		return fmt.Errorf("take back what was decided about %s: %w", s.File, err)
	}
	f.send(hinted{paths: []index.Path{s.File, s.Copy.Path, s.Now}})
	f.event("conflict", s.File.String(), "a decision was taken back", 0)
	return nil
}

// stampGrain is how much too early, in ns, an earlier version may say it was set
// aside.
const stampGrain = 1e9

// restoreSince brings back what a path held until it was replaced, at or after at.
func restoreSince(tree Tree, p index.Path, at int64) error {
	kept, err := tree.Versions(p)
	if err != nil {
		return err
	}
	for _, k := range kept {
		if k.Path == p && k.Replaced >= at-stampGrain {
			return tree.Restore(k, p)
		}
	}
	return fmt.Errorf("no earlier version of %s was kept", p)
}

// How long a look at what was just put in place may take.
const (
	settleWithin = 5 * time.Second
	settleLook   = 20 * time.Millisecond
)

// moveBack makes what lies at s.Now the conflict copy again.
func (f *folder) moveBack(ctx context.Context, tree Tree, s Settled) error {
	until := time.Now().Add(settleWithin)
	for {
		recs, err := f.store.Get(ctx, f.id, []index.Path{s.Now}, false)
		if err != nil {
			return err
		}
		if recs[0].SameContent(s.Copy) {
			return tree.Put(ctx, []plan.Step{{Want: s.Copy, From: recs[0]}})[0].Err
		}
		if time.Now().After(until) {
			return fmt.Errorf("%s was changed since", s.Now)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(settleLook):
		}
	}
}
