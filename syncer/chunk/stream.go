package chunk

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/zeebo/blake3"

	"kith/index"
)

// A stream cuts a file one block after another, reading it through a window.
type stream struct {
	src    Source
	shape  *shape
	window []byte // twice the most bytes of a block
	ready  []byte // the part of window that was read and is not yet cut
	pos    int64  // the offset of ready in the file: where the next block starts
	zero   index.Block
}

// seek makes off the start of the next block.
func (w *stream) seek(off int64) {
	if off != w.pos {
		w.pos, w.ready = off, nil
	}
}

// block cuts the block at pos, which must be before the end, and moves past it.
func (w *stream) block(ctx context.Context) (index.Block, error) {
	n := w.shape.cut(w.ready)
	if n == len(w.ready) && n < w.shape.max && w.pos+int64(n) < w.src.Size {
		// Not a cut, only the end of what was read.
		if w.inHole() {
			return w.skip(), nil
		}
		if err := w.fill(ctx); err != nil {
			return index.Block{}, err
		}
		n = w.shape.cut(w.ready)
	}
	b := index.Block{Hash: index.Sum(w.ready[:n]), Size: uint32(n)}
	w.ready = w.ready[n:]
	w.pos += int64(n)
	return b, nil
}

// fill reads on until the window is full or the file ends.
func (w *stream) fill(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	have := copy(w.window, w.ready)
	off := w.pos + int64(have)
	want := int(min(int64(len(w.window)-have), w.src.Size-off))
	n, err := w.src.ReadAt(w.window[have:have+want], off)
	if n < want {
		if err == nil || errors.Is(err, io.EOF) {
			err = ErrSize
		}
		return fmt.Errorf("read at %d: %w", off+int64(n), err)
	}
	w.ready = w.window[:have+n]
	return nil
}

// inHole reports whether a largest block at pos would be all hole. The cutter
// makes just that of so many zeros: once the last 64 bytes are zero its hash
// stands still, at a value that no mask takes for a cut.
func (w *stream) inHole() bool {
	return w.src.NextData != nil && w.src.NextData(w.pos)-w.pos >= int64(w.shape.max)
}

// skip returns a largest block of zeros and moves past it.
func (w *stream) skip() index.Block {
	if w.zero.Size == 0 {
		w.zero = zeroBlock(w.shape.max)
	}
	w.ready = nil // it was shorter than the block
	w.pos += int64(w.zero.Size)
	return w.zero
}

// zeroBlock returns the block of size zeros; size is a multiple of 64 KiB.
func zeroBlock(size int) index.Block {
	zeros := make([]byte, 64<<10)
	h := blake3.New()
	for n := 0; n < size; n += len(zeros) {
		h.Write(zeros)
	}
	b := index.Block{Size: uint32(size)}
	h.Sum(b.Hash[:0])
	return b
}
