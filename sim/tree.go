package sim

import (
	"context"
	"io"
	"slices"

	"kith/index"
	"kith/syncer"
	"kith/syncer/plan"
)

// tree is a life's way to its disk. What it does not frame passes unseen.
type tree struct {
	l *life
	syncer.Tree
}

var _ syncer.Tree = (*tree)(nil)

func (t *tree) Check() error {
	if t.l.dead.Load() {
		return errDead
	}
	return t.Tree.Check()
}

func (t *tree) Now() (int64, error) {
	if err := t.l.enter("now", ""); err != nil {
		return 0, err
	}
	return t.Tree.Now()
}

func (t *tree) Walk(ctx context.Context, under index.Path, skip func(p index.Path, dir bool) bool, fn func(index.Entry) error) error {
	if err := t.l.enter("walk", under.String()); err != nil {
		return err
	}
	looks := t.l.d.looks(under)
	err := t.Tree.Walk(ctx, under, skip, func(e index.Entry) error {
		if err := t.l.enter("look", e.Path.String()); err != nil {
			return err
		}
		return fn(e)
	})
	if err == nil {
		looks()
	}
	return err
}

func (t *tree) Stat(p index.Path) (index.Entry, error) {
	if err := t.l.enter("stat", p.String()); err != nil {
		return index.Entry{}, err
	}
	return t.Tree.Stat(p)
}

func (t *tree) StatAll(paths []index.Path, fn func(i int, e index.Entry, err error)) {
	for i, p := range paths {
		e, err := t.Stat(p)
		fn(i, e, err)
	}
}

// content is an open file: reading takes time.
type content struct {
	l *life
	syncer.Content
}

func (c content) ReadAt(p []byte, off int64) (int, error) {
	if err := c.l.enter("read", ""); err != nil {
		return 0, err
	}
	return c.Content.ReadAt(p, off)
}

func (t *tree) Open(p index.Path, id index.Identity) (interface {
	io.ReaderAt
	io.Closer
	Same() bool
	NextData(off int64) int64
}, error) {
	if err := t.l.enter("open", p.String()); err != nil {
		return nil, err
	}
	c, err := t.Tree.Open(p, id)
	if err != nil {
		return nil, err
	}
	return content{t.l, c}, nil
}

func (t *tree) Filled(ctx context.Context, want index.File) ([]bool, error) {
	if err := t.l.enter("filled", want.Path.String()); err != nil {
		return nil, err
	}
	return t.Tree.Filled(ctx, want)
}

// change frames an operation that writes.
func (t *tree) change(op string, p index.Path, fn func() error) error {
	if err := t.l.enter(op, p.String()); err != nil {
		return err
	}
	if err := fn(); err != nil {
		return err
	}
	return t.l.leave(op, p.String())
}

func (t *tree) Fill(want index.File, off int64, data []byte) error {
	return t.change("fill", want.Path, func() error { return t.Tree.Fill(want, off, data) })
}

func (t *tree) Reuse(want index.File, off int64, from index.Record, at int64, b index.Block) error {
	return t.change("reuse", want.Path, func() error { return t.Tree.Reuse(want, off, from, at, b) })
}

func (t *tree) Discard(want index.File) error {
	return t.change("discard", want.Path, func() error { return t.Tree.Discard(want) })
}

func (t *tree) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	about := ""
	for _, s := range steps {
		about += s.Want.Path.String() + " " + s.Want.Kind.String() + "; "
	}
	out := make([]plan.Outcome, len(steps))
	err := t.l.enter("put", about)
	if err == nil {
		t.l.d.puts(steps)
		out = t.Tree.Put(ctx, steps)
		t.l.d.puts(nil)
		err = t.l.leave("put", about)
	}
	if err != nil {
		for i := range out {
			out[i].Err = err
		}
	}
	return out
}

func (t *tree) Flush(ctx context.Context) error {
	return t.change("flush", index.Path{}, func() error { return t.Tree.Flush(ctx) })
}

func (t *tree) Thin(ctx context.Context, now int64) error {
	return t.change("thin", index.Path{}, func() error { return t.Tree.Thin(ctx, now) })
}

// Watch passes hints on, and loses some where events get lost.
func (t *tree) Watch(ctx context.Context, skip func(p index.Path, dir bool) bool, others <-chan struct{}, hint func(paths []index.Path, everything bool)) error {
	d := t.l.d
	return t.Tree.Watch(ctx, skip, others, func(paths []index.Path, everything bool) {
		if t.l.dead.Load() || d.loses(paths) {
			return
		}
		d.w.note(false, d.def.Name, "hint", paths[0].String())
		hint(paths, everything)
	})
}

// gap is a moment in the middle of a step of ours: whoever waits in ambush acts.
func (d *device) gap(p index.Path) error {
	l := d.alive()
	if l == nil {
		return errDead
	}
	d.steps(p)
	defer d.steps(index.Path{})
	if err := l.enter("gap", p.String()); err != nil {
		return err
	}
	if a := d.ambushes(); a != nil {
		d.w.act(d, a.id, a.verb, []string{p.String()})
	}
	return l.enter("gap", p.String())
}

// ambushes returns who acts in this gap, if anybody does.
func (d *device) ambushes() *ambush {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.ambush
	if a == nil {
		return nil
	}
	if a.in--; a.in > 0 {
		return nil
	}
	d.ambush = nil
	return a
}

// steps notes that a step of ours is between its look at a path and what it does there;
// at the root, that none is.
func (d *device) steps(p index.Path) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.between = p
}

// puts notes which steps of ours are under way.
func (d *device) puts(steps []plan.Step) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.putting = steps
}

// movesFrom reports whether a step of ours is in a gap that moves a file away from a path.
func (d *device) movesFrom(path string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.between.IsRoot() && slices.ContainsFunc(d.putting, func(s plan.Step) bool {
		return s.Want.Path == d.between && s.From.Live() && s.From.Path.String() == path
	})
}

// stepsAt reports whether a step of ours is in a gap at a path.
func (d *device) stepsAt(path string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.between.IsRoot() && d.between.String() == path
}
