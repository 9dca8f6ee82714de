package discovery

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// air is the socket of the beacon: it hears broadcasts, and sends them.
type air struct {
	conn   *net.UDPConn
	to     []netip.AddrPort
	reader sync.WaitGroup
}

// tune opens the beacon's socket. What it hears goes to answers, or nowhere when
// nobody is ready to take it. The port is shared with other Kiths on the machine.
func tune(n network, answers chan<- answer) (*air, error) {
	a := &air{}
	for _, addr := range n.broadcasts() {
		a.to = append(a.to, netip.AddrPortFrom(addr, BeaconPort))
	}
	if len(a.to) == 0 {
		return nil, nil // a network without IPv4 has no broadcast
	}
	var err error
	shared := &net.UDPAddr{IP: net.IPv4(224, 0, 0, 0), Port: BeaconPort} // as in ear.open
	if a.conn, err = net.ListenUDP("udp4", shared); err != nil {
		return nil, fmt.Errorf("listen to broadcasts: %w", err)
	}
	a.reader.Go(func() { a.read(answers) })
	return a, nil
}

// send sends a beacon to all links. It fails if it could be sent on none.
func (a *air) send(b beacon) error {
	packet := b.encode()
	var errs []error
	for _, to := range a.to {
		if _, err := a.conn.WriteToUDPAddrPort(packet, to); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) == len(a.to) {
		return fmt.Errorf("broadcast: %w", errs[0])
	}
	return nil
}

// close returns when nothing is heard any more.
func (a *air) close() {
	if a != nil {
		a.conn.Close()
		a.reader.Wait()
	}
}

// read hands on what is heard until the socket is closed. A flood costs no more
// than one of multicast does.
func (a *air) read(answers chan<- answer) {
	buf := make([]byte, maxBeacon+1)
	budget := credit{rate: perSec}
	for {
		n, from, err := a.conn.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case !budget.take(time.Now()):
			time.Sleep(deaf)
			continue
		case err != nil: // on Windows also a packet that is too long, or one that nobody took
			continue
		}
		b, err := parseBeacon(buf[:n])
		if err != nil {
			continue
		}
		select {
		case answers <- answer{beacon: &b, from: from.Addr()}:
		default:
		}
	}
}
