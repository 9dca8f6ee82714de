package peer

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
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
// goroutines. Allowed and Name must not call the board; the others may, but must
// not wait for a session to end.
type Config struct {
	Identity *Identity
	Name     func() string // what this device calls itself
	App      string        // version of the program, for people
	Listen   string        // host:port; empty: Port, or the next free one

	// Allowed reports whether we talk with the device: people paired us with it, or
	// one that is paired vouches for it.
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
	// Changed, unless nil, is called when Devices or Pairings would show something else.
	Changed func()
	Log     *slog.Logger // nil: nothing is logged
}

// ErrClone says that another device has our key: one was made by copying the
// other's files. Neither can be told from the other, so they do not speak.
var ErrClone = errors.New("another device uses the key of this one: " +
	"if this one is a copy, remove its key.pem and pair it again")

// Board finds into conversations with the paired devices, and keeps at most one
// with each.
type Board struct {
	cfg        Config
	listener   net.Listener
	port       int
	instance   [16]byte
	twinMemory time.Duration // see the constant; guarded by mu
	buffers    buffers
	gate       gate
	pairing    *pairing

	mu       sync.Mutex // guards what follows, and the contacts
	contacts map[index.DeviceID]*contact
	joins    map[joinKey]chan *line
	run      context.Context // nil until Run
	workers  sync.WaitGroup  // Add only while holding mu and run has not ended
}

// NewBoard begins to listen; nothing is accepted or dialled until Run, which also
// ends the listening. A board that is never run must be closed.
func NewBoard(cfg Config) (*Board, error) {
	listener, err := listen(cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if cfg.Changed == nil {
		cfg.Changed = func() {}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	b := &Board{
		cfg: cfg, listener: listener, port: listener.Addr().(*net.TCPAddr).Port,
		twinMemory: twinMemory, contacts: map[index.DeviceID]*contact{}, joins: map[joinKey]chan *line{},
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

// Close ends the listening of a board that is not run.
func (b *Board) Close() error { return b.listener.Close() }

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

// hello is how this device introduces itself.
func (b *Board) hello(session [16]byte, data bool) *wire.Hello {
	return &wire.Hello{Version: wire.Version, App: printable(b.cfg.App, maxName), Name: printable(b.cfg.Name(), maxName),
		Session: session, Data: data, Instance: b.instance, Port: uint16(b.port)}
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
