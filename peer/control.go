package peer

import (
	"bufio"
	"time"

	"kith/peer/wire"
)

// readControl reads control messages, one after the other.
func (s *Session) readControl() error {
	for {
		s.control.meter.between()
		m, err := s.control.in.Next()
		if err != nil {
			return err
		}
		if err := s.heard(m); err != nil {
			return err
		}
	}
}

func (s *Session) heard(m wire.Message) error {
	switch m := m.(type) {
	case *wire.Ping:
		select {
		case s.pongs <- m.ID:
		default: // so many are due already that it knows we live
		}
	case *wire.Pong:
		s.lists.answered(m.ID)
	case *wire.WantBlocks:
		return s.lists.serve(s, *m)
	case *wire.GiveBlocks:
		return s.lists.give(m)
	case *wire.Bye:
		return byeError(printable(m.Reason, wire.MaxText))
	case *wire.Hello, *wire.Fetch, *wire.Piece, *wire.Cancel:
		return protocolError("%v on the control connection", m.Type())
	default:
		s.busy.Store(true)
		s.handler.Hear(s, m)
		s.busy.Store(false)
	}
	return nil
}

// writeControl writes what is queued, and pings. What is small and comes
// together leaves together.
func (s *Session) writeControl() error {
	w := bufio.NewWriterSize(s.control.conn, 64<<10)
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	var pings uint64
	ping := func(answered chan struct{}) error {
		pings++
		if answered != nil {
			s.lists.expect(pings, answered)
		}
		return s.put(w, &wire.Ping{ID: pings})
	}
	for {
		var err error
		select {
		case frame := <-s.out:
			_, err = w.Write(frame)
		case id := <-s.pongs:
			err = s.put(w, &wire.Pong{ID: id})
		case answered := <-s.probe:
			err = ping(answered)
		case <-tick.C:
			err = ping(nil)
		case reason := <-s.bye:
			return s.sayBye(w, reason)
		case <-s.ctx.Done():
			return nil
		}
		if err == nil && len(s.out) == 0 {
			err = w.Flush()
		}
		if err != nil {
			return err
		}
	}
}

func (s *Session) put(w *bufio.Writer, m wire.Message) error {
	frame, err := wire.AppendFrame(nil, m)
	if err != nil {
		return err
	}
	_, err = w.Write(frame)
	return err
}

// sayBye writes the last message, after all that was queued before it.
func (s *Session) sayBye(w *bufio.Writer, reason string) error {
	for len(s.out) > 0 {
		if _, err := w.Write(<-s.out); err != nil {
			return err
		}
	}
	if err := s.put(w, &wire.Bye{Reason: reason}); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return ErrEnded
}
