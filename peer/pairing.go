package peer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"kith/index"
)

// How long the steps of a pairing may take.
const (
	pairTime    = 120 * time.Second // all of it
	codeTime    = 10 * time.Second  // until the code is known
	keepOutcome = 10 * time.Minute  // it stays visible after its end
	maxOutcomes = 16
)

// PairState is how far a pairing is.
type PairState string

// The states of a pairing.
const (
	PairAsking        PairState = "asking"         // the devices are finding each other
	PairWaiting       PairState = "waiting"        // for the person here to compare the code
	PairConfirmedHere PairState = "confirmed-here" // and now for the person there
	PairDone          PairState = "done"
	PairFailed        PairState = "failed"
)

// Pairing is one attempt to pair, as a value.
type Pairing struct {
	ID       string
	Device   index.DeviceID // zero until it is known
	Name     string         // what the other device says it is called: anybody can say that
	Code     string         // six digits, once known; both screens must show the same
	Incoming bool           // the other device asked
	State    PairState
	Reason   string // of PairFailed, for people
	Since    time.Time
}

// Why a pairing fails by what happens here.
var (
	errDenied  = errors.New("you said that the codes differ")
	errLate    = errors.New("it took too long")
	errKeep    = errors.New("the pairing could not be kept")
	errStopped = errors.New("the program ended")
	errTaken   = errors.New("the other device's call goes on instead")
)

// attempt is a pairing under way, or over. All but answers is guarded by the
// lock of pairing.
type attempt struct {
	Pairing
	addrs   []netip.AddrPort
	greeted bool   // we called and said hello
	taken   bool   // a call from there took the place of ours
	begun   bool   // the devices introduced themselves: from now on failing counts
	abandon func() // ends our call

	answers chan bool     // what the person here says
	settled chan struct{} // closed when the code is known, or it failed
	joined  chan struct{} // closed when taken
}

// meant reports whether an attempt is with a device, or, where that is not known,
// with whoever is at one of the addresses.
func (a *attempt) meant(device index.DeviceID, addrs []netip.AddrPort) bool {
	if !device.IsZero() && !a.Device.IsZero() {
		return a.Device == device
	}
	return slices.ContainsFunc(addrs, func(x netip.AddrPort) bool { return slices.Contains(a.addrs, x) })
}

// unmapped writes IPv4 addresses in the one usual way.
func unmapped(addrs []netip.AddrPort) []netip.AddrPort {
	list := make([]netip.AddrPort, len(addrs))
	for i, a := range addrs {
		list[i] = netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
	}
	return list
}

func (a *attempt) live() bool { return a.State != PairDone && a.State != PairFailed }

// pairing has the attempts of a board: one at a time.
type pairing struct {
	b *Board

	mu       sync.Mutex // guards what follows
	attempts []*attempt // the latest last; only that may be live
	last     int        // number of the latest attempt
	limit    pairLimit
}

func newPairing(b *Board) *pairing { return &pairing{b: b} }

// Pair asks a device to pair, at addresses; the device may be zero if only an
// address is known. It returns when the code is known, or with the reason why it
// never will be. If that device is asking us already, it joins that.
func (b *Board) Pair(ctx context.Context, device index.DeviceID, addrs []netip.AddrPort) (string, error) {
	a, err := b.pairing.begin(device, addrs)
	if err != nil {
		return "", fmt.Errorf("pair: %w", err)
	}
	b.cfg.Changed()
	select {
	case <-a.settled:
	case <-ctx.Done():
		b.pairing.mu.Lock()
		defer b.pairing.mu.Unlock()
		a.decide(false)
		return a.ID, fmt.Errorf("pair: %w", context.Cause(ctx))
	}
	b.pairing.mu.Lock()
	defer b.pairing.mu.Unlock()
	if a.State == PairFailed {
		return a.ID, fmt.Errorf("pair: %s", a.Reason)
	}
	return a.ID, nil
}

// Answer is what the person here says: whether the other screen shows the same
// code. No ends a pairing at any time.
func (b *Board) Answer(id string, yes bool) error {
	p := b.pairing
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.attempts {
		if a.ID != id {
			continue
		}
		if !a.live() || yes && a.State != PairWaiting {
			return fmt.Errorf("answer pairing %s: it is %s", id, a.State)
		}
		a.decide(yes)
		return nil
	}
	return fmt.Errorf("answer pairing %s: there is none with that number", id)
}

// decide passes on an answer. It is called with the lock held; of several answers
// the last one counts. No also ends a call that has not got through.
func (a *attempt) decide(yes bool) {
	select {
	case <-a.answers:
	default:
	}
	a.answers <- yes
	if !yes && !a.greeted && !a.taken && !a.Incoming {
		a.abandon()
	}
}

// Pairings returns the pairing under way, if any, and those that ended lately,
// the latest last.
func (b *Board) Pairings() []Pairing {
	p := b.pairing
	p.mu.Lock()
	defer p.mu.Unlock()
	list := []Pairing{}
	for _, a := range p.attempts {
		if a.live() || time.Since(a.Since) < keepOutcome {
			list = append(list, a.Pairing)
		}
	}
	return list
}

// begin starts to call, unless another pairing is under way.
func (p *pairing) begin(device index.DeviceID, addrs []netip.AddrPort) (*attempt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if a := p.current(); a != nil {
		if a.meant(device, unmapped(addrs)) {
			return a, nil
		}
		return nil, errors.New("another pairing is under way: answer that first")
	}
	if device == p.b.ID() {
		return nil, errors.New("that is this device")
	}
	if err := p.limit.allows(now, false); err != nil {
		return nil, err
	}
	p.limit.begun()
	a := p.add(Pairing{Device: device, State: PairAsking, Since: now})
	a.addrs = unmapped(addrs)
	ctx, cancel := context.WithCancel(context.Background())
	a.abandon = cancel
	if !p.b.start(func() { p.call(ctx, a, device) }) {
		cancel()
		p.attempts = p.attempts[:len(p.attempts)-1]
		return nil, errStopped
	}
	return a, nil
}

// current returns the attempt under way, or nil.
func (p *pairing) current() *attempt {
	if n := len(p.attempts); n > 0 && p.attempts[n-1].live() {
		return p.attempts[n-1]
	}
	return nil
}

func (p *pairing) add(x Pairing) *attempt {
	p.last++
	x.ID = strconv.Itoa(p.last)
	a := &attempt{Pairing: x, answers: make(chan bool, 1), settled: make(chan struct{}), joined: make(chan struct{})}
	p.attempts = append(p.attempts, a)
	if len(p.attempts) > maxOutcomes {
		p.attempts = p.attempts[1:]
	}
	return a
}

// adopt decides what becomes of a call from a device that wants to pair: a new
// attempt, or the one that we began ourselves and which its call now carries.
func (p *pairing) adopt(l *line, hello introduction) (*attempt, abortReason, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, name := time.Now(), printable(hello.name, maxName)
	addrs := []netip.AddrPort{netip.AddrPortFrom(l.from().Addr(), hello.port)}
	a := p.current()
	if a == nil {
		if p.limit.allows(now, true) != nil {
			return nil, abortPaused, false
		}
		a = p.add(Pairing{Device: l.device, Name: name, Incoming: true, State: PairAsking, Since: now})
		a.addrs = addrs
		return a, 0, true
	}
	if why, ok := p.joins(a, l.device, addrs); !ok {
		return nil, why, false
	}
	a.taken = true
	close(a.joined)
	a.abandon()
	a.Device, a.Name = l.device, name
	return a, 0, true
}

// joins reports whether a call from there may take the place of ours. When both
// people press the button, the lower ID is the initiator; but as long as our
// call has not got through, theirs is the better one.
func (p *pairing) joins(a *attempt, device index.DeviceID, addrs []netip.AddrPort) (abortReason, bool) {
	if !a.meant(device, addrs) || a.Incoming || a.taken || a.State != PairAsking {
		return abortBusy, false
	}
	if a.greeted && p.b.ID().Compare(device) < 0 {
		return abortCrossed, false
	}
	return 0, true
}

// change edits an attempt and has it shown.
func (p *pairing) change(edit func()) {
	p.mu.Lock()
	edit()
	p.mu.Unlock()
	p.b.cfg.Changed()
}

// finish notes how an attempt ended. The failure of a call that never got through
// does not count.
func (p *pairing) finish(a *attempt, err error) {
	var log *slog.Logger
	p.change(func() {
		log = p.b.cfg.Log.With("device", a.Device.Brief(), "incoming", a.Incoming)
		a.Since = time.Now()
		if a.Code == "" {
			close(a.settled)
		}
		if err == nil {
			a.State = PairDone
			p.limit.succeeded()
			return
		}
		a.State, a.Reason = PairFailed, err.Error()
		if a.begun {
			p.limit.failed(a.Since)
		}
	})
	if err != nil {
		log.Warn("pairing failed", "err", err)
		return
	}
	log.Info("paired")
}
