package chunk

import (
	"context"
	"sync"
	"sync/atomic"

	"kith/index"
)

// segment is how much of a file a worker cuts at a time, in bytes: so much that
// the blocks around a border, which are cut twice, hardly count.
func (s *shape) segment() int64 { return int64(s.avg) * 128 }

// A segment is a part of a file that was cut as if a block started with it.
type segment struct {
	start, end int64
	blocks     []index.Block // the last one may reach beyond end
	err        error
	done       chan struct{} // closed when blocks and err are set
}

// parallel cuts segments of step bytes on several cores and joins them to what
// cutting from the start would have given.
func (s *Splitter) parallel(ctx context.Context, src Source, class Class, workers int, step int64) ([]index.Block, error) {
	segments := segmentsOf(src.Size, step)
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()

	var taken atomic.Int64
	for range min(workers, len(segments)) {
		group.Go(func() {
			w, done := s.stream(src, class)
			defer done()
			for i := taken.Add(1) - 1; i < int64(len(segments)); i = taken.Add(1) - 1 {
				segments[i].cut(ctx, w)
			}
		})
	}
	return s.join(ctx, src, class, segments)
}

func segmentsOf(size, step int64) []*segment {
	var list []*segment
	for off := int64(0); off < size; off += step {
		list = append(list, &segment{start: off, end: min(off+step, size), done: make(chan struct{})})
	}
	return list
}

// cut cuts g until a block ends at or beyond its end.
func (g *segment) cut(ctx context.Context, w *stream) {
	defer close(g.done)
	for w.seek(g.start); w.pos < g.end; {
		b, err := w.block(ctx)
		if err != nil {
			g.err = err
			return
		}
		g.blocks = append(g.blocks, b)
	}
}

// join strings the blocks of the segments together. A cut decides about all that
// follow, whatever came before it: so from the end of one segment's last block
// the next segment is cut anew until a cut falls on one of its own, and from
// there on its blocks hold.
func (s *Splitter) join(ctx context.Context, src Source, class Class, segments []*segment) ([]index.Block, error) {
	w, done := s.stream(src, class)
	defer done()
	w.window = w.window[:w.shape.max+w.shape.avg] // a few blocks at each border: read no more than these
	out := make([]index.Block, 0, src.Size/int64(w.shape.avg)+1)
	at := int64(0)
	for _, g := range segments {
		<-g.done
		if g.err != nil {
			return nil, g.err
		}
		own, rest := g.start, g.blocks
		for at < g.end {
			for own < at && len(rest) > 0 {
				own += int64(rest[0].Size)
				rest = rest[1:]
			}
			if own == at {
				out = append(out, rest...)
				at += sizeOf(rest)
				break
			}
			w.seek(at)
			b, err := w.block(ctx)
			if err != nil {
				return nil, err
			}
			out = append(out, b)
			at = w.pos
		}
		g.blocks = nil
	}
	return out, nil
}

func sizeOf(blocks []index.Block) (n int64) {
	for _, b := range blocks {
		n += int64(b.Size)
	}
	return n
}
