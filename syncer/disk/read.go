package disk

import (
	"fmt"
	"io"
	"os"

	"kith/index"
	"kith/syncer/plan"
)

// Reader reads one regular file of the folder.
type Reader struct {
	*os.File
	tree *Tree
	path index.Path
	was  info
}

// Open opens a regular file for reading if it still has the identity; else the
// error wraps plan.ErrChanged. A zero identity opens what is there. Pipes and
// devices are never waited for: what is opened is looked at before it is read.
func (t *Tree) Open(p index.Path, id index.Identity) (interface {
	io.ReaderAt
	io.Closer
	Same() bool
	NextData(off int64) int64
}, error) {
	r, err := t.read(p, id)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", p, err)
	}
	return r, nil
}

func (t *Tree) read(p index.Path, id index.Identity) (*Reader, error) {
	d, err := t.look(p)
	if err != nil {
		return nil, err
	}
	defer d.close()
	n, err := d.lstat(p.Name()) // opening a device may have effects of its own
	if err != nil {
		return nil, err
	}
	if err := n.fault(); err != nil {
		return nil, err
	}
	if n.kind != index.Regular || id != (index.Identity{}) && n.id != id {
		return nil, plan.ErrChanged
	}
	f, err := d.read(p.Name())
	if err != nil {
		return nil, err
	}
	at, err := statFile(f)
	if err == nil && (at.kind != index.Regular || at.id != n.id) {
		err = plan.ErrChanged
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &Reader{File: f, tree: t, path: p, was: at}, nil
}

// Same reports whether the file, at its path, still has the identity it had
// when it was opened.
func (r *Reader) Same() bool {
	at, err := statFile(r.File)
	if err != nil || at.id != r.was.id {
		return false
	}
	d, err := r.tree.look(r.path)
	if err != nil {
		return false
	}
	defer d.close()
	n, err := d.lstat(r.path.Name())
	return err == nil && n.id == r.was.id && n.dev == r.was.dev
}

// NextData returns the start of the next stretch at or after off that is not a
// hole, or the size of the file. Disks without holes return off.
func (r *Reader) NextData(off int64) int64 { return nextData(r.File, off, r.was.id.Size) }
