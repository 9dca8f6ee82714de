package peer

import (
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"kith/index"
	"kith/peer/wire"
)

// How long a conversation may be silent.
const (
	pingEvery  = 5 * time.Second
	silence    = 15 * time.Second
	stalled    = 60 * time.Second // a write that nobody takes in that time has failed
	frameGrace = 30 * time.Second // a frame that has begun may take that long,
	frameRate  = 1 << 10          // and a second more for each so many bytes
)

// line is one of the two connections of a session.
type line struct {
	conn   net.Conn // what is spoken to: TLS, usually
	wide   *wide    // below it
	meter  *meter   // below that
	in     *wire.Reader
	device index.DeviceID // who is at the other end, once that is proven
	closed chan struct{}  // closed by Close
	close  sync.Once
}

// newLine makes a line of a connection. Until trust is called it cannot be read
// beyond what it takes to prove who one is.
func newLine(raw net.Conn) *line {
	m := &meter{Conn: raw}
	m.allowance.Store(maxUnproven)
	return &line{conn: m, wide: &wide{meter: m}, meter: m, in: wire.NewReader(m), closed: make(chan struct{})}
}

// secure puts the line under TLS.
func (l *line) secure(conn *tls.Conn, device index.DeviceID) {
	l.conn, l.in, l.device = conn, wire.NewReader(conn), device
}

// Close closes the connection without a word, so that it never has to wait.
func (l *line) Close() {
	l.close.Do(func() {
		l.meter.Conn.Close()
		close(l.closed)
	})
}

// tell writes a message while nobody else writes.
func (l *line) tell(m wire.Message) error { return wire.NewWriter(l.conn).Write(m) }

// from returns the address of the other end.
func (l *line) from() netip.AddrPort {
	tcp, ok := l.meter.Conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	a := tcp.AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// meter counts what passes a connection and gives up when it stalls.
type meter struct {
	net.Conn
	in, out   atomic.Int64 // bytes
	heard     atomic.Int64 // when something last came, in ns since 1970
	allowance atomic.Int64 // bytes that may still be read; negative: any number

	// Used by the goroutine that reads, once the line is trusted.
	trusted    bool
	frameStart time.Time // zero between two frames
	frameBytes int64
}

var errTalkative = errors.New("says too much before it has proven who it is")

// trust lifts the limits for strangers; from now on silence ends the line.
func (m *meter) trust() {
	m.trusted = true
	m.allowance.Store(-1)
	m.heard.Store(time.Now().UnixNano())
}

// between tells that a frame has been read to its end, or that it was not read on
// for a while: the time that it may take begins anew.
func (m *meter) between() { m.frameStart, m.frameBytes = time.Time{}, 0 }

func (m *meter) Read(b []byte) (int, error) {
	if left := m.allowance.Load(); left >= 0 {
		if left == 0 {
			return 0, errTalkative
		}
		b = b[:min(int64(len(b)), left)]
	}
	if m.trusted {
		if err := m.wait(); err != nil {
			return 0, err
		}
	}
	n, err := m.Conn.Read(b)
	m.count(n)
	return n, err
}

// wait sets until when the next bytes must have come.
func (m *meter) wait() error {
	until := time.Now().Add(silence)
	if !m.frameStart.IsZero() {
		slowest := m.frameStart.Add(frameGrace + time.Duration(m.frameBytes)*time.Second/frameRate)
		if slowest.Before(until) {
			until = slowest
		}
	}
	return m.Conn.SetReadDeadline(until)
}

func (m *meter) count(n int) {
	if n == 0 {
		return
	}
	m.in.Add(int64(n))
	now := time.Now()
	m.heard.Store(now.UnixNano())
	if m.allowance.Load() > 0 {
		m.allowance.Add(-int64(n))
	}
	if m.frameBytes += int64(n); m.frameStart.IsZero() {
		m.frameStart = now
	}
}

func (m *meter) Write(b []byte) (int, error) {
	if m.trusted {
		if err := m.Conn.SetWriteDeadline(time.Now().Add(stalled)); err != nil {
			return 0, err
		}
	}
	m.out.Add(int64(len(b))) // before the other side can have counted it
	n, err := m.Conn.Write(b)
	m.out.Add(int64(n - len(b)))
	return n, err
}

// plainly says what a network error comes to for a person.
func plainly(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ErrSilent
	}
	return err
}
