package flaws

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"slices"
	"syscall"
	"time"

	"kith/index"
	"kith/sim"
	"kith/syncer"
	"kith/syncer/disk/disktest"
	"kith/syncer/plan"
)

type blindPut struct{ syncer.Tree }

func (t blindPut) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	for i, s := range steps {
		if e, err := t.Stat(s.Want.Path); err == nil && s.Have.Kind == e.Kind {
			steps[i].Have.Identity = e.Identity
		}
	}
	return t.Tree.Put(ctx, steps)
}

type noVersions struct{ syncer.Tree }

func (t noVersions) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	defer t.Thin(ctx, math.MaxInt64) //nolint:errcheck // a flaw
	return t.Tree.Put(ctx, steps)
}

type weekly struct{ syncer.Tree }

func (t weekly) Thin(ctx context.Context, now int64) error {
	return t.Tree.Thin(ctx, now+int64(23*24*time.Hour))
}

type ruthless struct{ syncer.Tree }

func (t ruthless) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	for _, s := range steps {
		if s.Have.Kind == index.Directory && s.Want.Kind == index.Deleted {
			t.Tree.(*disktest.Memory).Remove(s.Want.Path.String()) //nolint:errcheck // a flaw
		}
	}
	out := t.Tree.Put(ctx, steps)
	for i, s := range steps {
		if s.Want.Kind == index.Deleted && errors.Is(out[i].Err, plan.ErrChanged) {
			out[i].Err = nil
		}
	}
	return out
}

type errorsAreAbsence struct{ syncer.Tree }

func (t errorsAreAbsence) Walk(ctx context.Context, under index.Path, skip func(index.Path, bool) bool, fn func(index.Entry) error) error {
	return t.Tree.Walk(ctx, under, skip, func(e index.Entry) error {
		if e.Err != nil {
			return nil
		}
		return fn(e)
	})
}

func (t errorsAreAbsence) Stat(p index.Path) (index.Entry, error) {
	e, err := t.Tree.Stat(p)
	if err != nil {
		err = fs.ErrNotExist
	}
	return e, err
}

type alwaysThere struct{ syncer.Tree }

func (t alwaysThere) Check() error { return nil }
func (t alwaysThere) Walk(ctx context.Context, under index.Path, skip func(index.Path, bool) bool, fn func(index.Entry) error) error {
	t.Tree.Walk(ctx, under, skip, fn) //nolint:errcheck // a flaw
	return nil
}
func (t alwaysThere) Stat(p index.Path) (index.Entry, error) {
	e, err := t.Tree.Stat(p)
	if err != nil {
		err = fs.ErrNotExist
	}
	return e, err
}

type badFill struct{ syncer.Tree }

func (t badFill) Fill(want index.File, off int64, data []byte) error {
	data = slices.Clone(data)
	data[len(data)-1] ^= 1
	return t.Tree.Fill(want, off, data)
}

type badReuse struct{ syncer.Tree }

func (t badReuse) Reuse(want index.File, off int64, from index.Record, at int64, b index.Block) error {
	c, err := t.Open(from.Path, index.Identity{})
	if err != nil {
		return err
	}
	data := make([]byte, b.Size)
	if _, err := c.ReadAt(data, at); err != nil && err != io.EOF {
		return err
	}
	return t.Fill(want, off, data)
}

// noCtime hides when inodes were changed, and translates what it is asked.
type noCtime struct{ syncer.Tree }

func (t noCtime) real(p index.Path, id index.Identity) index.Identity {
	e, err := t.Tree.Stat(p)
	if now := e.Identity; err == nil {
		if now.Changed = 0; now == id {
			return e.Identity
		}
	}
	return id
}

func (t noCtime) Walk(ctx context.Context, under index.Path, skip func(index.Path, bool) bool, fn func(index.Entry) error) error {
	return t.Tree.Walk(ctx, under, skip, func(e index.Entry) error {
		e.Identity.Changed = 0
		return fn(e)
	})
}

func (t noCtime) Stat(p index.Path) (index.Entry, error) {
	e, err := t.Tree.Stat(p)
	e.Identity.Changed = 0
	return e, err
}

func (t noCtime) Open(p index.Path, id index.Identity) (interface {
	io.ReaderAt
	io.Closer
	Same() bool
	NextData(off int64) int64
}, error) {
	if id != (index.Identity{}) {
		id = t.real(p, id)
	}
	return t.Tree.Open(p, id)
}

func (t noCtime) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	for i, s := range steps {
		if s.Have.Live() {
			steps[i].Have.Identity = t.real(s.Want.Path, s.Have.Identity)
		}
		if s.From.Live() {
			steps[i].From.Identity = t.real(s.From.Path, s.From.Identity)
		}
	}
	out := t.Tree.Put(ctx, steps)
	for i := range out {
		out[i].Now.Changed, out[i].AsideNow.Changed = 0, 0
	}
	return out
}

type noAside struct{ syncer.Tree }

func (t noAside) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	for i := range steps {
		steps[i].Aside = index.Path{}
	}
	return t.Tree.Put(ctx, steps)
}

type ownAside struct {
	syncer.Tree
	device string
}

func (t ownAside) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	for i, s := range steps {
		if !s.Aside.IsRoot() {
			steps[i].Aside = index.MustPath(s.Aside.String() + " by " + t.device)
		}
	}
	return t.Tree.Put(ctx, steps)
}

type noRescue struct{ syncer.Tree }

func (t noRescue) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	out := t.Tree.Put(ctx, steps)
	for i := range out {
		if !out[i].Rescued.IsRoot() {
			t.Tree.(*disktest.Memory).Remove(out[i].Rescued.String()) //nolint:errcheck // a flaw
			out[i].Rescued = index.Path{}
		}
	}
	return out
}

type noFlush struct{ syncer.Tree }

func (t noFlush) Flush(context.Context) error { return nil }

type noFold struct{ syncer.Tree }

func (t noFold) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	for _, s := range steps {
		if _, err := t.Stat(s.Want.Path); s.Want.Live() && err != nil {
			t.Tree.(*disktest.Memory).Remove(s.Want.Path.String()) //nolint:errcheck // a flaw: by whatever spelling
		}
	}
	return t.Tree.Put(ctx, steps)
}

// onStep changes the steps that a tree is given.
func onStep(fn func(s *plan.Step)) sim.Flaw {
	return onTree(func(_ string, t syncer.Tree) syncer.Tree { return otherSteps{t, fn} })
}

type otherSteps struct {
	syncer.Tree
	fn func(s *plan.Step)
}

func (t otherSteps) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	for i := range steps {
		if steps[i].Want.Kind == index.Regular {
			t.fn(&steps[i])
		}
	}
	return t.Tree.Put(ctx, steps)
}

type anySpelling struct{ syncer.Tree }

func (t anySpelling) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	out := t.Tree.Put(ctx, steps)
	for i, s := range steps {
		switch {
		case out[i].Err != nil:
		case s.Want.Kind == index.Deleted:
			t.Tree.(*disktest.Memory).Remove(s.Want.Path.String()) //nolint:errcheck // a flaw
		case s.From.Live():
			t.Tree.(*disktest.Memory).Remove(s.From.Path.String()) //nolint:errcheck // a flaw
		}
	}
	return out
}

// lastWatch hears nothing below a directory that went while it was watched, also
// when there is one of that name again.
type lastWatch struct{ syncer.Tree }

func (t lastWatch) Watch(ctx context.Context, skip func(p index.Path, dir bool) bool, others <-chan struct{}, hint func(paths []index.Path, everything bool)) error {
	var gone []index.Path
	return t.Tree.Watch(ctx, skip, others, func(paths []index.Path, everything bool) {
		paths = slices.DeleteFunc(slices.Clone(paths), func(p index.Path) bool {
			return slices.ContainsFunc(gone, func(dir index.Path) bool { return p != dir && p.Within(dir) })
		})
		for _, p := range paths {
			if e, err := t.Stat(p); err != nil || e.Kind == index.Directory && e.Err == nil {
				gone = append(gone, p)
			}
		}
		if len(paths) > 0 {
			hint(paths, everything)
		}
	})
}

// shortFill cuts short what does not fit, and says nothing of it.
type shortFill struct{ syncer.Tree }

func (t shortFill) Fill(want index.File, off int64, data []byte) error {
	err := t.Tree.Fill(want, off, data)
	if errors.Is(err, syscall.ENOSPC) {
		t.Tree.(*disktest.Memory).Write(want.Path.String(), data[:len(data)/2]) //nolint:errcheck // a flaw
	}
	return err
}

// sizesOnly takes a file that a look at everything finds for what it was if it is as
// long as it was.
type sizesOnly struct {
	syncer.Tree
	was map[index.Path]index.Entry
}

func (t sizesOnly) Walk(ctx context.Context, under index.Path, skip func(index.Path, bool) bool, fn func(index.Entry) error) error {
	return t.Tree.Walk(ctx, under, skip, func(e index.Entry) error {
		if was, ok := t.was[e.Path]; ok && was.Kind == e.Kind && was.Size == e.Size && e.Err == nil {
			e = was
		}
		t.was[e.Path] = e
		return fn(e)
	})
}
