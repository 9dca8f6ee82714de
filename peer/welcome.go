package peer

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"kith/index"
	"kith/peer/wire"
)

// joinKey names the session whose data connection is awaited.
type joinKey struct {
	device  index.DeviceID
	session [16]byte
}

var (
	errConnected = errors.New("a conversation with it is under way")
	errSelf      = errors.New("this is our own address")
)

// welcome answers the first words of a caller whose key is allowed.
func (b *Board) welcome(ctx context.Context, l *line, leave func(), stop func() bool) error {
	hello, err := b.readHello(l)
	if err != nil {
		b.noteApart(l.device, err)
		return err
	}
	leave()
	stop()
	switch {
	case l.device == b.ID():
		return b.meetOwnKey(l, hello)
	case hello.Data:
		return b.joinData(l, hello)
	}
	return b.beCalled(ctx, l, hello)
}

// readHello reads the first message.
func (b *Board) readHello(l *line) (wire.Hello, error) {
	m, err := l.in.Next()
	if err != nil {
		return wire.Hello{}, err
	}
	switch m := m.(type) {
	case *wire.Hello:
		if m.Version != wire.Version {
			err := apart{theirs: m.Version, app: printable(m.App, maxName)}
			l.tell(&wire.Bye{Reason: err.toThem(printable(b.cfg.App, maxName))})
			return wire.Hello{}, err
		}
		return *m, nil
	case *wire.Bye:
		return wire.Hello{}, byeError(printable(m.Reason, wire.MaxText))
	}
	return wire.Hello{}, protocolError("%v as the first message", m.Type())
}

// meetOwnKey finds out whether a caller with our key is ourselves.
func (b *Board) meetOwnKey(l *line, hello wire.Hello) error {
	if err := l.tell(b.hello(hello.Session, false)); err != nil {
		return err
	}
	if hello.Instance == b.instance {
		return errSelf
	}
	b.sawClone(l, hello)
	return ErrClone
}

// sawClone notes that another machine has our key, and where.
func (b *Board) sawClone(l *line, hello wire.Hello) {
	b.mu.Lock()
	if c := b.contactLocked(b.ID()); c != nil {
		c.lastErr, c.lastSeen = ErrClone, time.Now()
		if hello.Port != 0 && l.from().IsValid() {
			c.learn([]netip.AddrPort{netip.AddrPortFrom(l.from().Addr(), hello.Port)})
		}
	}
	b.mu.Unlock()
	b.cfg.Log.Error("another device uses our key", "address", l.from())
	b.cfg.Changed()
}

// joinData hands a data connection to the control connection that waits for it,
// and returns when that has closed it.
func (b *Board) joinData(l *line, hello wire.Hello) error {
	if !b.handOver(joinKey{l.device, hello.Session}, l) {
		return errors.New("data connection of a session that nobody began")
	}
	<-l.closed
	return nil
}

func (b *Board) handOver(key joinKey, l *line) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	waiting := b.joins[key]
	if waiting == nil {
		return false
	}
	delete(b.joins, key)
	waiting <- l // has room for it
	return true
}

// beCalled makes a session of a call, if it is the one to be.
func (b *Board) beCalled(ctx context.Context, l *line, hello wire.Hello) error {
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	c, mine, err := b.claimIncoming(ctx, l, hello.Instance, cancel)
	if err != nil {
		reason := err.Error()
		if err == ErrTwins {
			reason = twinsApart
		}
		l.tell(&wire.Bye{Reason: reason})
		return err
	}
	data, err := b.awaitData(ctx, l, hello)
	if err != nil {
		b.release(c, mine)
		return err
	}
	defer data.Close()
	b.met(c, l, hello)
	b.host(c, mine, newSession(hello, l, data, b.cfg.Handler, &b.buffers))
	return nil
}

// met notes what a caller says of itself, and where it can be called back.
func (b *Board) met(c *contact, l *line, hello wire.Hello) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if hello.Port != 0 && l.from().IsValid() {
		c.learn([]netip.AddrPort{netip.AddrPortFrom(l.from().Addr(), hello.Port)})
	}
}

// awaitData answers a Hello and waits for the data connection.
func (b *Board) awaitData(ctx context.Context, l *line, hello wire.Hello) (*line, error) {
	key := joinKey{l.device, hello.Session}
	joined := make(chan *line, 1)
	b.mu.Lock()
	b.joins[key] = joined
	b.mu.Unlock()
	defer b.stopWaiting(key, joined)
	if err := l.tell(b.hello(hello.Session, false)); err != nil {
		return nil, err
	}
	select {
	case data := <-joined:
		if err := data.tell(b.hello(hello.Session, true)); err != nil {
			data.Close()
			return nil, err
		}
		return data, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the data connection: %w", ctx.Err())
	}
}

// stopWaiting closes a data connection that came too late.
func (b *Board) stopWaiting(key joinKey, joined chan *line) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.joins, key)
	select {
	case late := <-joined:
		late.Close()
	default:
	}
}
