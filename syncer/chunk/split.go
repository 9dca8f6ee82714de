package chunk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"kith/index"
)

// ErrSize is wrapped where a file ends before its size, or goes on after it:
// somebody writes to it.
var ErrSize = errors.New("file does not have the size it was said to have")

// ErrLarge is wrapped where a file has more than MaxSize bytes.
var ErrLarge = errors.New("file is larger than 4 TiB")

// MaxSize is the size in bytes of the largest file that is cut, so that a list
// of blocks fits into memory: a sparse file may claim any size.
const MaxSize = 4 << 40

// A Splitter cuts files and keeps the buffers it read them through for the next
// ones. The zero Splitter is ready, and several goroutines may use one.
type Splitter struct {
	windows [largest + 1]sync.Pool // of *[]byte, by class
}

// Source is a file to be cut.
type Source struct {
	io.ReaderAt
	Size int64 // bytes
	// NextData, unless nil, returns the start of the next stretch of data at or
	// after an offset, or Size if only holes follow. Holes are not read. It is
	// called from several goroutines.
	NextData func(off int64) int64
}

// Split cuts src into blocks and names each by its hash, in one pass. The blocks
// are the same for any number of workers and whether holes are known or not; an
// empty file has none. It needs memory for two blocks of the most bytes for each
// worker, and for two more.
func (s *Splitter) Split(ctx context.Context, src Source, class Class, workers int) ([]index.Block, error) {
	if src.Size < 0 || src.Size > MaxSize {
		return nil, fmt.Errorf("split %d bytes: %w", src.Size, ErrLarge)
	}
	segment := class.shape().segment()
	var blocks []index.Block
	var err error
	if workers > 1 && src.Size >= 2*segment {
		blocks, err = s.parallel(ctx, src, class, workers, segment)
	} else {
		blocks, err = s.sequential(ctx, src, class)
	}
	if err == nil {
		err = atEnd(src)
	}
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	return blocks, nil
}

// SplitBytes cuts data, which is the whole content of a file.
func SplitBytes(data []byte, class Class) []index.Block {
	shape := class.shape()
	var blocks []index.Block
	for len(data) > 0 {
		n := shape.cut(data)
		blocks = append(blocks, index.Block{Hash: index.Sum(data[:n]), Size: uint32(n)})
		data = data[n:]
	}
	return blocks
}

func (s *Splitter) sequential(ctx context.Context, src Source, class Class) ([]index.Block, error) {
	w, done := s.stream(src, class)
	defer done()
	blocks := make([]index.Block, 0, src.Size/int64(w.shape.avg)+1)
	for w.pos < src.Size {
		b, err := w.block(ctx)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

// stream returns a stream over src with a window from the pool; done gives the
// window back.
func (s *Splitter) stream(src Source, class Class) (w *stream, done func()) {
	shape := class.shape()
	pool := &s.windows[class]
	window, _ := pool.Get().(*[]byte)
	if window == nil {
		b := make([]byte, 2*shape.max)
		window = &b
	}
	return &stream{src: src, shape: shape, window: *window}, func() { pool.Put(window) }
}

// atEnd verifies that src has no byte after its size.
func atEnd(src Source) error {
	var one [1]byte
	n, err := src.ReadAt(one[:], src.Size)
	switch {
	case n > 0:
		return fmt.Errorf("read at %d: %w", src.Size, ErrSize)
	case err != nil && !errors.Is(err, io.EOF):
		return fmt.Errorf("read at %d: %w", src.Size, err)
	}
	return nil
}
