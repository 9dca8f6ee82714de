package peer

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"time"

	"kith/index"
)

// exporterLabel names what a pairing takes from TLS to bind itself to the
// connection.
const exporterLabel = "EXPORTER-kith-pairing-v1"

// call dials the device of an attempt and goes through the pairing as initiator.
func (p *pairing) call(ctx context.Context, a *attempt, device index.DeviceID) {
	ctx, cancel := p.bound(ctx)
	defer cancel()
	l, err := dial(ctx, dialTLS(p.b.cfg.Identity, protocolPair, device), a.addrs)
	if err != nil {
		p.lost(ctx, a, unreachable(a, err))
		return
	}
	defer l.Close()
	if !p.greet(a, l) {
		return
	}
	p.lost(ctx, a, p.talk(ctx, a, l, true, nil))
}

// unreachable says why a call did not get through: the person may have ended it.
func unreachable(a *attempt, err error) error {
	select {
	case <-a.answers:
		return errDenied
	default:
		return fmt.Errorf("cannot reach it: %w", err)
	}
}

// bound makes a context end with the board, too, and after the time of a pairing.
func (p *pairing) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	p.b.mu.Lock()
	run := p.b.run
	p.b.mu.Unlock()
	ctx, cancel := context.WithTimeoutCause(ctx, pairTime, errLate)
	stop := context.AfterFunc(run, cancel)
	return ctx, func() { stop(); cancel() }
}

// greet notes that our call got through, unless theirs took its place.
func (p *pairing) greet(a *attempt, l *line) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a.taken {
		return false
	}
	a.Device, a.greeted = l.device, true
	return true
}

// lost ends an attempt whose own call is over, unless the other device's call
// carries it on, or is about to.
func (p *pairing) lost(ctx context.Context, a *attempt, err error) {
	if errors.Is(err, abortCrossed) {
		select {
		case <-a.joined:
		case <-time.After(codeTime):
		case <-ctx.Done():
		}
	}
	p.mu.Lock()
	taken := a.taken
	p.mu.Unlock()
	if !taken {
		p.finish(a, err)
	}
}

// answer goes through a pairing with a device that called, as responder.
func (p *pairing) answer(ctx context.Context, l *line, admitted func()) {
	first, err := readPairMessage(l.conn)
	if err != nil || first.kind != pairHello {
		return
	}
	a, why, ok := p.adopt(l, first.hello)
	if !ok {
		l.say(pairMessage{kind: pairAbort, why: why})
		return
	}
	admitted()
	p.b.cfg.Changed()
	ctx, cancel := p.bound(ctx)
	defer cancel()
	p.finish(a, p.talk(ctx, a, l, false, &first))
}

func (l *line) say(messages ...pairMessage) error {
	var b []byte
	for _, m := range messages {
		b = m.append(b)
	}
	_, err := l.conn.Write(b)
	return err
}

// talk carries an attempt over a connection, from the introduction to the trust.
// first is what was heard already. Before it fails it tells the other side why.
func (p *pairing) talk(ctx context.Context, a *attempt, l *line, initiator bool, first *pairMessage) error {
	m, err := p.machine(l, initiator)
	if err != nil {
		return err
	}
	c := pairTalk{pairing: p, attempt: a, line: l, machine: m, heard: make(chan pairMessage), broken: make(chan error, 1)}
	err = c.run(ctx, first)
	var theirs abortReason
	if err != nil && !errors.As(err, &theirs) {
		l.conn.SetWriteDeadline(time.Now().Add(time.Second))
		l.say(pairMessage{kind: pairAbort, why: reasonFor(err)})
	}
	l.Close()
	c.reader.Wait()
	return err
}

// machine makes the machine for a connection.
func (p *pairing) machine(l *line, initiator bool) (*pairMachine, error) {
	state := l.conn.(*tls.Conn).ConnectionState()
	binding, err := state.ExportKeyingMaterial(exporterLabel, nil, 32)
	if err != nil {
		return nil, err
	}
	theirs := state.PeerCertificates[0].PublicKey.(ed25519.PublicKey)
	m := &pairMachine{
		initiator: initiator,
		me:        introduction{min: pairVersion, max: pairVersion, port: uint16(p.b.port), name: printable(p.b.cfg.Name(), maxName)},
		keys:      [2]ed25519.PublicKey{p.b.cfg.Identity.PublicKey(), theirs},
		binding:   binding,
		codes:     allCodes,
	}
	if !initiator {
		m.keys[0], m.keys[1] = m.keys[1], m.keys[0]
	}
	rand.Read(m.nonce[:])
	return m, nil
}

// pairTalk is a pairing on one connection.
type pairTalk struct {
	pairing *pairing
	attempt *attempt
	line    *line
	machine *pairMachine
	heard   chan pairMessage
	broken  chan error
	reader  sync.WaitGroup
}

func (c *pairTalk) run(ctx context.Context, first *pairMessage) error {
	out, err := c.machine.start()
	if err != nil {
		return err
	}
	if err := c.line.say(out...); err != nil {
		return err
	}
	if first != nil {
		if err := c.step(*first); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	code := time.AfterFunc(codeTime, func() {
		if !c.pairing.hasCode(c.attempt) {
			cancel(errLate)
		}
	})
	defer code.Stop()
	c.line.conn.SetDeadline(time.Now().Add(pairTime))
	c.reader.Go(func() { c.read(ctx) })
	for !c.machine.paired() {
		if err := c.await(ctx); err != nil {
			return err
		}
	}
	return c.keep()
}

// read passes on what the other side says, until the connection or ctx ends.
func (c *pairTalk) read(ctx context.Context) {
	for {
		m, err := readPairMessage(c.line.conn)
		if err != nil {
			c.broken <- err
			return
		}
		select {
		case c.heard <- m:
		case <-ctx.Done():
			return
		}
	}
}

// await waits for the next thing that happens.
func (c *pairTalk) await(ctx context.Context) error {
	select {
	case m := <-c.heard:
		return c.step(m)
	case yes := <-c.attempt.answers:
		return c.answered(yes)
	case err := <-c.broken:
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return errLate
		}
		return fmt.Errorf("the connection broke: %w", err)
	case <-ctx.Done():
		switch cause := context.Cause(ctx); {
		case errors.Is(cause, errLate):
			return errLate
		case c.pairing.isTaken(c.attempt):
			return errTaken
		}
		return errStopped
	}
}

// step hears a message, says what follows from it, and shows the code once it
// is known.
func (c *pairTalk) step(in pairMessage) error {
	out, err := c.machine.hear(in)
	if err != nil {
		return err
	}
	if err := c.line.say(out...); err != nil {
		return err
	}
	code, known := c.machine.shown()
	p, a := c.pairing, c.attempt
	p.change(func() {
		if in.kind == pairHello {
			a.begun = true
			a.Name = printable(in.hello.name, maxName)
		}
		if known && a.Code == "" {
			a.Code, a.State = code, PairWaiting
			close(a.settled)
		}
	})
	return nil
}

func (c *pairTalk) answered(yes bool) error {
	switch {
	case !yes:
		return errDenied
	case c.machine.yesHere:
		return nil
	}
	out, err := c.machine.accept()
	if err != nil {
		return err
	}
	if err := c.line.say(out...); err != nil {
		return err
	}
	c.pairing.change(func() { c.attempt.State = PairConfirmedHere })
	return nil
}

// keep makes the trust lasting, and begins to sync.
func (c *pairTalk) keep() error {
	b, l := c.pairing.b, c.line
	var addrs []netip.AddrPort
	if port := c.machine.other.port; port != 0 {
		addrs = []netip.AddrPort{netip.AddrPortFrom(l.from().Addr(), port)}
	}
	if err := b.cfg.Paired(l.device, printable(c.machine.other.name, maxName), addrs); err != nil {
		return fmt.Errorf("%w: %w", errKeep, err)
	}
	b.Reach(l.device, addrs)
	b.Recheck()
	return nil
}

func (p *pairing) hasCode(a *attempt) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return a.Code != ""
}

func (p *pairing) isTaken(a *attempt) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return a.taken
}
