package peer

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"slices"
	"time"

	"kith/peer/wire"
)

// How calls are repeated.
const (
	firstBackoff = 500 * time.Millisecond
	lastBackoff  = 30 * time.Second
	leastSpacing = 250 * time.Millisecond // between two calls, however great the hurry
	settled      = 10 * time.Second       // a session that lasted so long was a good one
	stagger      = 250 * time.Millisecond // between the first tries of two addresses
)

var errRefused = errors.New("it does not accept this device: pair the two again")

// keep calls a device whenever there is no conversation with it and there should
// be one, until ctx ends or the device is forgotten.
func (b *Board) keep(ctx context.Context, c *contact) {
	backoff := firstBackoff
	for b.awaitDue(ctx, c) {
		began := time.Now()
		err := b.call(ctx, c)
		b.failed(c, err)
		if time.Since(began) > settled {
			backoff = firstBackoff
		}
		if b.rest(ctx, c, jitter(backoff)) {
			backoff = firstBackoff
		} else {
			backoff = min(2*backoff, lastBackoff)
		}
	}
}

// awaitDue returns when the device should be called, or false when never again.
func (b *Board) awaitDue(ctx context.Context, c *contact) bool {
	for {
		b.mu.Lock()
		due := c.session == nil && c.claim == nil && len(c.addrs) > 0 && !c.left
		if c.id == b.ID() {
			due = c.hurry && len(c.addrs) > 0 // to see whether it is ourselves
		} else {
			due = due && b.cfg.Allowed(c.id)
		}
		if due {
			c.hurry = false
		}
		left := b.sweepLocked(c)
		b.mu.Unlock()
		switch {
		case left || ctx.Err() != nil:
			return false
		case due:
			return true
		}
		select {
		case <-c.wake:
		case <-ctx.Done():
		}
	}
}

// rest waits before the next call. It returns true, and early, if there is a hurry.
func (b *Board) rest(ctx context.Context, c *contact, d time.Duration) bool {
	pause(ctx, leastSpacing)
	over := time.NewTimer(d - leastSpacing)
	defer over.Stop()
	for {
		b.mu.Lock()
		hurry := c.hurry || c.left
		b.mu.Unlock()
		if hurry {
			return true
		}
		select {
		case <-c.wake:
		case <-over.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// jitter spreads calls, so that many devices do not call in step.
func jitter(d time.Duration) time.Duration {
	n, err := rand.Int(rand.Reader, big.NewInt(int64(d/2)))
	if err != nil {
		return d
	}
	return d*3/4 + time.Duration(n.Int64())
}

// failed notes why a call came to nothing.
func (b *Board) failed(c *contact, err error) {
	if err == nil {
		return
	}
	b.mu.Lock()
	news := c.session == nil && (c.lastErr == nil || c.lastErr.Error() != err.Error())
	if c.session == nil {
		c.lastErr = err
	}
	b.mu.Unlock()
	if news {
		b.cfg.Log.Debug("cannot reach a device", "device", c.id.Brief(), "err", err)
		b.cfg.Changed()
	}
}

// call dials a device and carries the session that comes of it. The error says
// why none did; nil too if another one stands already.
func (b *Board) call(ctx context.Context, c *contact) error {
	b.mu.Lock()
	addrs := slices.Clone(c.addrs)
	b.mu.Unlock()
	l, err := dial(ctx, dialTLS(b.cfg.Identity, protocolSync, c.id), addrs)
	if err != nil {
		return err
	}
	defer l.Close()
	stop := context.AfterFunc(ctx, l.Close)
	defer stop()
	if c.id == b.ID() {
		return b.callOwnKey(c, l)
	}
	mine := b.claimOutgoing(c, l)
	if mine == nil {
		return nil
	}
	s, err := b.introduce(ctx, l)
	if err != nil {
		if !b.release(c, mine) {
			return nil
		}
		return fmt.Errorf("%s: %w", l.from(), err)
	}
	if b.meetsTwin(c, s.remote.Instance) {
		b.release(c, mine)
		return b.partFromTwin(s)
	}
	stop()
	b.host(c, mine, s)
	return nil
}

// callOwnKey finds out whether who answers with our key is ourselves. Our own
// addresses are not tried again.
func (b *Board) callOwnKey(c *contact, l *line) error {
	if err := l.tell(b.hello([16]byte{}, false)); err != nil {
		return nil
	}
	hello, err := b.readHello(l)
	if err != nil {
		return nil
	}
	if hello.Instance != b.instance {
		b.sawClone(l, hello)
		return ErrClone
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c.addrs = slices.DeleteFunc(c.addrs, func(a netip.AddrPort) bool { return a == l.from() })
	return nil
}

// introduce makes a session of a control connection: a Hello each way, then the
// same on a data connection to the same address.
func (b *Board) introduce(ctx context.Context, control *line) (*Session, error) {
	var id [16]byte
	rand.Read(id[:])
	hello, err := b.greet(control, id, false)
	if err != nil {
		return nil, err
	}
	data, err := dial(ctx, dialTLS(b.cfg.Identity, protocolSync, control.device), []netip.AddrPort{control.from()})
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, data.Close)
	defer stop()
	again, err := b.greet(data, id, true)
	if err == nil && again.Instance != hello.Instance {
		err = errors.New("two devices answer with one key at this address")
	}
	if err != nil {
		data.Close()
		return nil, err
	}
	return newSession(hello, control, data, b.cfg.Handler, &b.buffers), nil
}

func (b *Board) greet(l *line, id [16]byte, data bool) (wire.Hello, error) {
	if err := l.tell(b.hello(id, data)); err != nil {
		return wire.Hello{}, refusal(err)
	}
	hello, err := b.readHello(l)
	if err == nil && (hello.Session != id || hello.Data != data) {
		err = protocolError("Hello of another session")
	}
	return hello, refusal(err)
}

// refusal says plainly what an alert from the other side comes to. In TLS 1.3 a
// client may learn only after the handshake that its key was refused.
func refusal(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "remote error" {
		return errRefused
	}
	return err
}

// dial connects to the first address at which the expected device answers. The
// addresses are tried one after the other, but a slow one does not hold up the next.
func dial(ctx context.Context, config *tls.Config, addrs []netip.AddrPort) (*line, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	type answer struct {
		l   *line
		err error
	}
	answers := make(chan answer, len(addrs))
	next, pending := 0, 0
	var won *line
	var failure error
	for next < len(addrs) || pending > 0 {
		var later <-chan time.Time
		if next < len(addrs) {
			a := addrs[next]
			next++
			pending++
			go func() {
				l, err := connect(ctx, config, a)
				answers <- answer{l, err}
			}()
			later = time.After(stagger)
		}
		select {
		case got := <-answers:
			pending--
			switch {
			case got.l == nil:
				failure = worse(failure, got.err)
			case won == nil:
				won = got.l
				cancel()
				next = len(addrs)
			default:
				got.l.Close()
			}
		case <-later:
		}
	}
	if won == nil {
		return nil, cmp.Or(failure, errors.New("no address is known"))
	}
	return won, nil
}

// worse chooses the error that tells more: an answer over none.
func worse(a, b error) error {
	var timeout net.Error
	if a == nil || errors.As(a, &timeout) && timeout.Timeout() {
		return b
	}
	return a
}

// connect dials one address and sees who is there.
func connect(ctx context.Context, config *tls.Config, address netip.AddrPort) (*line, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address.String())
	if err != nil {
		return nil, err
	}
	l := newLine(conn)
	conn.SetDeadline(time.Now().Add(handshakeTime))
	secured := tls.Client(l.wide, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		l.Close()
		return nil, fmt.Errorf("%s: %w", address, refusal(err))
	}
	device, err := deviceBehind(secured.ConnectionState(), config.NextProtos[0])
	if err != nil {
		l.Close()
		return nil, err
	}
	l.secure(secured, device)
	return l, nil
}
