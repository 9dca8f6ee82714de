package disk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"kith/index"
	"kith/syncer/plan"
)

// StatAll looks at single paths, one after the other, and calls fn for each; err
// is fs.ErrNotExist where nothing lies. Neighbours that follow each other cost
// least: their directory is opened once.
func (t *Tree) StatAll(paths []index.Path, fn func(i int, e index.Entry, err error)) {
	var d *dir
	var err error
	for i, p := range paths {
		if i == 0 || p.Parent() != paths[i-1].Parent() {
			if d != nil {
				d.close()
			}
			d, err = t.look(p)
		}
		e, err := t.stat(d, p, err)
		fn(i, e, err)
	}
	if d != nil {
		d.close()
	}
}

// Stat is StatAll for one path.
func (t *Tree) Stat(p index.Path) (e index.Entry, err error) {
	t.StatAll([]index.Path{p}, func(_ int, at index.Entry, failed error) { e, err = at, failed })
	return e, err
}

// Crowded reports whether something lies at a path that the disk takes for p.
func (t *Tree) Crowded(p index.Path) bool {
	if !t.traits.Aliases() {
		return false
	}
	d, err := t.look(p)
	if err != nil {
		return false
	}
	defer d.close()
	if _, err := d.lstat(p.Name()); err != nil {
		return false
	}
	names, err := d.names()
	return err == nil && !slices.Contains(names, p.Name())
}

// stat looks at p in its directory, unless that could not be opened.
func (t *Tree) stat(d *dir, p index.Path, err error) (e index.Entry, _ error) {
	if err == nil {
		err = t.exactly(d, p)
	}
	if err == nil {
		e, err = d.entry(p)
		t.traits.ordinary(&e)
	}
	if err != nil {
		return index.Entry{}, fmt.Errorf("look at %s: %w", p, err)
	}
	return e, nil
}

// entry looks at the object with the name of p in d.
func (d *dir) entry(p index.Path) (index.Entry, error) {
	n, err := d.lstat(p.Name())
	if err != nil {
		return index.Entry{}, err
	}
	e := n.entry(p)
	if e.Kind == index.Symlink && e.Err == nil {
		e.Target, e.Err = d.readlink(p.Name())
		if isNotExist(e.Err) {
			return index.Entry{}, e.Err
		}
	}
	return e, nil
}

// Walk calls fn for what lies at and below a path, in the order of Path.Compare.
func (t *Tree) Walk(ctx context.Context, under index.Path, skip func(p index.Path, dir bool) bool, fn func(index.Entry) error) error {
	if err := t.Check(); err != nil {
		return err
	}
	w := walk{ctx: ctx, skip: skip, fn: fn, own: t.own, traits: t.traits}
	if err := w.from(t, under); err != nil {
		return err
	}
	return t.Check() // what went away meanwhile looked like an empty folder
}

// walk is one pass over the tree.
type walk struct {
	ctx    context.Context
	skip   func(p index.Path, dir bool) bool
	fn     func(index.Entry) error
	own    *dir
	traits Traits
}

// isOwn reports whether a name in the folder is that of our own directory, by
// whatever spelling the disk has it.
func (w *walk) isOwn(root *dir, name string) bool {
	if name == index.Own {
		return true
	}
	at, err := root.lstat(name)
	own, ownErr := w.own.stat()
	return err == nil && ownErr == nil && at.dev == own.dev && at.id.Inode == own.id.Inode
}

func (w *walk) from(t *Tree, under index.Path) error {
	if under.IsRoot() {
		names, err := t.root.names()
		if err != nil {
			return fmt.Errorf("%w: list folder: %w", plan.ErrUnavailable, err)
		}
		return w.children(t.root, under, names)
	}
	d, err := t.look(under)
	if isNotExist(err) {
		return nil
	}
	if err != nil {
		return w.fn(index.Entry{File: index.File{Path: under}, Err: err})
	}
	defer d.close()
	if err := t.exactly(d, under); err != nil {
		if isNotExist(err) {
			return nil
		}
		return w.fn(index.Entry{File: index.File{Path: under}, Err: err})
	}
	return w.object(d, under)
}

// children visits what a listing of the directory at p named. A name sorts by
// its bytes: what lies below it comes before a sibling that it begins.
func (w *walk) children(d *dir, p index.Path, names []string) error {
	slices.Sort(names)
	for _, name := range names {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		child, err := p.Join(name)
		switch {
		case errors.Is(err, index.ErrOwn) && p.IsRoot() && w.isOwn(d, name):
			continue
		case err != nil:
			err = w.fn(index.Entry{File: index.File{Path: p}, Raw: name, Err: err})
		default:
			err = w.object(d, child)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// object visits what has the name of p in d, and all below it.
func (w *walk) object(d *dir, p index.Path) error {
	e, err := d.entry(p)
	w.traits.ordinary(&e)
	switch {
	case isNotExist(err): // it went between the listing and the look
		return nil
	case err != nil:
		e = index.Entry{File: index.File{Path: p}, Err: err}
	}
	if w.skip != nil && w.skip(p, e.Kind == index.Directory) {
		return nil
	}
	if e.Kind != index.Directory || e.Err != nil {
		return w.fn(e)
	}
	return w.directory(d, e)
}

func (w *walk) directory(parent *dir, e index.Entry) error {
	d, err := parent.sub(e.Path.Name())
	if isNotExist(err) {
		return nil
	}
	if err != nil {
		e.Err = fmt.Errorf("open directory: %w", err)
		return w.fn(e)
	}
	defer d.close()
	names, err := d.names()
	if err != nil {
		e.Err = fmt.Errorf("list directory: %w", err)
		return w.fn(e)
	}
	if err := w.fn(e); err != nil {
		return err
	}
	return w.children(d, e.Path, names)
}

// exactly verifies that d lists the name of p as it is written, where the disk
// would also answer to another spelling.
func (t *Tree) exactly(d *dir, p index.Path) error {
	if !t.traits.Aliases() {
		return nil
	}
	for q := p; !q.IsRoot(); q = q.Parent() {
		if q != p {
			up, err := t.look(q)
			if err != nil {
				return err
			}
			defer up.close()
			d = up
		}
		names, err := d.names()
		if err != nil {
			return err
		}
		if !slices.Contains(names, q.Name()) {
			return fs.ErrNotExist
		}
	}
	return nil
}
