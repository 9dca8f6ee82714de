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
	dir  *dir // in which it was found
	name string
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
	r, err := d.reader(p.Name(), id)
	if err != nil {
		d.close()
	}
	return r, err
}

// reader opens the file with that name, and takes d over.
func (d *dir) reader(name string, id index.Identity) (*Reader, error) {
	n, err := d.lstat(name) // opening a device may have effects of its own
	if err != nil {
		return nil, err
	}
	if err := n.fault(); err != nil {
		return nil, err
	}
	if n.kind != index.Regular || id != (index.Identity{}) && n.id != id {
		return nil, plan.ErrChanged
	}
	f, err := d.read(name)
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
	return &Reader{File: f, dir: d, name: name, was: at}, nil
}

// Close lets go of the file.
func (r *Reader) Close() error {
	r.dir.close()
	return r.File.Close()
}

// Same reports whether the file, under its name, still has the identity it had
// when it was opened. While it is open, no other one can get its inode.
func (r *Reader) Same() bool {
	n, err := r.dir.lstat(r.name)
	return err == nil && n.id == r.was.id && n.dev == r.was.dev
}

// NextData returns the start of the next stretch at or after off that is not a
// hole, or the size of the file. Disks without holes return off.
func (r *Reader) NextData(off int64) int64 { return nextData(r.File, off, r.was.id.Size) }
