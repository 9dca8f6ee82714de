package disk

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"kith/index"
	"kith/syncer/plan"
)

// Restore copies an earlier version back to its path, or to another one in the
// folder unless that is the root. What lies there becomes an earlier version
// itself. Missing directories on the way are made.
func (t *Tree) Restore(k index.Kept, to index.Path) error {
	if to.IsRoot() {
		to = k.Path
	}
	if err := t.restore(k, to); err != nil {
		return fmt.Errorf("restore %s: %w", to, err)
	}
	return nil
}

func (t *Tree) restore(k index.Kept, to index.Path) error {
	d, name, n, err := t.find(k)
	if err != nil {
		return err
	}
	defer d.close()
	want := index.File{Path: to, Kind: n.kind, Size: n.id.Size, Modified: n.id.Modified, Mode: n.id.Mode}
	switch n.kind {
	case index.Symlink:
		want.Size = 0
		want.Target, err = d.readlink(name)
	case index.Regular:
		want.Root = restoreRoot(k, n)
		err = t.copyVersion(want, d, name)
	default:
		err = errSpecial
	}
	if err != nil {
		return err
	}
	return t.putBack(want)
}

// restoreRoot names the draft of a restored version: its blocks are not known.
func restoreRoot(k index.Kept, n info) index.Hash {
	return index.Sum(binary.LittleEndian.AppendUint64([]byte("restore "+k.ID+" "+k.Path.String()), n.id.Inode))
}

// copyVersion fills the draft of want with an earlier version.
func (t *Tree) copyVersion(want index.File, d *dir, name string) error {
	src, err := d.read(name)
	if err != nil {
		return err
	}
	defer src.Close()
	draft, err := t.use(want, true)
	if err != nil {
		return err
	}
	defer t.open.release(draft)
	if err := t.copyData(draft.file, src, want.Size); err != nil {
		return err
	}
	t.open.wrote(draft, 0, want.Size)
	return nil
}

// copyData copies a whole file, without its holes.
func (t *Tree) copyData(dst *file, src *os.File, size int64) error {
	if err := dst.Truncate(0); err != nil {
		return err
	}
	if err := dst.Truncate(size); err != nil {
		return err
	}
	const piece = 8 << 20
	for off := nextData(src, 0, size); off < size; off = nextData(src, off, size) {
		n := min(piece, size-off)
		if err := t.transfer(dst, off, src, off, n); err != nil {
			return err
		}
		off += n
	}
	return nil
}

// putBack puts want in the place of whatever lies there.
func (t *Tree) putBack(want index.File) error {
	steps := t.missing(want.Path.Parent())
	var have index.Record
	e, err := t.Stat(want.Path)
	switch {
	case err == nil:
		have = index.Record{File: e.File, Identity: e.Identity}
	case !isNotExist(err):
		return err
	}
	have.Root = index.Hash{} // whatever it is, it is to be replaced
	have.Target = ""
	steps = append(steps, plan.Step{Have: have, Want: want})
	var errs []error
	for _, out := range t.Put(context.Background(), steps) {
		errs = append(errs, out.Err)
	}
	return errors.Join(errs...)
}

// missing returns the steps that make a directory and those above it.
func (t *Tree) missing(p index.Path) []plan.Step {
	var steps []plan.Step
	for ; !p.IsRoot(); p = p.Parent() {
		if _, err := t.Stat(p); !isNotExist(err) {
			break
		}
		steps = append([]plan.Step{{Want: index.File{Path: p, Kind: index.Directory, Mode: 0o755}}}, steps...)
	}
	return steps
}
