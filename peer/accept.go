package peer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"kith/index"
)

// accept lets connections in. Where the system has no room for one more it waits.
func (b *Board) accept(ctx context.Context) error {
	for {
		conn, err := b.listener.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept: %w", err)
		case err != nil:
			b.cfg.Log.Warn("cannot accept a connection", "err", err)
			pause(ctx, time.Second)
			continue
		}
		if !b.start(func() { b.receive(ctx, conn) }) {
			conn.Close()
		}
	}
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// receive finds out who is calling, and what for.
func (b *Board) receive(ctx context.Context, conn net.Conn) {
	l := newLine(conn)
	defer l.Close()
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	from := l.from().Addr()
	if !b.gate.enter(from, b.knows(from)) {
		return
	}
	leave := sync.OnceFunc(func() { b.gate.leave(from) })
	defer leave()
	conn.SetDeadline(time.Now().Add(handshakeTime))
	secured := tls.Server(l.wide, acceptTLS(b.cfg.Identity, b.mayEnter))
	if err := secured.HandshakeContext(ctx); err != nil {
		b.cfg.Log.Debug("refused a connection", "from", from, "err", err)
		return
	}
	state := secured.ConnectionState()
	device, err := deviceBehind(state, state.NegotiatedProtocol)
	if err != nil {
		return
	}
	l.secure(secured, device)
	switch state.NegotiatedProtocol {
	case protocolPair:
		b.pairing.answer(ctx, l, leave)
		return
	case protocolProbe:
		if err := b.beProbed(ctx, l); err != nil {
			b.cfg.Log.Debug("a probe came to nothing", "device", device.Brief(), "from", from, "err", err)
		}
		return
	}
	if err := b.welcome(ctx, l, leave, stop); err != nil {
		b.cfg.Log.Debug("a call came to nothing", "device", device.Brief(), "from", from, "err", err)
	}
}

// mayEnter says who gets through the handshake: the paired ones, and who has our
// own key, to find out whether that is ourselves.
func (b *Board) mayEnter(id index.DeviceID) bool { return id == b.ID() || b.cfg.Allowed(id) }

// knows reports whether an allowed device was met at an address.
func (b *Board) knows(from netip.Addr) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.contacts {
		for _, a := range c.addrs {
			if a.Addr() == from && b.cfg.Allowed(c.id) {
				return true
			}
		}
	}
	return false
}
