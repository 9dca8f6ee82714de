package discovery

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// Multicast DNS, RFC 6762.
const (
	mdnsPort  = 5353
	maxPacket = 9000 // bytes; section 17
)

// A flood must not cost more than this: so many packets about our service are
// read in a second, and then none for a while, during which the system drops
// them for less than we could.
const (
	perSec = 200
	deaf   = 50 * time.Millisecond
)

// ear hears what is said without being asked for: devices that come and go, and
// the answers to other devices' questions. It shares the port with every other
// mDNS program on the machine.
type ear struct {
	conns   []*net.UDPConn
	readers sync.WaitGroup
}

// listen opens an ear on the network n. What it hears goes to answers, or
// nowhere when nobody is ready to take it.
func listen(n network, answers chan<- answer) (*ear, error) {
	e := &ear{}
	v4, v6 := n.families()
	var errs []error
	if v4 {
		errs = append(errs, e.open("udp4", net.IPv4(224, 0, 0, 0), net.IPv4(224, 0, 0, 251), n.interfaces()))
	}
	if v6 {
		errs = append(errs, e.open("udp6", net.ParseIP("ff02::"), net.ParseIP("ff02::fb"), n.interfaces()))
	}
	for _, conn := range e.conns {
		e.readers.Go(func() { read(conn, answers) })
	}
	if len(e.conns) == 0 {
		return nil, errors.Join(errs...)
	}
	return e, nil
}

// open listens to a multicast group on those interfaces that take part in it.
// Naming a multicast address makes the port shared; which one does not matter.
func (e *ear) open(family string, wildcard, group net.IP, ifaces []net.Interface) error {
	conn, err := net.ListenUDP(family, &net.UDPAddr{IP: wildcard, Port: mdnsPort})
	if err != nil {
		return fmt.Errorf("listen to the network: %w", err)
	}
	join := ipv4.NewPacketConn(conn).JoinGroup
	if family == "udp6" {
		join = ipv6.NewPacketConn(conn).JoinGroup
	}
	joined := false
	for i := range ifaces {
		if err = join(&ifaces[i], &net.UDPAddr{IP: group}); err == nil {
			joined = true
		}
	}
	if !joined {
		conn.Close()
		return fmt.Errorf("join group %v: %w", group, err)
	}
	e.conns = append(e.conns, conn)
	return nil
}

// close returns when nothing is heard any more.
func (e *ear) close() {
	for _, c := range e.conns {
		c.Close()
	}
	e.readers.Wait()
}

// read hands on what is heard until the socket is closed.
func read(conn *net.UDPConn, answers chan<- answer) {
	buf := make([]byte, maxPacket+1)
	budget := credit{rate: perSec}
	for {
		n, _, err := conn.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // a network that went away, or on Windows a packet that is too long
			if !budget.take(time.Now()) {
				return // it does not pass; questions are still asked
			}
			continue
		case n > maxPacket || !concernsUs(buf[:n]):
			continue
		case !budget.take(time.Now()):
			time.Sleep(deaf)
			continue
		}
		for _, a := range parsePacket(buf[:n]) {
			select {
			case answers <- a:
			default:
			}
		}
	}
}
