package peer

import (
	"context"
	"errors"
	"time"
)

// Two devices that dial each other at once make two connections, of which one
// is to become the session. Each connection that knows who is at its other end
// claims the right to; the call of the lower ID wins over that of the higher
// one. A claim lasts from the first Hello until the session stands or failed.

// challengeTime is how long an old session has to prove that it lives when the
// same device calls anew.
const challengeTime = time.Second

// claimOutgoing lets a call of ours become the session, unless there is one, or
// a call from there already is about to.
func (b *Board) claimOutgoing(c *contact, l *line) *claim {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.session != nil || c.claim != nil || c.left {
		return nil
	}
	c.claim = &claim{outgoing: true, drop: l.Close, over: make(chan struct{})}
	return c.claim
}

// claimIncoming lets a call from there become the session. It waits for a claim
// that goes before, and ends a session that is dead. Where another machine with the
// same key still answers, neither gets one. cancel gives up the call.
func (b *Board) claimIncoming(ctx context.Context, l *line, instance [16]byte, cancel func()) (*contact, *claim, error) {
	for {
		b.mu.Lock()
		c := b.contactLocked(l.device)
		if c == nil {
			b.mu.Unlock()
			return nil, nil, errors.New("too many devices")
		}
		if c.keyholders.meet(instance, time.Now(), b.twinMemory) {
			b.mu.Unlock()
			return nil, nil, ErrTwins
		}
		session, before := c.session, c.claim
		if session == nil && (before == nil || b.givesWay(before, c)) {
			if before != nil {
				before.drop()
			}
			mine := &claim{drop: cancel, over: make(chan struct{})}
			c.claim = mine
			b.mu.Unlock()
			return c, mine, nil
		}
		b.mu.Unlock()
		err := outlast(ctx, session, before, instance)
		if err == ErrTwins {
			b.findTwins(c, session, instance)
		}
		if err != nil {
			return nil, nil, err
		}
	}
}

// givesWay reports whether a claim gives way to a call from the contact: our own
// call if the other ID is lower; an earlier call from there always.
func (b *Board) givesWay(before *claim, c *contact) bool {
	return !before.outgoing || c.id.Compare(b.ID()) < 0
}

// outlast returns when what stood in the way of a call is gone, or an error if
// it stays.
func outlast(ctx context.Context, session *Session, before *claim, instance [16]byte) error {
	var over chan struct{}
	if session != nil {
		answers, busy := session.answers(challengeTime)
		switch {
		case session.remote.Instance != instance && answers: // not busy: a dead one may seem so
			return ErrTwins
		case session.remote.Instance == instance && (answers || busy):
			return errConnected
		}
		session.end(errReplaced)
		over = session.gone
	} else {
		over = before.over
	}
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return errConnected
	}
}

// release ends a claim that came to nothing. It reports whether it was held to
// the end, and not overtaken by another one.
func (b *Board) release(c *contact, mine *claim) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(mine.over)
	c.poke()
	if c.claim != mine {
		return false
	}
	c.claim = nil
	return true
}

// host carries a session from its beginning to its end. A claim that was
// overtaken meanwhile comes to nothing.
func (b *Board) host(c *contact, mine *claim, s *Session) {
	if !b.stand(c, mine, s) {
		s.control.Close()
		s.data.Close()
		b.release(c, mine)
		return
	}
	b.cfg.Log.Info("connected", "device", s.device.Brief(), "name", s.Name(), "address", s.control.from())
	b.cfg.Up(s)
	b.cfg.Changed()
	if !b.cfg.Allowed(s.device) {
		s.end(errNotAllowed)
	}
	err := s.run()
	b.cfg.Log.Info("disconnected", "device", s.device.Brief(), "why", err)
	b.cfg.Down(s, err)
	b.part(c, err)
	close(s.gone)
	b.cfg.Changed()
}

// stand makes s the session with its device.
func (b *Board) stand(c *contact, mine *claim, s *Session) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.claim != mine || c.left || b.run.Err() != nil {
		return false
	}
	c.session, c.claim = s, nil
	c.name, c.app, c.lastErr = s.Name(), s.App(), nil
	close(mine.over)
	return true
}

// part notes that the session with a device has ended.
func (b *Board) part(c *contact, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c.session, c.lastSeen, c.lastErr = nil, time.Now(), err
	c.poke()
}
