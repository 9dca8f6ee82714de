package disk

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/zeebo/blake3"

	"kith/index"
)

// Reuse copies a block of a file of ours into the draft of want, and verifies
// the bytes that arrived there.
func (t *Tree) Reuse(want index.File, off int64, from index.Record, at int64, b index.Block) error {
	if err := t.reuse(want, off, from, at, b); err != nil {
		return fmt.Errorf("reuse a block of %s for %s: %w", from.Path, want.Path, err)
	}
	return nil
}

func (t *Tree) reuse(want index.File, off int64, from index.Record, at int64, b index.Block) error {
	size := int64(b.Size)
	if off < 0 || off+size > want.Size {
		return fmt.Errorf("bytes %d to %d of %d", off, off+size, want.Size)
	}
	src, err := t.read(from.Path, from.Identity)
	if err != nil {
		return err
	}
	defer src.Close()
	d, err := t.use(want, true)
	if err != nil {
		return err
	}
	defer t.open.release(d)
	if err := t.transfer(d.file, off, src.File, at, size); err != nil {
		return err
	}
	sum, err := hashRange(d.file.File, off, size)
	if err != nil {
		return err
	}
	if sum != b.Hash {
		return errBlock
	}
	t.open.wrote(d, off, off+size)
	return nil
}

// cloneUnit is what the ends of a stretch must be multiples of to be shared.
const cloneUnit = 4096

// transfer copies a stretch in the cheapest way the disk has.
func (t *Tree) transfer(dst *file, off int64, src *os.File, at, size int64) error {
	aligned := off%cloneUnit == 0 && at%cloneUnit == 0 && size%cloneUnit == 0
	if aligned && !t.noClone.Load() {
		err := dst.copyFrom(clone, off, src, at, size)
		if err == nil {
			return nil
		}
		t.noClone.Store(isUnsupported(err))
	}
	if !t.noCopy.Load() {
		err := dst.copyFrom(copyRange, off, src, at, size)
		if err == nil {
			return nil
		}
		t.noCopy.Store(isUnsupported(err))
	}
	_, err := io.Copy(io.NewOffsetWriter(dst, off), io.NewSectionReader(src, at, size))
	return err
}

var hashBuffers = sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }}

// hashRange hashes a stretch of a file as it lies there.
func hashRange(f *os.File, off, size int64) (index.Hash, error) {
	buf := hashBuffers.Get().(*[]byte)
	defer hashBuffers.Put(buf)
	h := blake3.New()
	for size > 0 {
		piece := (*buf)[:min(size, int64(len(*buf)))]
		if _, err := f.ReadAt(piece, off); err != nil {
			return index.Hash{}, err
		}
		h.Write(piece)
		off, size = off+int64(len(piece)), size-int64(len(piece))
	}
	return index.Hash(h.Sum(nil)), nil
}

// Filled tells which of want's blocks already lie, with the right bytes, in a
// draft that an earlier attempt left behind.
func (t *Tree) Filled(ctx context.Context, want index.File) ([]bool, error) {
	filled := make([]bool, len(want.Blocks))
	d, err := t.use(want, false)
	if isNotExist(err) {
		return filled, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at draft of %s: %w", want.Path, err)
	}
	defer t.open.release(d)
	at, err := statFile(d.file.File)
	if err != nil {
		return nil, fmt.Errorf("look at draft of %s: %w", want.Path, err)
	}
	var off int64
	for i, b := range want.Blocks {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		to := off + int64(b.Size)
		filled[i] = t.open.has(d, off, to) || to <= at.id.Size && t.holds(d, off, b)
		off = to
	}
	return filled, nil
}

// has reports whether a stretch of the draft is known to be right.
func (o *openDrafts) has(d *draft, from, to int64) bool {
	o.Lock()
	defer o.Unlock()
	return d.have.covers(from, to)
}

// holds reads a block in an old draft, and notes it if it is right.
func (t *Tree) holds(d *draft, off int64, b index.Block) bool {
	to := off + int64(b.Size)
	if d.fresh { // what it holds was written since the start, and noted
		return false
	}
	sum, err := hashRange(d.file.File, off, int64(b.Size))
	if err != nil || sum != b.Hash {
		return false
	}
	t.open.wrote(d, off, to)
	return true
}
