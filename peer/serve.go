package peer

import (
	"context"
	"io"
	"sync"

	"golang.org/x/sync/semaphore"

	"kith/index"
	"kith/peer/wire"
)

// together is how many bytes of small pieces leave together.
const together = 256 << 10

// serving answers the other device's fetches, each by a goroutine of its own
// which reads ahead by one parcel while the one before is being written. Those
// goroutines queue at one channel, in turn, so no fetch waits for the end of
// another one.
type serving struct {
	mu     sync.Mutex // guards active
	active map[uint64]context.CancelFunc

	parcels chan *buffer        // whole frames, ready to be written
	memory  *semaphore.Weighted // of the parcels
	workers sync.WaitGroup
}

func (v *serving) init() {
	v.active = map[uint64]context.CancelFunc{}
	v.parcels = make(chan *buffer) // unbuffered: who waits is served in turn
	v.memory = semaphore.NewWeighted(maxPrepared)
}

func (v *serving) wait() { v.workers.Wait() }

// start begins to answer a fetch.
func (v *serving) start(s *Session, m *wire.Fetch) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.active) >= maxAsked || v.active[m.ID] != nil {
		return protocolError("fetch %d beside %d others", m.ID, len(v.active))
	}
	ctx, cancel := context.WithCancel(s.ctx)
	v.active[m.ID] = cancel
	v.workers.Go(func() {
		defer v.stop(m.ID)
		w := server{session: s, fetch: m}
		defer w.close()
		w.run(ctx)
	})
	return nil
}

// stop ends the answer to a fetch, if it has not ended.
func (v *serving) stop(id uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if cancel := v.active[id]; cancel != nil {
		cancel()
		delete(v.active, id)
	}
}

// written gives back a parcel.
func (s *Session) written(b *buffer) {
	s.serving.memory.Release(int64(cap(b.b)))
	s.buffers.put(b)
}

// server answers one fetch.
type server struct {
	session *Session
	fetch   *wire.Fetch
	parcel  *buffer // being filled
	file    Content // open, while pieces of it follow each other
	path    index.Path
	root    index.Hash
	err     error // why file could not be opened
}

func (w *server) close() {
	if w.file != nil {
		w.file.Close()
	}
	if w.parcel != nil {
		w.session.written(w.parcel)
	}
}

// run reads the pieces and hands them on. It stops early if ctx ends.
func (w *server) run(ctx context.Context) {
	for i, want := range w.fetch.Wants {
		if err := w.makeRoom(ctx, int(want.Size)+frameHead); err != nil {
			return
		}
		w.add(ctx, uint64(i), want)
	}
	w.handOn(ctx)
}

// frameHead bounds what stands before the bytes of a piece in its frame, and the
// length of a frame without bytes.
const frameHead = 4 + 1 + 10 + 10 + 2 + wire.MaxText

// makeRoom sees to it that the parcel has room for n bytes.
func (w *server) makeRoom(ctx context.Context, n int) error {
	if w.parcel != nil {
		if cap(w.parcel.b)-len(w.parcel.b) >= n {
			return nil
		}
		if err := w.handOn(ctx); err != nil {
			return err
		}
	}
	n = max(n, together)
	if err := w.session.serving.memory.Acquire(ctx, room(n)); err != nil {
		return err
	}
	w.parcel = w.session.buffers.get(n)
	w.parcel.b = w.parcel.b[:0]
	return nil
}

// handOn gives the parcel to the goroutine that writes.
func (w *server) handOn(ctx context.Context) error {
	if w.parcel == nil {
		return nil
	}
	select {
	case w.session.serving.parcels <- w.parcel:
		w.parcel = nil
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// add puts the frame of one piece into the parcel.
func (w *server) add(ctx context.Context, i uint64, want wire.Want) {
	b := w.parcel.b
	start := len(b)
	b = append(b, 0, 0, 0, 0)
	b = wire.AppendPieceHeader(b, w.fetch.ID, i, "")
	data := b[len(b) : len(b)+int(want.Size)]
	if err := w.read(ctx, want, data); err != nil {
		b = wire.AppendPieceHeader(b[:start+4], w.fetch.ID, i, whyGone(err))
	} else {
		b = b[:len(b)+len(data)]
	}
	wire.FinishFrame(b[start:])
	w.parcel.b = b
}

func (w *server) read(ctx context.Context, want wire.Want, data []byte) error {
	if err := w.open(ctx, want); err != nil {
		return err
	}
	if n, err := w.file.ReadAt(data, want.Offset); n < len(data) {
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	if !w.file.Same() {
		return ErrGone
	}
	return nil
}

// open opens the file of a piece, unless it is open from the piece before.
func (w *server) open(ctx context.Context, want wire.Want) error {
	if w.path == want.Path && w.root == want.Root {
		return w.err
	}
	if w.file != nil {
		w.file.Close()
		w.file = nil
	}
	w.path, w.root = want.Path, want.Root
	w.file, w.err = w.session.handler.Open(ctx, w.session.device, w.fetch.Folder, want.Path, want.Root)
	return w.err
}
