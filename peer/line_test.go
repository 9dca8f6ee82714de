package peer

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kith/peer/wire"
)

func mustAddr(s string) netip.Addr { return netip.MustParseAddr(s) }

// nth returns one of many addresses.
func nth(i int) netip.Addr { return netip.AddrFrom4([4]byte{203, 0, byte(i >> 8), byte(i)}) }

// drip sends a frame of 1 MiB byte by byte, at a pace, while all else is well.
func drip(t *testing.T, pace time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		c1, c2 := net.Pipe()
		d1, d2 := net.Pipe()
		var others sync.WaitGroup
		defer others.Wait()
		defer c2.Close()
		defer d2.Close()
		for _, c := range []net.Conn{c2, d2} {
			others.Go(func() { swallow(c) })
		}
		s := newSession(wire.Hello{}, newLine(c1), newLine(d1), newHolding(nil).handler(), new(buffers))
		others.Go(func() { keepAlive(d2) })
		others.Go(func() {
			c2.Write([]byte{0, 0x10, 0, 0, byte(wire.TypeUpdate)})
			for {
				time.Sleep(pace)
				if _, err := c2.Write([]byte{0}); err != nil {
					return
				}
			}
		})
		start := time.Now()
		if err := s.run(); !errors.Is(err, ErrSilent) {
			t.Errorf("ended with %v", err)
		}
		if d := time.Since(start); d > frameGrace+silence {
			t.Errorf("after %v", d)
		}
	})
}

func swallow(c net.Conn) {
	for b := make([]byte, 1000); ; {
		if _, err := c.Read(b); err != nil {
			return
		}
	}
}

func keepAlive(c net.Conn) {
	w := wire.NewWriter(c)
	for {
		time.Sleep(pingEvery)
		if w.Write(new(wire.Ping)) != nil {
			return
		}
	}
}

// A frame that makes progress is waited for, however large.
func TestLargeFrameMayTakeItsTime(t *testing.T) {
	m := &meter{}
	m.count(1)
	start := m.frameStart
	m.count(10 << 20)
	if m.frameStart != start || m.frameBytes != 10<<20+1 {
		t.Errorf("counted %d since %v", m.frameBytes, m.frameStart)
	}
	m.between()
	if !m.frameStart.IsZero() {
		t.Error("the frame goes on")
	}
}

func TestStrangerCannotSayMuch(t *testing.T) {
	near, far := net.Pipe()
	l := newLine(near)
	defer l.Close()
	go func() {
		defer far.Close()
		far.Write(make([]byte, 2*maxUnproven))
	}()
	total := 0
	for b := make([]byte, 10000); ; {
		n, err := l.meter.Read(b)
		if total += n; err != nil {
			if !errors.Is(err, errTalkative) {
				t.Errorf("got %v", err)
			}
			break
		}
	}
	if total != maxUnproven {
		t.Errorf("read %d bytes", total)
	}
}
