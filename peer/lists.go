package peer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"kith/index"
	"kith/peer/wire"
)

// maxListed is how many blocks all lists may have that are on their way from one
// device: a file of 2 TiB in blocks of 1 MiB.
const maxListed = 1 << 21

// listAsker keeps the questions for block lists that go both ways, and the pings
// that somebody waits for.
type listAsker struct {
	mu      sync.Mutex // guards what follows
	last    uint64
	listed  int // blocks in answers that are not whole
	asked   map[uint64]*listAnswer
	pinged  map[uint64]chan struct{}
	serving int

	slots   chan struct{} // one is taken by each of our questions
	workers sync.WaitGroup
}

// listAnswer gathers the parts of an answer. They are joined once, when all are
// here: a list that grew with each of them would take several times its room.
type listAnswer struct {
	parts [][]index.Block
	size  int // blocks in the parts
	gone  string
	whole chan struct{}
}

// ErrGone is wrapped when the other device no longer has what it announced.
var ErrGone = errors.New("the other device no longer has it")

func (a *listAsker) init() {
	a.asked, a.pinged = map[uint64]*listAnswer{}, map[uint64]chan struct{}{}
	a.slots = make(chan struct{}, maxAsked)
}

// Blocks asks for the block list of a file which the device announced with that
// root. The list is not verified.
func (s *Session) Blocks(ctx context.Context, folder index.FolderID, p index.Path, root index.Hash) ([]index.Block, error) {
	select {
	case s.lists.slots <- struct{}{}:
		defer func() { <-s.lists.slots }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-s.ctx.Done():
		return nil, s.ended()
	}
	id, answer := s.lists.ask()
	defer s.lists.forget(id)
	if err := s.Send(ctx, &wire.WantBlocks{ID: id, Folder: folder, Path: p, Root: root}); err != nil {
		return nil, err
	}
	select {
	case <-answer.whole:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-s.ctx.Done():
		return nil, s.ended()
	}
	if answer.gone != "" {
		return nil, fmt.Errorf("%s: %w: %s", p, ErrGone, answer.gone)
	}
	return slices.Concat(answer.parts...), nil
}

func (a *listAsker) ask() (uint64, *listAnswer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last++
	answer := &listAnswer{whole: make(chan struct{})}
	a.asked[a.last] = answer
	return a.last, answer
}

func (a *listAsker) forget(id uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if answer := a.asked[id]; answer != nil {
		a.listed -= answer.size
		delete(a.asked, id)
	}
}

// give takes part of an answer. An answer that nobody waits for any more is
// passed over; one that was never asked for is an error.
func (a *listAsker) give(m *wire.GiveBlocks) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if m.ID == 0 || m.ID > a.last {
		return protocolError("answer to question %d, which was not asked", m.ID)
	}
	answer := a.asked[m.ID]
	if answer == nil {
		return nil
	}
	a.listed += len(m.Blocks)
	answer.size += len(m.Blocks)
	answer.parts = append(answer.parts, m.Blocks)
	answer.gone = printable(m.Gone, wire.MaxText)
	if a.listed > maxListed {
		return protocolError("more than %d blocks", maxListed)
	}
	if !m.More {
		a.listed -= answer.size
		delete(a.asked, m.ID)
		close(answer.whole)
	}
	return nil
}

// serve answers a question in a goroutine of its own.
func (a *listAsker) serve(s *Session, m wire.WantBlocks) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.serving >= maxAsked {
		return protocolError("more than %d questions at once", maxAsked)
	}
	a.serving++
	a.workers.Go(func() {
		if err := s.answer(m); err != nil {
			s.end(err)
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.serving--
	})
	return nil
}

func (s *Session) answer(m wire.WantBlocks) error {
	list, err := s.handler.Blocks(s.ctx, s.device, m)
	if err != nil {
		return s.Send(s.ctx, &wire.GiveBlocks{ID: m.ID, Gone: whyGone(err)})
	}
	for {
		n := min(len(list), wire.MaxBlocks)
		more := len(list) > n
		if err := s.Send(s.ctx, &wire.GiveBlocks{ID: m.ID, Blocks: list[:n], More: more}); err != nil || !more {
			return err
		}
		list = list[n:]
	}
}

// whyGone is what another device is told: no paths of this one.
func whyGone(err error) string {
	switch {
	case errors.Is(err, wire.ErrPerished):
		return wire.ErrPerished.Error()
	case errors.Is(err, fs.ErrNotExist):
		return "it is no longer there"
	case errors.Is(err, fs.ErrPermission):
		return "it cannot be read there"
	}
	return "it is not available there"
}

// expect notes who waits for the answer to a ping.
func (a *listAsker) expect(ping uint64, answered chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pinged[ping] = answered
}

// answered tells all who wait for a ping up to this one.
func (a *listAsker) answered(ping uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, answered := range a.pinged {
		if id <= ping {
			close(answered)
			delete(a.pinged, id)
		}
	}
}

// wait returns when no question is being answered.
func (a *listAsker) wait() { a.workers.Wait() }
