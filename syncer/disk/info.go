package disk

import (
	"errors"

	"kith/index"
	"kith/syncer/plan"
)

// info is what the disk says about one object.
type info struct {
	kind  index.Kind // Absent: neither file, link nor directory
	mount bool       // something is mounted here
	dev   uint64
	id    index.Identity
}

var (
	errSpecial = plan.ErrSpecial
	errMount   = errors.New("something is mounted here")
)

// fault says why the object cannot be looked into; nil if it can.
func (n info) fault() error {
	switch {
	case n.mount:
		return errMount
	case n.kind == index.Absent:
		return errSpecial
	}
	return nil
}

// entry describes the object at a path. The target of a link is left out.
func (n info) entry(p index.Path) index.Entry {
	e := index.Entry{File: index.File{Path: p, Kind: n.kind}, Identity: n.id, Err: n.fault()}
	switch n.kind {
	case index.Regular:
		e.Size, e.Modified, e.Mode = n.id.Size, n.id.Modified, n.id.Mode
	case index.Symlink:
		e.Modified = n.id.Modified
	case index.Directory:
		e.Mode = n.id.Mode
	}
	return e
}

// untouched reports whether nobody touched the object since it had the identity
// in have. The size and times of a directory tell of its entries, not of itself.
func (n info) untouched(have index.Record) bool {
	if n.kind != have.Kind || n.mount {
		return false
	}
	if n.kind == index.Directory {
		return n.id.Inode == have.Identity.Inode
	}
	return n.id == have.Identity
}

// sameObject is untouched for an object that was renamed since: a rename
// changes ctime, and a change of permissions is no edit.
func (n info) sameObject(have index.Identity, kind index.Kind) bool {
	if n.kind != kind || n.id.Inode != have.Inode {
		return false
	}
	return kind == index.Directory || n.id.Size == have.Size && n.id.Modified == have.Modified
}
