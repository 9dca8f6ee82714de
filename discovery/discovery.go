// Package discovery says who is near: it announces this device on the local
// network by multicast DNS and reports the devices that announce themselves.
// Where multicast is filtered, or multicast DNS goes out on the wrong interface, a
// beacon does it: a broadcast of its own, quiet where it is not needed.
//
// What it reports are hints. Anybody on the network can announce anything, and
// anybody can be silenced; who a device is, and whether it is there, is settled
// by a connection to it. So a Sighting is an address to try, nothing more.
//
// Timing, measured on a network that loses nothing: a device that starts, comes
// back on another port or gets another address is seen within a second or two;
// one that dies without a word is reported lost between 9 and 10 seconds later.
package discovery

import (
	"context"
	"log/slog"
	"net"
	"net/netip"

	"golang.org/x/sync/errgroup"

	"kith/index"
)

// Self is what is announced.
type Self struct {
	Device index.DeviceID
	Name   string // what people call the device; cut after MaxName characters
	Port   int    // TCP; zero: not to be reached yet, so not announced
}

// Sighting says that a device calling itself Device says it can be reached at
// Addrs. It is unproven. A device is sighted again whenever its name or its
// addresses change.
type Sighting struct {
	Device index.DeviceID
	Name   string           // printable, at most MaxName characters, may be empty
	Addrs  []netip.AddrPort // at most MaxAddrs, those that came last first
	Lost   bool             // it has not been heard for a while; Addrs is empty
}

// What a device may say of itself at most; the rest is left out.
const (
	MaxName  = 32 // characters
	MaxAddrs = 8
)

// Config is what Run needs. The functions are called one at a time, from one
// goroutine, and must not block.
type Config struct {
	Self func() Self    // asked every few seconds
	Saw  func(Sighting) // called for each change of who is near

	// NetworkChanged, if set, is called when the usable interfaces or their
	// addresses changed, and after the machine slept: a good moment to dial
	// again and to look whether connections still stand.
	NetworkChanged func()

	// Interfaces, if set, chooses among the interfaces that are up. The usual is
	// every one that does multicast, except point-to-point links and loopback. A
	// loopback that is chosen serves only while nothing else does: then the
	// devices on one machine see each other without a network.
	Interfaces func(net.Interface) bool

	Log *slog.Logger // nil: silent
}

// Run announces and watches until ctx ends, then says goodbye and returns nil.
// No state of the network makes it fail: where nothing can be announced or
// heard it logs why and tries again.
//
// The mDNS library beneath writes a line to the standard logger (package log)
// when it cannot announce by one of IPv4 and IPv6; a program that does not want
// that on its standard error sets that logger's output.
func Run(ctx context.Context, cfg Config) error { return New(cfg).Run(ctx) }

// Run is Run of the package, for who wants to Check.
func (s *Scout) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := watchInterfaces(ctx, s.moved); err != nil {
			s.log.Debug("interfaces are only polled", "cause", err)
		}
		return nil
	})
	g.Go(func() error {
		s.run(ctx)
		return nil
	})
	return g.Wait()
}
