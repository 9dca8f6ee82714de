package disk

import (
	"context"
	"fmt"

	"kith/index"
	"kith/syncer/plan"
)

// batch is one Put under way.
type batch struct {
	*Tree
	steps   []plan.Step
	out     []plan.Outcome
	made    []made
	touched map[uint64]*dir     // by inode: directories whose entries changed
	spelled map[index.Path]bool // directories seen listed as they are written
	near    near
	notes   []string // names of those written
}

// near is the directory in which the last steps gave new objects their names: the
// next one is most often for the same. It is let go of before any other kind of
// step, which might move the directory itself.
type near struct {
	spot
	noted bool // it is among those to be made durable
}

// Put carries out steps and makes all of it durable together: drafts, then
// swaps in the order of steps, then directories. Outcomes stand in the order of
// the steps.
func (t *Tree) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	b := &batch{
		Tree: t, steps: steps, out: make([]plan.Outcome, len(steps)), made: make([]made, len(steps)),
		touched: map[uint64]*dir{}, spelled: map[index.Path]bool{},
	}
	if err := t.Check(); err != nil {
		b.fail(err)
		return b.out
	}
	b.makeAll(ctx)
	for i := range steps {
		b.carryOut(ctx, i)
	}
	b.closeNear()
	if err := b.flush(); err != nil {
		b.fail(fmt.Errorf("flush directories: %w", err))
	}
	if err := b.dropNotes(); err != nil {
		b.fail(fmt.Errorf("remove notes of swaps: %w", err))
	}
	return b.out
}

func (b *batch) carryOut(ctx context.Context, i int) {
	out := &b.out[i]
	if out.Err == nil {
		out.Err = ctx.Err()
	}
	if out.Err == nil {
		out.Err = b.place(b.steps[i], b.made[i], out)
	}
	if out.Err != nil {
		b.keepUsable(b.steps[i].Want, b.made[i])
		out.Err = fmt.Errorf("put %s: %w", b.steps[i].Want.Path, out.Err)
		return
	}
	if b.made[i].name != "" {
		b.open.forget(b.made[i].name)
	}
}

// fail gives an error to all steps that have none.
func (b *batch) fail(err error) {
	for i := range b.out {
		if b.out[i].Err == nil {
			b.out[i].Err = err
		}
	}
}

// changed remembers that the entries of d changed. d may be closed afterwards.
func (b *batch) changed(d *dir) error {
	if namesLast || d == b.near.dir && b.near.noted {
		return nil
	}
	at, err := d.stat()
	if err == nil && b.touched[at.id.Inode] == nil {
		var twin *dir
		if twin, err = d.sub(""); err == nil {
			b.touched[at.id.Inode] = twin
		}
	}
	b.near.noted = err == nil && d == b.near.dir
	return err
}

// few is how many fsyncs cost less than one flush of the volume.
const few = 3

// flush makes the touched directories durable.
func (b *batch) flush() error {
	whole := wholeVolume && len(b.touched) > few
	var first error
	for _, d := range b.touched {
		if !whole {
			if err := d.sync(); err != nil && first == nil {
				first = err
			}
		}
		d.close()
	}
	if whole {
		return b.drafts.syncVolume()
	}
	return first
}

// Flush makes durable what lies on the folder's volume now.
func (t *Tree) Flush(context.Context) error {
	if err := t.root.syncVolume(); err != nil {
		return fmt.Errorf("flush folder: %w", err)
	}
	return nil
}
