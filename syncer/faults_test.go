package syncer_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"kith/index"
	"kith/syncer"
	"kith/syncer/plan"
)

// ailing is a disk on which one thing fails at one path, as long as it ails.
type ailing struct {
	syncer.Tree
	op, path string
	err      error
	ails     *atomic.Bool
}

func (a ailing) fails(op string, p index.Path) error {
	if a.ails.Load() && a.op == op && p.Within(index.MustPath(a.path)) {
		return a.err
	}
	return nil
}

// unreadable is a file that is open, and of which nothing can be read.
type unreadable struct {
	syncer.Content
	err error
}

func (u unreadable) ReadAt([]byte, int64) (int, error) { return 0, u.err }

func (a ailing) Open(p index.Path, id index.Identity) (interface {
	io.ReaderAt
	io.Closer
	Same() bool
	NextData(off int64) int64
}, error) {
	if err := a.fails("open", p); err != nil {
		return nil, err
	}
	c, err := a.Tree.Open(p, id)
	if bad := a.fails("read", p); err == nil && bad != nil {
		return unreadable{c, bad}, nil
	}
	return c, err
}

func (a ailing) StatAll(paths []index.Path, fn func(i int, e index.Entry, err error)) {
	a.Tree.StatAll(paths, func(i int, e index.Entry, err error) {
		if bad := a.fails("look", paths[i]); bad != nil {
			e, err = index.Entry{}, bad
		}
		fn(i, e, err)
	})
}

func (a ailing) Stat(p index.Path) (e index.Entry, err error) {
	a.StatAll([]index.Path{p}, func(_ int, at index.Entry, failed error) { e, err = at, failed })
	return e, err
}

// Walk tells of what it cannot look at, and of nothing below.
func (a ailing) Walk(ctx context.Context, under index.Path, skip func(index.Path, bool) bool, fn func(index.Entry) error) error {
	var blind index.Path
	return a.Tree.Walk(ctx, under, skip, func(e index.Entry) error {
		if !blind.IsRoot() && e.Path.Within(blind) {
			return nil
		}
		if e.Err = errors.Join(e.Err, a.fails("look", e.Path)); e.Err != nil {
			blind = e.Path
		}
		return fn(e)
	})
}

func (a ailing) Fill(want index.File, off int64, data []byte) error {
	if err := a.fails("fill", want.Path); err != nil {
		return err
	}
	return a.Tree.Fill(want, off, data)
}

func (a ailing) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	var well []plan.Step
	for _, s := range steps {
		if a.fails("put", s.Want.Path) == nil {
			well = append(well, s)
		}
	}
	done := a.Tree.Put(ctx, well)
	out := make([]plan.Outcome, len(steps))
	for i, s := range steps {
		if out[i].Err = a.fails("put", s.Want.Path); out[i].Err == nil {
			out[i], done = done[0], done[1:]
		}
	}
	return out
}

// ail gives a device a disk that ails at will.
func (d *device) ail(op, path string, err error) *atomic.Bool {
	ails := new(atomic.Bool)
	d.stop()
	d.wrap = func(t syncer.Tree) syncer.Tree { return ailing{t, op, path, err, ails} }
	d.start()
	return ails
}

// says waits until a device tells of a problem at a path, with its reason and what to do.
func (d *device) says(path, reason string) {
	d.w.t.Helper()
	d.until("telling of "+path, func(s syncer.Status) bool {
		for _, p := range s.Problems {
			if p.Path == path && strings.Contains(p.Reason, reason) && p.Next != "" {
				return true
			}
		}
		return false
	})
}

// TestWhatCannotBeReadStaysAsItIs has the disk of who saves fail at one file, or at a whole
// directory: with the others all of that stays as it was, nothing counts as deleted, all
// else goes on, and a person is told. Once the disk is well, so is all.
func TestWhatCannotBeReadStaysAsItIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		op, path string
		err      error
	}{
		{"read", "d/x", syscall.EIO},
		{"open", "d/x", syscall.EACCES},
		{"look", "d/x", syscall.EIO},
		{"look", "d", syscall.EACCES},
		{"look", "d", syscall.ESTALE},
	} {
		t.Run(c.op+" "+c.path+": "+c.err.Error(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "anna", "ben")
			anna, ben := w.devices[0], w.devices[1]
			ails := anna.ail(c.op, c.path, c.err)
			connect(anna, ben)
			anna.write("d/x", "old")
			anna.write("d/y", "another one")
			w.settle()
			ails.Store(true)
			anna.write("d/x", "changed meanwhile")
			anna.write("b", "goes on")
			anna.scan()
			anna.says(c.path, c.err.Error())
			ben.until("given b", func(syncer.Status) bool { return strings.Contains(ben.tree(), "b = goes on") })
			if s := anna.status(); s.Phase == syncer.InStep {
				t.Error("anna says that she is in step")
			}
			if got, want := ben.tree(), "b = goes on\nd/\nd/x = old\nd/y = another one"; got != want {
				t.Errorf("ben holds\n%s", got)
			}
			ails.Store(false)
			w.settle()
			w.same("b = goes on", "d/", "d/x = changed meanwhile", "d/y = another one")
			if s := anna.status(); len(s.Problems) > 0 || ben.verbs("deleted") > 0 {
				t.Errorf("%+v; with ben %d were deleted", s.Problems, ben.verbs("deleted"))
			}
		})
	}
}

// TestWhatCannotBeWrittenHoldsUpNothingElse has the disk of who receives refuse one file.
func TestWhatCannotBeWrittenHoldsUpNothingElse(t *testing.T) {
	t.Parallel()
	for op, err := range map[string]error{"fill": syscall.EFBIG, "put": syscall.EDQUOT} {
		t.Run(op+": "+err.Error(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "anna", "ben")
			anna, ben := w.devices[0], w.devices[1]
			ails := ben.ail(op, "large", err)
			connect(anna, ben)
			anna.write("large", "old")
			w.settle()
			ails.Store(true)
			anna.write("large", "too large for that disk")
			for _, name := range []string{"a", "m", "z"} {
				anna.write(name, "fits")
			}
			anna.scan()
			ben.says("large", err.Error())
			ben.until("given the others", func(syncer.Status) bool { return strings.Count(ben.tree(), "= fits") == 3 })
			if got := ben.tree(); !strings.Contains(got, "large = old") {
				t.Errorf("ben holds\n%s", got)
			}
			ails.Store(false)
			w.settle()
			w.same("a = fits", "large = too large for that disk", "m = fits", "z = fits")
		})
	}
}

// meddled is a disk on which somebody acts at the first read of one file, between its
// bytes and what follows.
type meddled struct {
	syncer.Tree
	path string
	act  func()
	once *sync.Once
}

type meddledContent struct {
	syncer.Content
	m meddled
}

func (m meddled) Open(p index.Path, id index.Identity) (interface {
	io.ReaderAt
	io.Closer
	Same() bool
	NextData(off int64) int64
}, error) {
	c, err := m.Tree.Open(p, id)
	if err != nil || p.String() != m.path {
		return c, err
	}
	return meddledContent{c, m}, nil
}

func (c meddledContent) ReadAt(b []byte, off int64) (n int, err error) {
	c.m.once.Do(func() {
		half := len(b) / 2
		if n, err = c.Content.ReadAt(b[:half], off); err != nil || n < half {
			return
		}
		c.m.act()
		n, err = c.Content.ReadAt(b[half:], off+int64(half))
		n += half
	})
	if n > 0 || err != nil {
		return n, err
	}
	return c.Content.ReadAt(b, off)
}

// TestWhatChangesWhileItIsReadIsReadAgain has a file written to when half of it has been
// read: what was read never existed, and nobody is told of it.
func TestWhatChangesWhileItIsReadIsReadAgain(t *testing.T) {
	t.Parallel()
	const old, then = "old old old old ", "then then then t"
	for name, act := range map[string]func(f *os.File) error{
		"in place":         func(f *os.File) error { _, err := f.WriteAt([]byte(then), 0); return err },
		"longer":           func(f *os.File) error { _, err := f.WriteAt([]byte(then+then), 0); return err },
		"cut, and written": func(f *os.File) error { return errors.Join(f.Truncate(3), f.Truncate(0), writeAll(f, then)) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "anna", "ben")
			anna, ben := w.devices[0], w.devices[1]
			full := filepath.Join(anna.dir, "a")
			meddling := func() {
				f, err := os.OpenFile(full, os.O_WRONLY, 0)
				if err = errors.Join(err, act(f), f.Close()); err != nil {
					t.Error(err)
				}
			}
			anna.stop()
			anna.wrap = func(tree syncer.Tree) syncer.Tree { return meddled{tree, "a", meddling, new(sync.Once)} }
			anna.write("a", old)
			anna.start()
			connect(anna, ben)
			w.settle()
			want, err := os.ReadFile(full)
			must(t, err)
			w.same("a = " + string(want))
			recs, err := anna.store.Get(t.Context(), w.folder, []index.Path{index.MustPath("a")}, false)
			must(t, err)
			if v := recs[0].Version; strings.Contains(string(want), "old") || len(v) != 1 || v[0].Count != 1 {
				t.Errorf("it is %q, and was told of as %v", want, v)
			}
		})
	}
}

func writeAll(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}

// TestRottenBytesAreNotTaken has a disk give other bytes than were saved, of a file that
// nobody touched: who asks for them notices, keeps what it has, and takes them from who
// has them right.
func TestRottenBytesAreNotTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben", "carl")
	anna, ben, carl := w.devices[0], w.devices[1], w.devices[2]
	rots := new(atomic.Bool)
	anna.stop()
	anna.wrap = func(tree syncer.Tree) syncer.Tree { return rotten{tree, "a", rots} }
	anna.start()
	connect(anna, ben)
	anna.write("a", "as it was saved")
	w.settle()
	rots.Store(true)
	disconnect(anna, ben)
	connect(anna, carl)
	carl.until("without what is rotten", func(s syncer.Status) bool { return len(s.Problems) > 0 || s.Reason != "" })
	if got := carl.tree(); got != "" {
		t.Errorf("carl holds\n%s", got)
	}
	connect(ben, carl)
	carl.until("given it by ben", func(syncer.Status) bool { return carl.tree() == "a = as it was saved" })
	if got := ben.tree(); got != "a = as it was saved" {
		t.Errorf("ben holds\n%s", got)
	}
}

// rotten is a disk on which the bytes of one file go wrong.
type rotten struct {
	syncer.Tree
	path string
	rots *atomic.Bool
}

type rottenContent struct{ syncer.Content }

func (c rottenContent) ReadAt(b []byte, off int64) (int, error) {
	n, err := c.Content.ReadAt(b, off)
	for i := range b[:n] {
		b[i] ^= 1
	}
	return n, err
}

func (r rotten) Open(p index.Path, id index.Identity) (interface {
	io.ReaderAt
	io.Closer
	Same() bool
	NextData(off int64) int64
}, error) {
	c, err := r.Tree.Open(p, id)
	if err == nil && r.rots.Load() && p.String() == r.path {
		return rottenContent{c}, nil
	}
	return c, err
}
