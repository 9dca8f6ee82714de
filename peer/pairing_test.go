package peer

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"kith/index"
)

// latest returns the latest pairing of a device, or nothing.
func (d *device) latest() Pairing {
	if list := d.Pairings(); len(list) > 0 {
		return list[len(list)-1]
	}
	return Pairing{}
}

func (d *device) awaitState(s PairState) Pairing {
	d.t.Helper()
	d.await("pairing is "+string(s)+", not "+string(d.latest().State), func() bool { return d.latest().State == s })
	return d.latest()
}

// ask makes a ask b, and returns when both show the code.
func ask(t *testing.T, a, b *device) (pa, pb Pairing) {
	t.Helper()
	if _, err := a.Pair(t.Context(), index.DeviceID{}, b.addr()); err != nil {
		t.Fatal(err)
	}
	return a.awaitState(PairWaiting), b.awaitState(PairWaiting)
}

func (d *device) say(p Pairing, yes bool) {
	d.t.Helper()
	if err := d.Answer(p.ID, yes); err != nil {
		d.t.Fatal(err)
	}
}

func TestTwoPeoplePair(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	pa, pb := ask(t, a, b)
	if pa.Code != pb.Code || len(pa.Code) != 6 {
		t.Errorf("codes %q and %q", pa.Code, pb.Code)
	}
	if pa.Device != b.ID() || pb.Device != a.ID() || pa.Incoming || !pb.Incoming || pb.Name != "device "+a.ID().Brief() {
		t.Errorf("shown: %+v and %+v", pa, pb)
	}
	a.say(pa, true)
	a.awaitState(PairConfirmedHere)
	if len(a.paired)+len(b.paired) != 0 {
		t.Error("trusted after one yes")
	}
	b.say(pb, true)
	if receive(t, "a", a.paired) != b.ID() || receive(t, "b", b.paired) != a.ID() {
		t.Error("paired with somebody else")
	}
	a.awaitState(PairDone)
	b.awaitState(PairDone)
	receive(t, "session", a.up)
	receive(t, "session", b.up)
}

func TestNoOnEitherSideEndsIt(t *testing.T) {
	for name, asked := range map[string]bool{"who asked": false, "who was asked": true} {
		t.Run(name, func(t *testing.T) {
			a, b := newDevice(t), newDevice(t)
			pa, pb := ask(t, a, b)
			if asked {
				a.say(pa, true)
				b.say(pb, false)
			} else {
				b.say(pb, true)
				a.say(pa, false)
			}
			for _, d := range []*device{a, b} {
				if p := d.awaitState(PairFailed); p.Reason == "" {
					t.Error("without a reason")
				}
			}
			if len(a.paired)+len(b.paired) != 0 {
				t.Error("trusted")
			}
		})
	}
}

func TestBothAskAtOnce(t *testing.T) {
	for range 10 {
		a, b := newDevice(t), newDevice(t)
		var both sync.WaitGroup
		for _, x := range [][2]*device{{a, b}, {b, a}} {
			both.Go(func() {
				if _, err := x[0].Pair(t.Context(), x[1].ID(), x[1].addr()); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		pa, pb := a.awaitState(PairWaiting), b.awaitState(PairWaiting)
		if pa.Code != pb.Code || len(a.Pairings()) != 1 || len(b.Pairings()) != 1 {
			t.Fatalf("a shows %+v, b shows %+v", a.Pairings(), b.Pairings())
		}
		a.say(pa, true)
		b.say(pb, true)
		receive(t, "a", a.paired)
		receive(t, "b", b.paired)
		a.stop()
		b.stop()
	}
}

func TestAskingWhoAsksJoins(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	_, pb := ask(t, a, b)
	id, err := b.Pair(t.Context(), a.ID(), a.addr())
	if err != nil || id != pb.ID {
		t.Errorf("got %q, %v", id, err)
	}
}

func TestAskingAnAddressThatAsksJoins(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	_, pb := ask(t, a, b)
	id, err := b.Pair(t.Context(), index.DeviceID{}, a.addr())
	if err != nil || id != pb.ID {
		t.Errorf("got %q, %v", id, err)
	}
}

func TestOneIsLostAndPairsAgain(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	a.allow(b.ID(), true) // a still trusts b; b lost its state
	pa, pb := ask(t, a, b)
	a.say(pa, true)
	b.say(pb, true)
	receive(t, "a", a.paired)
	receive(t, "b", b.paired)
	receive(t, "session", a.up)
}

func TestOnePairingAtATime(t *testing.T) {
	a, b, c := newDevice(t), newDevice(t), newDevice(t)
	ask(t, a, b)
	if _, err := c.Pair(t.Context(), b.ID(), b.addr()); err == nil || !strings.Contains(err.Error(), "another device") {
		t.Errorf("got %v", err)
	}
	if _, err := a.Pair(t.Context(), c.ID(), c.addr()); err == nil {
		t.Error("a second one began")
	}
	if n := len(b.Pairings()); n != 1 {
		t.Errorf("%d prompts", n)
	}
}

func TestPairingEndsWithTheConnection(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	pa, pb := ask(t, a, b)
	b.say(pb, true)
	a.stop()
	if p := b.awaitState(PairFailed); p.Reason == "" || len(b.paired) != 0 {
		t.Errorf("shown %+v", p)
	}
	if err := a.Answer(pa.ID, true); err == nil {
		t.Error("a pairing that is over was answered")
	}
}

func TestPairingThatGivesUpIsVisible(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	nobody := []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:9")}
	if _, err := a.Pair(t.Context(), b.ID(), nobody); err == nil {
		t.Error("paired with nobody")
	}
	a.awaitState(PairFailed)
	if _, err := a.Pair(t.Context(), a.ID(), a.addr()); err == nil {
		t.Error("paired with itself")
	}
	if _, err := a.Pair(t.Context(), index.DeviceID{}, a.addr()); err == nil {
		t.Error("paired with itself by its address")
	}
	if _, err := a.Pair(t.Context(), b.ID(), newDevice(t).addr()); err == nil {
		t.Error("paired with another one than was meant")
	}
	if _, err := a.Pair(ctx, b.ID(), b.addr()); !errors.Is(err, context.Canceled) {
		t.Errorf("given up before it began: %v", err)
	}
}

func TestTrustThatCannotBeKeptFails(t *testing.T) {
	a, b := newDevice(t), newDevice(t, func(c *Config) {
		c.Paired = func(index.DeviceID, string, []netip.AddrPort) error { return errors.New("disk is full") }
	})
	pa, pb := ask(t, a, b)
	a.say(pa, true)
	b.say(pb, true)
	if p := b.awaitState(PairFailed); !strings.Contains(p.Reason, "disk is full") {
		t.Errorf("reason %q", p.Reason)
	}
}

func TestFailedPairingsMakeAPause(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	for range failuresBeforePause {
		_, pb := ask(t, a, b)
		b.say(pb, false)
		a.awaitState(PairFailed)
		b.awaitState(PairFailed)
	}
	if _, err := a.Pair(t.Context(), b.ID(), b.addr()); err == nil || !strings.Contains(err.Error(), "wait") {
		t.Errorf("a: %v", err)
	}
	c := newDevice(t)
	if _, err := c.Pair(t.Context(), b.ID(), b.addr()); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("c: %v", err)
	}
}

func TestLimitOfFailures(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var l pairLimit
	for i := range failuresADay {
		if err := l.allows(now, true); err != nil {
			t.Fatalf("failure %d: %v", i, err)
		}
		l.failed(now)
		now = now.Add(2 * failurePause)
	}
	if err := l.allows(now, true); !errors.Is(err, errInterference) {
		t.Errorf("got %v", err)
	}
	if err := l.allows(now, false); err != nil {
		t.Errorf("a person here: %v", err)
	}
	if l.begun(); l.allows(now, true) != nil {
		t.Error("still closed after a person began one")
	}
	l.failed(now)
	if l.allows(now.Add(25*time.Hour), true) != nil || len(l.failures) != 0 {
		t.Error("remembered for ever")
	}
}

func TestNamesAreHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"Anna's laptop":                "Anna's laptop",
		"  tabs\tand\nlines  ":         "tabsandlines",
		"\x1b[31mred\u202egnp.exe":     "[31mredgnp.exe",
		"\xff\xfe":                     "",
		strings.Repeat("ä", 40):        strings.Repeat("ä", 32),
		"zero\u200bwidth \u2066and so": "zerowidth and so",
	} {
		if got := printable(in, maxName); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
}
