package peer

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"kith/index"
	"kith/peer/wire"
)

// Port is where a device listens unless it is taken.
const Port = 22547

// portTries is how many ports from Port on are tried.
const portTries = 21

// Config is whom the board speaks for. All functions may be called from several
// goroutines and must not call the board, except where it says so.
type Config struct {
	Identity *Identity
	Name     func() string // what this device calls itself
	App      string        // version of the program, for people
	Listen   string        // host:port; empty: Port, or the next free one

	// Allowed reports whether people paired us with the device.
	Allowed func(index.DeviceID) bool
	// Up is called when a session begins, before any of its messages is heard;
	// Down when it has ended, after the last one. Of one device there is one
	// session at a time. Down's error says why it ended, and is not nil.
	Up   func(*Session)
	Down func(*Session, error)
	Handler

	// Paired is called when people on both sides have confirmed: it makes the
	// trust durable. After that Allowed must say yes. An error fails the pairing here.
	Paired func(device index.DeviceID, name string, addrs []netip.AddrPort) error
	// Changed is called when Devices or Pairings would show something else.
	Changed func()
	Log     *slog.Logger
}

// ErrClone says that another device has our key: one was made by copying the
// other's files. Neither can be told from the other, so they do not speak.
var ErrClone = errors.New("another device uses the key of this one: " +
	"if this one is a copy, remove its key.pem and pair it again")

// Board finds into conversations with the paired devices, and keeps at most one
// with each.
type Board struct {
	cfg      Config
	listener net.Listener
	port     int
	instance [16]byte
	buffers  buffers
	gate     gate
	pairing  *pairing

	mu       sync.Mutex // guards what follows, and the contacts
	contacts map[index.DeviceID]*contact
	joins    map[joinKey]chan *line
	run      context.Context // nil until Run
	workers  sync.WaitGroup  // Add only while holding mu and run has not ended
}

// NewBoard begins to listen; nothing is accepted or dialled until Run.
func NewBoard(cfg Config) (*Board, error) {
	listener, err := listen(cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	b := &Board{
		cfg: cfg, listener: listener, port: listener.Addr().(*net.TCPAddr).Port,
		contacts: map[index.DeviceID]*contact{}, joins: map[joinKey]chan *line{},
	}
	rand.Read(b.instance[:])
	b.pairing = newPairing(b)
	return b, nil
}

func listen(address string) (net.Listener, error) {
	if address != "" {
		return net.Listen("tcp", address)
	}
	var first error
	for i := range portTries {
		l, err := net.Listen("tcp", ":"+strconv.Itoa(Port+i))
		if err == nil {
			return l, nil
		}
		first = cmp.Or(first, err)
	}
	return nil, fmt.Errorf("no free port from %d to %d: %w", Port, Port+portTries-1, first)
}

// Port returns where the board listens.
func (b *Board) Port() int { return b.port }

// ID returns this device's ID.
func (b *Board) ID() index.DeviceID { return b.cfg.Identity.ID() }

// Run accepts and dials until ctx ends, and returns when all conversations have
// ended and Down was called for each.
func (b *Board) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { b.listener.Close() })
	defer stop()
	b.begin(ctx)
	err := b.accept(ctx)
	cancel()
	b.listener.Close()
	b.closeAll("it was closed")
	b.mu.Lock()
	b.run = ctx // ended: nothing new starts
	b.mu.Unlock()
	b.workers.Wait()
	return err
}

func (b *Board) begin(ctx context.Context) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.run = ctx
	for _, c := range b.contacts {
		b.startLocked(func() { b.keep(ctx, c) })
	}
}

// startLocked runs something that Run waits for, unless Run is over or has not begun.
func (b *Board) startLocked(f func()) bool {
	if b.run == nil || b.run.Err() != nil {
		return false
	}
	b.workers.Go(f)
	return true
}

func (b *Board) start(f func()) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.startLocked(f)
}

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
	if state.NegotiatedProtocol == protocolPair {
		b.pairing.answer(ctx, l, leave)
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

// hello is how this device introduces itself.
func (b *Board) hello(session [16]byte, data bool) *wire.Hello {
	return &wire.Hello{Version: wire.Version, App: printable(b.cfg.App, maxName), Name: printable(b.cfg.Name(), maxName),
		Session: session, Data: data, Instance: b.instance, Port: uint16(b.port)}
}

// contactLocked returns what is known of a device, and begins to keep it. It is
// nil if too many are known.
func (b *Board) contactLocked(id index.DeviceID) *contact {
	if c := b.contacts[id]; c != nil {
		return c
	}
	if len(b.contacts) >= maxContacts && !b.cfg.Allowed(id) {
		return nil
	}
	c := &contact{id: id, wake: make(chan struct{}, 1)}
	b.contacts[id] = c
	run := b.run
	b.startLocked(func() { b.keep(run, c) })
	return c
}

// Reach tells at which addresses a device may be. It is a hint: they are tried,
// and who answers must prove to be that device.
func (b *Board) Reach(device index.DeviceID, addrs []netip.AddrPort) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.contactLocked(device)
	if c == nil {
		return
	}
	c.learn(addrs)
	c.hurry = true
	c.poke()
}

// Forget removes what is known of a device. Its conversation ends, if there is one.
func (b *Board) Forget(device index.DeviceID) {
	b.mu.Lock()
	c := b.contacts[device]
	var s *Session
	if c != nil {
		c.left = true
		s = c.session
		delete(b.contacts, device)
		c.poke()
	}
	b.mu.Unlock()
	if s != nil {
		b.start(func() { s.Close("not paired any more") })
	}
	b.cfg.Changed()
}

// Recheck tells that Allowed may answer differently now: conversations with
// those who are not allowed any more end, and others are dialled.
func (b *Board) Recheck() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.contacts {
		if s := c.session; s != nil && !b.cfg.Allowed(c.id) {
			b.startLocked(func() { s.Close("not paired any more") })
		}
		c.hurry = true
		c.poke()
	}
}

// wakePatience is how long a device may take to answer after the network changed.
const wakePatience = 2 * time.Second

// Wake tells that the network changed or the machine slept: conversations are
// tried, and who does not answer soon is dialled anew.
func (b *Board) Wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.contacts {
		if s := c.session; s != nil {
			b.startLocked(func() {
				if !s.alive(wakePatience) {
					s.end(ErrSilent)
				}
			})
		}
		c.hurry = true
		c.poke()
	}
}

// Devices returns what is known of every device heard of, by ID. Our own ID is
// among them only if another device uses our key.
func (b *Board) Devices() []PeerStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	list := make([]PeerStatus, 0, len(b.contacts))
	for _, c := range b.contacts {
		if c.id != b.ID() || c.lastErr != nil {
			list = append(list, c.status(now))
		}
	}
	slices.SortFunc(list, func(x, y PeerStatus) int { return x.ID.Compare(y.ID) })
	return list
}

// closeAll ends every conversation and says why.
func (b *Board) closeAll(reason string) {
	b.mu.Lock()
	var closing sync.WaitGroup
	for _, c := range b.contacts {
		if s := c.session; s != nil {
			closing.Go(func() { s.Close(reason) })
		}
	}
	b.mu.Unlock()
	closing.Wait()
}
