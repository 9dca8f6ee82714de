package peer

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	"kith/index"
	"kith/peer/wire"
)

// A long Fetch is asked for in parts, a few at a time: the pipe stays full, and
// what is asked for later does not wait for all of it.
const (
	partWants = 512
	partBytes = 256 << 10 // of the question
	openParts = 4
)

// fetches keeps our questions on the data connection.
type fetches struct {
	mu      sync.Mutex // guards what follows
	last    uint64
	parts   map[uint64]*part
	cancels []uint64

	slots     chan struct{} // one is taken by each part
	asks      chan []byte   // frames to be written
	cancelled chan struct{} // cancels is not empty
	memory    *semaphore.Weighted
}

func (f *fetches) init() {
	f.parts = map[uint64]*part{}
	f.slots = make(chan struct{}, maxAsked)
	f.asks = make(chan []byte)
	f.cancelled = make(chan struct{}, 1)
	f.memory = semaphore.NewWeighted(maxReceived)
}

// part is one question under way.
type part struct {
	fetch *fetch
	first int         // of its wants, in the wants of the fetch
	wants []wire.Want // of this part
	came  []bool
	left  int
}

// fetch is one call of Fetch.
type fetch struct {
	mu    sync.Mutex // guards what follows
	queue []arrival
	over  bool // nobody will look into the queue again

	wake chan struct{} // the queue is not empty
}

// arrival is an answer on its way to who asked.
type arrival struct {
	i    int
	data *buffer // nil if it is gone
	gone string
	part uint64 // the question that this was the last answer to; else zero
}

// Fetch asks for pieces of files which the device announced, and calls got for
// each as it arrives, in any order, on the goroutine that called Fetch. The
// bytes are not verified. They stay valid until release is called, which must
// happen once, and soon: when too much is not released, no more is read. A piece
// that the device no longer has comes with an error, which wraps ErrGone, and a
// release that does nothing. Fetch returns nil when all pieces came or failed.
func (s *Session) Fetch(ctx context.Context, folder index.FolderID, wants []wire.Want, got func(i int, data []byte, release func(), err error)) error {
	f := &fetch{wake: make(chan struct{}, 1)}
	open := map[uint64]bool{}
	defer func() { s.drop(f, open) }()
	next, left := 0, len(wants)
	var question []byte // to be asked next; nil: not yet made
	for left > 0 {
		var slots chan<- struct{}
		var asks chan<- []byte
		switch {
		case question != nil:
			asks = s.fetches.asks
		case next < len(wants) && len(open) < openParts:
			slots = s.fetches.slots
		}
		select {
		case slots <- struct{}{}:
			n := partOf(wants[next:])
			id, frame, err := s.fetches.open(f, folder, next, wants[next:next+n])
			if err != nil {
				<-s.fetches.slots
				return err
			}
			open[id], question = true, frame
			next += n
		case asks <- question:
			question = nil
		case <-f.wake:
			left -= s.deliver(f, wants, open, got)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-s.ctx.Done():
			return s.ended()
		}
	}
	return nil
}

// deliver hands over what has come, and returns how many answers that were.
func (s *Session) deliver(f *fetch, wants []wire.Want, open map[uint64]bool, got func(i int, data []byte, release func(), err error)) int {
	queue := f.take()
	for i, a := range queue {
		if a.part != 0 {
			delete(open, a.part)
			<-s.fetches.slots
		}
		if a.data == nil {
			err := fmt.Errorf("%s: %w: %s", wants[a.i].Path, ErrGone, a.gone)
			if a.gone == wire.ErrPerished.Error() {
				err = fmt.Errorf("%w: %w", err, wire.ErrPerished)
			}
			got(a.i, nil, func() {}, err)
			continue
		}
		queue[i].data = nil
		got(a.i, a.data.b, s.lend(a.data), nil)
	}
	return len(queue)
}

// lend returns the function that gives a received buffer back.
func (s *Session) lend(b *buffer) func() {
	var once atomic.Bool
	return func() {
		if !once.Swap(true) {
			s.received(b)
		}
	}
}

// received gives back a buffer that pieces are received in.
func (s *Session) received(b *buffer) {
	s.fetches.memory.Release(room(len(b.b)))
	s.buffers.put(b)
}

// take empties the queue.
func (f *fetch) take() []arrival {
	f.mu.Lock()
	defer f.mu.Unlock()
	queue := f.queue
	f.queue = nil
	return queue
}

// push queues an arrival. It reports false if nobody waits for it any more.
func (f *fetch) push(a arrival) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over {
		return false
	}
	f.queue = append(f.queue, a)
	select {
	case f.wake <- struct{}{}:
	default:
	}
	return true
}

// partOf returns how many of the wants make a part.
func partOf(wants []wire.Want) int {
	size := 0
	for i, w := range wants {
		if size += len(w.Path.String()) + 64; i > 0 && (i == partWants || size > partBytes) {
			return i
		}
	}
	return len(wants)
}

// open makes the question for a part, and expects its answers.
func (f *fetches) open(owner *fetch, folder index.FolderID, first int, wants []wire.Want) (uint64, []byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	question, err := wire.AppendFrame(nil, &wire.Fetch{ID: f.last, Folder: folder, Wants: wants})
	if err != nil {
		return 0, nil, err
	}
	f.parts[f.last] = &part{fetch: owner, first: first, wants: wants, came: make([]bool, len(wants)), left: len(wants)}
	return f.last, question, nil
}

// drop forgets a call of Fetch that has ended, and has its open parts cancelled.
func (s *Session) drop(f *fetch, open map[uint64]bool) {
	f.mu.Lock()
	f.over = true
	queue := f.queue
	f.mu.Unlock()
	for _, a := range queue {
		if a.data != nil {
			s.received(a.data)
		}
	}
	if len(open) > 0 {
		s.fetches.cancel(open)
	}
}

func (f *fetches) cancel(open map[uint64]bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id := range open {
		<-f.slots
		delete(f.parts, id)
		f.cancels = append(f.cancels, id)
	}
	select {
	case f.cancelled <- struct{}{}:
	default:
	}
}

func (f *fetches) takeCancels() []uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	ids := f.cancels
	f.cancels = nil
	return ids
}

// claim finds who waits for a piece, and checks that it is what was asked for.
// The part is nil if nobody waits any more.
func (f *fetches) claim(m *wire.Piece, size int) (p *part, last bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m.ID == 0 || m.ID > f.last {
		return nil, false, protocolError("answer to fetch %d, which was not asked", m.ID)
	}
	p = f.parts[m.ID]
	if p == nil {
		return nil, false, nil
	}
	switch {
	case m.Index >= uint64(len(p.wants)) || p.came[m.Index]:
		return nil, false, protocolError("piece %d of fetch %d came twice or was not asked", m.Index, m.ID)
	case m.Gone == "" && size != int(p.wants[m.Index].Size):
		return nil, false, protocolError("piece of %d bytes instead of %d", size, p.wants[m.Index].Size)
	}
	p.came[m.Index] = true
	if p.left--; p.left == 0 {
		delete(f.parts, m.ID)
	}
	return p, p.left == 0, nil
}

// receive reads the bytes of a piece and hands them to who waits for them. It
// waits while too much is not released.
func (s *Session) receive(m *wire.Piece) error {
	size := s.data.in.Payload()
	p, last, err := s.fetches.claim(m, size)
	if p == nil || err != nil {
		return err // without an error: the bytes are skipped
	}
	a := arrival{i: p.first + int(m.Index), gone: printable(m.Gone, wire.MaxText)}
	if last {
		a.part = m.ID
	}
	if size > 0 {
		if err := s.fetches.memory.Acquire(s.ctx, room(size)); err != nil {
			return err
		}
		s.data.meter.between() // the wait was ours
		a.data = s.buffers.get(size)
		if err := s.data.in.ReadPayload(a.data.b); err != nil {
			return err
		}
	}
	if !p.fetch.push(a) && a.data != nil {
		s.received(a.data)
	}
	return nil
}
