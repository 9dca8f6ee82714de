package disk

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"kith/index"
	"kith/syncer/plan"
)

// made is an object ready to be put in place: it lies under its name in the
// directory for drafts, with its content, time and permissions, durable.
type made struct {
	name string // empty: the step needs none
	info info
}

// action is what a step asks for.
type action int

const (
	remove  action = iota // nothing shall lie there
	move                  // an object of the tree shall go there
	retouch               // what lies there gets another time or permissions
	install               // a new object shall lie there
)

func actionOf(s plan.Step) action {
	switch {
	case !s.Want.Live():
		return remove
	case s.From.Live():
		return move
	case s.Have.Live() && s.Have.SameContent(s.Want):
		return retouch
	}
	return install
}

// makers is how many objects are made ready at a time: it is work for the
// kernel, and more of them wait for each other.
const makers = 2

// makeAll makes ready what the steps install, and makes it durable.
func (b *batch) makeAll(ctx context.Context) {
	var todo []int
	for i, s := range b.steps {
		if actionOf(s) == install {
			todo = append(todo, i)
		}
	}
	each := !wholeVolume || len(todo) <= few
	var next atomic.Int64
	work := func() error {
		for n := int(next.Add(1)) - 1; n < len(todo) && ctx.Err() == nil; n = int(next.Add(1)) - 1 {
			i := todo[n]
			b.made[i], b.out[i].Err = b.make(b.steps[i].Want, each)
		}
		return nil
	}
	var g errgroup.Group
	for range min(makers, len(todo)) - 1 {
		g.Go(work)
	}
	work()
	g.Wait()
	if each || len(todo) == 0 {
		return
	}
	if err := b.drafts.syncVolume(); err != nil {
		for _, i := range todo {
			b.out[i].Err = errors.Join(b.out[i].Err, fmt.Errorf("flush drafts: %w", err), b.discard(draftName(b.steps[i].Want)))
		}
	}
}

func (t *Tree) make(want index.File, flush bool) (made, error) {
	switch want.Kind {
	case index.Regular:
		return t.makeFile(want, flush)
	case index.Symlink:
		return t.makeLink(want)
	case index.Directory:
		return t.makeDirectory(want)
	}
	return made{}, fmt.Errorf("cannot make a %s", want.Kind)
}

// makeFile completes the draft of want. After a failed flush the disk may have
// forgotten any part of it, so the draft goes.
func (t *Tree) makeFile(want index.File, flush bool) (made, error) {
	d, err := t.use(want, want.Size == 0)
	if isNotExist(err) {
		return made{}, plan.ErrIncomplete
	}
	if err != nil {
		return made{}, err
	}
	t.open.Lock()
	whole, exact, file := d.have.covers(0, want.Size), d.fresh && d.end == want.Size, d.file
	t.open.Unlock()
	if !whole {
		t.open.release(d)
		return made{}, plan.ErrIncomplete
	}
	at, err := t.finish(file, d.name, want, exact)
	if err == nil && flush {
		if err = file.Sync(); err != nil {
			err = errors.Join(err, t.drafts.unlink(d.name))
			t.open.forget(d.name)
		}
	}
	return made{d.name, at}, errors.Join(err, t.open.done(d))
}

// finish gives a draft its size, permissions and time.
func (t *Tree) finish(f *file, name string, want index.File, exact bool) (info, error) {
	if !exact {
		if err := f.Truncate(want.Size); err != nil {
			return info{}, err
		}
	}
	if err := t.drafts.touch(f.File, name, want.Modified); err != nil {
		return info{}, err
	}
	at, err := statFile(f.File)
	if err != nil || !t.traits.Permissions || at.id.Mode == want.Mode&0o777 {
		return at, err
	}
	if err := t.drafts.chmodFile(f.File, want.Mode&0o777); err != nil {
		return info{}, err
	}
	return statFile(f.File)
}

// done releases a draft that needs no more writing and closes it.
func (o *openDrafts) done(d *draft) error {
	o.Lock()
	defer o.Unlock()
	d.users--
	return o.shut(d)
}

// makeLink makes a link. What a crash left under its name is ours to remove.
func (t *Tree) makeLink(want index.File) (made, error) {
	name := draftName(want)
	if err := t.drafts.unlink(name); err != nil && !isNotExist(err) {
		return made{}, err
	}
	if err := t.drafts.symlink(want.Target, name); err != nil {
		return made{}, err
	}
	if err := t.drafts.touchLink(name, want.Modified); err != nil {
		return made{}, err
	}
	at, err := t.drafts.lstat(name)
	return made{name, at}, err
}

func (t *Tree) makeDirectory(want index.File) (made, error) {
	name := draftName(want)
	if err := t.drafts.mkdir(name, want.Mode&0o777); err != nil && !isExist(err) {
		return made{}, err
	}
	if t.traits.Permissions {
		if err := t.drafts.chmodName(name, want.Mode&0o777); err != nil {
			return made{}, err
		}
	}
	at, err := t.drafts.lstat(name)
	return made{name, at}, err
}

// keepUsable sees to it that a draft which could not be put in place can be
// opened again, whatever permissions it was to have.
func (b *batch) keepUsable(want index.File, m made) {
	if m.name == "" || want.Kind != index.Regular || want.Mode&0o600 == 0o600 {
		return
	}
	if b.drafts.chmodName(m.name, 0o600) != nil {
		b.discard(m.name)
	}
}
