package syncer

import (
	"context"
	"fmt"
	"io"
	"slices"

	"kith/index"
	"kith/syncer/plan"
)

// The choices of Resolve.
const (
	KeepMine   = "mine"   // this device's version gets the name
	KeepTheirs = "theirs" // the other one's does
	KeepBoth   = "both"   // the copy becomes a file of its own
)

// open folder with a tree, for what people ask.
func (e *Engine) openFolder(id index.FolderID) (*folder, Tree, error) {
	f := e.folder(id)
	if f == nil {
		return nil, nil, ErrNoFolder
	}
	tree := f.openTree()
	if tree == nil {
		return nil, nil, fmt.Errorf("the folder is closed: it is paused or cannot be reached")
	}
	return f, tree, nil
}

// Conflicts lists the conflict copies that lie in a folder.
func (e *Engine) Conflicts(ctx context.Context, id index.FolderID) ([]Conflict, error) {
	f := e.folder(id)
	if f == nil {
		return nil, ErrNoFolder
	}
	var all []Conflict
	err := f.store.List(ctx, f.id, index.Path{}, func(r index.Record) error {
		if !r.Live() || r.Kind == index.Directory {
			return nil
		}
		if of, device, ok := plan.ParseConflict(r.Path); ok {
			all = append(all, Conflict{Path: of, Copy: r.Path, Device: device, Modified: r.Modified, Size: r.Size})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, f.besides(ctx, all)
}

// besides adds to conflicts what lies at the path itself.
func (f *folder) besides(ctx context.Context, all []Conflict) error {
	for page := range slices.Chunk(all, pageOf) {
		paths := make([]index.Path, 0, 2*len(page))
		for _, c := range page {
			paths = append(paths, c.Path, c.Copy)
		}
		recs, err := f.store.Get(ctx, f.id, paths, false)
		if err != nil {
			return err
		}
		for i := range page {
			file, other := recs[2*i], recs[2*i+1]
			page[i].File, page[i].CopyMine = file.File, !f.mine(page[i].Device, file, other)
		}
	}
	return nil
}

// mine reports whether of a file and its conflict copy the file is this device's.
// The copy's name says whose it is, also after it was moved away and back; where
// that is nobody's, those count who wrote the records.
func (f *folder) mine(device string, file, other index.Record) bool {
	self := f.e.cfg.Self.Short()
	if author, ok := f.shape.Load().plan.Author(device); ok {
		return file.By == self && author != self
	}
	return file.By == self && other.By != self
}

// Resolve settles a conflict: p is the conflict copy, or the file beside which
// exactly one lies. What is not kept becomes an earlier version.
func (e *Engine) Resolve(ctx context.Context, id index.FolderID, p index.Path, keep string) (Settled, error) {
	f, tree, err := e.openFolder(id)
	if err != nil {
		return Settled{}, err
	}
	c, err := e.conflictAt(ctx, id, p)
	if err != nil {
		return Settled{}, err
	}
	recs, err := f.store.Get(ctx, id, []index.Path{c.Path, c.Copy}, false)
	if err != nil {
		return Settled{}, err
	}
	file, other := recs[0], recs[1]
	mine := other
	if f.mine(c.Device, file, other) {
		mine = file
	}
	var steps []plan.Step
	switch {
	case keep == KeepBoth:
		free, err := f.freeName(ctx, c.Path)
		if err != nil {
			return Settled{}, err
		}
		want := other.File
		want.Path = free
		steps = []plan.Step{{Want: want, From: other}}
	case (keep == KeepMine) == (mine.Path == other.Path) && (keep == KeepMine || keep == KeepTheirs):
		want := other.File
		want.Path = c.Path
		steps = []plan.Step{{Have: file, Want: want, From: other}}
	case keep == KeepMine || keep == KeepTheirs:
		steps = []plan.Step{{Have: other, Want: index.File{Path: other.Path, Kind: index.Deleted}}}
	default:
		return Settled{}, fmt.Errorf("%q is not a choice: say %s, %s or %s", keep, KeepMine, KeepTheirs, KeepBoth)
	}
	done := Settled{File: c.Path, Copy: other.File, At: e.now().UnixNano()}
	if steps[0].Want.Live() {
		done.Now = steps[0].Want.Path
	}
	for _, o := range tree.Put(ctx, steps) {
		if o.Err != nil {
			return Settled{}, fmt.Errorf("resolve %s: %w", c.Path, o.Err)
		}
	}
	f.send(hinted{paths: []index.Path{c.Path, c.Copy, steps[0].Want.Path}})
	f.event("resolved", c.Path.String(), "kept "+keep, 0)
	return done, nil
}

// conflictAt finds the conflict that a path belongs to.
func (e *Engine) conflictAt(ctx context.Context, id index.FolderID, p index.Path) (Conflict, error) {
	all, err := e.Conflicts(ctx, id)
	if err != nil {
		return Conflict{}, err
	}
	var match []Conflict
	for _, c := range all {
		if c.Copy == p || c.Path == p {
			match = append(match, c)
		}
	}
	switch len(match) {
	case 0:
		return Conflict{}, fmt.Errorf("%s has no conflict copy", p)
	case 1:
		return match[0], nil
	}
	return Conflict{}, fmt.Errorf("%s has %d conflict copies: name the one you mean, such as %q", p, len(match), match[0].Copy)
}

// freeName returns a plain name beside p that nothing has: NAME (2).EXT and so on.
func (f *folder) freeName(ctx context.Context, p index.Path) (index.Path, error) {
	for n := 2; ; n++ {
		q, err := plan.Numbered(p, n)
		if err != nil {
			return q, err
		}
		recs, err := f.store.Get(ctx, f.id, []index.Path{q}, false)
		if err != nil || !recs[0].Live() {
			return q, err
		}
	}
}

// Versions lists the earlier versions of a path, the latest first; of all that
// lies below it if it is a directory.
func (e *Engine) Versions(_ context.Context, id index.FolderID, p index.Path) ([]index.Kept, error) {
	_, tree, err := e.openFolder(id)
	if err != nil {
		return nil, err
	}
	return tree.Versions(p)
}

// Restore puts an earlier version back, at its path or another one in the folder.
func (e *Engine) Restore(_ context.Context, id index.FolderID, k index.Kept, to index.Path) error {
	f, tree, err := e.openFolder(id)
	if err != nil {
		return err
	}
	if err := tree.Restore(k, to); err != nil {
		return err
	}
	f.send(hinted{paths: []index.Path{to}})
	f.event("restored", to.String(), "", 0)
	return nil
}

// Export copies an earlier version out of the folder.
func (e *Engine) Export(_ context.Context, id index.FolderID, k index.Kept, w io.Writer) error {
	_, tree, err := e.openFolder(id)
	if err != nil {
		return err
	}
	return tree.Export(k, w)
}

// Drop forgets a folder that is not wanted any more: what our index knows of it,
// not the files.
func (e *Engine) Drop(ctx context.Context, id index.FolderID) error {
	return e.cfg.Store.Drop(ctx, id)
}
