package peer

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"kith/index"
	"kith/peer/wire"
	"kith/sim/waits"
)

// device is a board with a person's decisions around it.
type device struct {
	*Board
	t    *testing.T
	stop func()

	mu      sync.Mutex // guards allowed
	allowed map[index.DeviceID]bool

	up     chan *Session
	down   chan error
	heard  chan wire.Message
	paired chan index.DeviceID
	change chan struct{} // something changed since it was last received
}

func newDevice(t *testing.T, edit ...func(*Config)) *device {
	t.Helper()
	id, err := LoadIdentity(filepath.Join(t.TempDir(), "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	return newDeviceAs(t, id, edit...)
}

func newDeviceAs(t *testing.T, id *Identity, edit ...func(*Config)) *device {
	t.Helper()
	d := &device{t: t, allowed: map[index.DeviceID]bool{}, up: make(chan *Session, 100), down: make(chan error, 100),
		heard: make(chan wire.Message, 100), paired: make(chan index.DeviceID, 10), change: make(chan struct{}, 1)}
	files := newHolding(map[string][]byte{"small": []byte("small")})
	cfg := Config{
		Identity: id, Name: func() string { return "device " + id.ID().Brief() }, App: "test", Listen: "127.0.0.1:0",
		Allowed: d.isAllowed,
		Up:      func(s *Session) { d.up <- s },
		Down:    func(_ *Session, err error) { d.down <- err },
		Handler: files.handler(),
		Paired: func(device index.DeviceID, name string, addrs []netip.AddrPort) error {
			d.allow(device, true)
			d.paired <- device
			return nil
		},
		Changed: func() {
			select {
			case d.change <- struct{}{}:
			default:
			}
		},
		Log: slog.New(slog.NewTextHandler(&testLog{t: t}, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	cfg.Hear = func(_ *Session, m wire.Message) { d.heard <- m }
	for _, f := range edit {
		f(&cfg)
	}
	b, err := NewBoard(cfg)
	if err != nil {
		t.Fatal(err)
	}
	d.Board = b
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	d.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(d.stop)
	for !d.start(func() {}) {
		runtime.Gosched() // until Run has begun
	}
	return d
}

// testLog writes to the log of a test, and is silent once that is over.
type testLog struct{ t *testing.T }

func (l *testLog) Write(b []byte) (int, error) {
	l.t.Log(string(bytes.TrimSpace(b)))
	return len(b), nil
}

func (d *device) isAllowed(id index.DeviceID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.allowed[id]
}

func (d *device) allow(id index.DeviceID, yes bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.allowed[id] = yes
}

func (d *device) addr() []netip.AddrPort {
	return []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(d.Port()))}
}

func (d *device) status(id index.DeviceID) PeerStatus {
	for _, s := range d.Devices() {
		if s.ID == id {
			return s
		}
	}
	return PeerStatus{}
}

// trust makes two devices allow each other.
func trust(a, b *device) {
	a.allow(b.ID(), true)
	b.allow(a.ID(), true)
}

// talking returns two devices that trust each other, in conversation.
func talking(t *testing.T) (a, b *device) {
	t.Helper()
	a, b = newDevice(t), newDevice(t)
	trust(a, b)
	a.Reach(b.ID(), b.addr())
	receive(t, "a", a.up)
	receive(t, "b", b.up)
	return a, b
}

// receive takes from a channel, but does not wait for ever.
func receive[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(waits.Limit):
		t.Fatalf("waited too long for %s", what)
		panic("unreachable")
	}
}

// await returns when a condition on what a device shows holds.
func (d *device) await(what string, ok func() bool) {
	d.t.Helper()
	limit := time.After(waits.Limit)
	for !ok() {
		select {
		case <-d.change:
		case <-limit:
			d.t.Fatalf("waited too long until %s", what)
		}
	}
}

// ordered returns two devices, the one with the lower ID first.
func ordered(a, b *device) (low, high *device) {
	if a.ID().Compare(b.ID()) < 0 {
		return a, b
	}
	return b, a
}

func TestPairedDevicesFindIntoASession(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	trust(a, b)
	a.Reach(b.ID(), b.addr())
	sa, sb := receive(t, "a", a.up), receive(t, "b", b.up)
	if sa.Device() != b.ID() || sb.Device() != a.ID() {
		t.Error("with somebody else")
	}
	if s := a.status(b.ID()); !s.Connected || s.Name != "device "+b.ID().Brief() || s.App != "test" {
		t.Errorf("status %+v", s)
	}
	if s := b.status(a.ID()); !s.Connected || len(s.Addrs) != 1 || int(s.Addrs[0].Port()) != a.Port() {
		t.Errorf("status %+v", s)
	}
	fetchSmall(t, sa)
	fetchSmall(t, sb)
	if err := sa.Send(t.Context(), &wire.Unsubscribe{Folder: folder}); err != nil {
		t.Fatal(err)
	}
	receive(t, "message", b.heard)
	a.stop()
	var bye byeError
	if err := receive(t, "down", b.down); !errors.As(err, &bye) {
		t.Errorf("ended with %v", err)
	}
}

func TestWireBytesAreCounted(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	trust(a, b)
	a.Reach(b.ID(), b.addr())
	sa, sb := receive(t, "a", a.up), receive(t, "b", b.up)
	before, _ := sa.Stats()
	fetchSmall(t, sa)
	down, up := sa.Stats()
	if down-before < 5 || down-before > 1000 {
		t.Errorf("5 bytes took %d", down-before)
	}
	if _, up2 := sb.Stats(); up2 < down || up == 0 {
		t.Errorf("%d came of %d", down, up2)
	}
}

// Both dial at the same time, again and again: there is one session, and it stays.
func TestSimultaneousDialsMakeOneSession(t *testing.T) {
	for range 20 {
		a, b := newDevice(t), newDevice(t)
		trust(a, b)
		var both sync.WaitGroup
		both.Go(func() { a.Reach(b.ID(), b.addr()) })
		both.Go(func() { b.Reach(a.ID(), a.addr()) })
		both.Wait()
		sa, sb := receive(t, "a", a.up), receive(t, "b", b.up)
		for range 5 { // hints change nothing
			a.Reach(b.ID(), b.addr())
			b.Reach(a.ID(), a.addr())
		}
		fetchSmall(t, sa)
		fetchSmall(t, sb)
		if len(a.up)+len(b.up)+len(a.down)+len(b.down) != 0 {
			t.Errorf("more sessions: up %d %d, down %d %d", len(a.up), len(b.up), len(a.down), len(b.down))
		}
		a.stop()
		b.stop()
	}
}

func TestEitherSideMayDial(t *testing.T) {
	for name, pick := range map[string]func(low, high *device) (*device, *device){
		"the lower":  func(low, high *device) (*device, *device) { return low, high },
		"the higher": func(low, high *device) (*device, *device) { return high, low },
	} {
		t.Run(name, func(t *testing.T) {
			from, to := pick(ordered(newDevice(t), newDevice(t)))
			trust(from, to)
			from.Reach(to.ID(), to.addr())
			receive(t, "session", from.up)
			receive(t, "session", to.up)
		})
	}
}

func TestUnpairedNeverReachesTheSession(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	a.allow(b.ID(), true) // but not the other way round
	a.Reach(b.ID(), b.addr())
	a.await("a knows why", func() bool { return errors.Is(a.status(b.ID()).LastError, errRefused) })
	if len(b.up)+len(a.up) != 0 {
		t.Error("there is a session")
	}
}

func TestRevokedDeviceIsCutOff(t *testing.T) {
	a, b := talking(t)
	b.allow(a.ID(), false)
	b.Recheck()
	receive(t, "end at a", a.down)
	receive(t, "end at b", b.down)
	b.allow(a.ID(), true)
	b.Recheck()
	a.Recheck()
	receive(t, "a", a.up)
	receive(t, "b", b.up)
}

func TestNewlyAllowedDeviceIsDialled(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	b.allow(a.ID(), true)
	a.Reach(b.ID(), b.addr())
	a.allow(b.ID(), true)
	a.Recheck()
	receive(t, "a", a.up)
}

func TestForgottenDeviceIsNotCalledAgain(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	trust(a, b)
	a.Reach(b.ID(), b.addr())
	receive(t, "a", a.up)
	a.allow(b.ID(), false)
	a.Forget(b.ID())
	receive(t, "end", a.down)
	if len(a.Devices()) != 0 {
		t.Errorf("still known: %+v", a.Devices())
	}
	a.allow(b.ID(), true) // and then they pair again
	a.Reach(b.ID(), b.addr())
	receive(t, "session", a.up)
}

// falls returns a session of d with a machine that answers nothing any more, as
// after a power cut.
func (d *device) falls(a *device) (over func()) {
	d.t.Helper()
	config := dialTLS(a.cfg.Identity, protocolSync, d.ID())
	var lines []*line
	for _, data := range []bool{false, true} {
		l, err := dial(d.t.Context(), config, d.addr())
		if err == nil {
			_, err = a.greet(l, [16]byte{1}, data)
		}
		if err != nil {
			d.t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return func() {
		for _, l := range lines {
			l.Close()
		}
	}
}

// A device that lost its power and was started again is let in, though its old
// conversation still looks alive here.
func TestRestartedDeviceTakesItsPlace(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	trust(a, b)
	defer b.falls(a)()
	receive(t, "b", b.up)
	a.stop()
	again := newDeviceAs(t, a.cfg.Identity)
	again.allow(b.ID(), true)
	again.Reach(b.ID(), b.addr())
	if err := receive(t, "end of the old", b.down); !errors.Is(err, errReplaced) {
		t.Errorf("ended with %v", err)
	}
	s := receive(t, "the new", b.up)
	if s.remote.Instance != again.instance {
		t.Error("not the new one")
	}
}

func TestLiveSessionIsNotReplaced(t *testing.T) {
	a, b := talking(t)
	l, err := dial(t.Context(), dialTLS(a.cfg.Identity, protocolSync, b.ID()), b.addr())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = a.greet(l, [16]byte{1}, false)
	var bye byeError
	if !errors.As(err, &bye) {
		t.Errorf("got %v", err)
	}
	if len(b.down) != 0 {
		t.Error("the old one ended")
	}
}

func TestOwnAddressIsNotADevice(t *testing.T) {
	a := newDevice(t)
	a.Reach(a.ID(), a.addr())
	b := newDevice(t)
	trust(a, b)
	b.Reach(a.ID(), a.addr())
	receive(t, "session", b.up)
	for _, s := range a.Devices() {
		if s.ID == a.ID() {
			t.Errorf("shows itself: %+v", s)
		}
	}
}

func TestCloneIsReportedOnBothSides(t *testing.T) {
	a := newDevice(t)
	clone := newDeviceAs(t, a.cfg.Identity)
	clone.Reach(a.ID(), a.addr())
	for _, d := range []*device{a, clone} {
		d.await("the clone is reported", func() bool { return errors.Is(d.status(d.ID()).LastError, ErrClone) })
		if len(d.up) != 0 {
			t.Error("they speak")
		}
	}
}

// Who answers at an address but is somebody else does not count, and does not
// keep the right one from being found.
func TestWrongDeviceAtAnAddressIsPassedOver(t *testing.T) {
	a, b, other := newDevice(t), newDevice(t), newDevice(t)
	trust(a, b)
	trust(a, other)
	a.Reach(b.ID(), append(other.addr(), b.addr()...))
	if s := receive(t, "session", a.up); s.Device() != b.ID() {
		t.Error("with the wrong one")
	}
}

func TestWakeKeepsWhatLives(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	trust(a, b)
	a.Reach(b.ID(), b.addr())
	s := receive(t, "a", a.up)
	receive(t, "b", b.up)
	a.Wake()
	b.Wake()
	if !s.alive(wakePatience) || len(a.down)+len(b.down) != 0 {
		t.Error("ended")
	}
}

func TestPortIsTheNextFreeOne(t *testing.T) {
	open := func(c *Config) { c.Listen = "" }
	a, b := newDevice(t, open), newDevice(t, open)
	if a.Port() == b.Port() || a.Port() < Port || b.Port() >= Port+portTries {
		t.Errorf("ports %d and %d", a.Port(), b.Port())
	}
}
