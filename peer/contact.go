package peer

import (
	"net/netip"
	"slices"
	"time"

	"kith/index"
)

// What is remembered of other devices.
const (
	maxContacts  = 256 // devices
	maxAddresses = 16  // of one device
)

// contact is what the board knows of one device. All of it is guarded by the
// board's lock, except wake.
type contact struct {
	id       index.DeviceID
	name     string
	app      string
	addrs    []netip.AddrPort // the latest hint first
	lastSeen time.Time
	lastErr  error

	session    *Session   // from before Up until after Down
	claim      *claim     // who is about to make the next session
	keyholders keyholders // that use its key, if there is more than one
	hurry      bool       // try at once
	left       bool       // forgotten

	wake chan struct{} // something above changed that the caller may wait for
}

// claim is held by the one connection that may become the next session with a
// device.
type claim struct {
	outgoing bool
	drop     func()        // ends the attempt
	over     chan struct{} // closed when it has become a session, or has failed
}

func (c *contact) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// learn puts addresses in front of those known. It reports whether one is new.
func (c *contact) learn(addrs []netip.AddrPort) bool {
	fresh := false
	var list []netip.AddrPort
	for _, a := range addrs {
		a = netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
		if sensible(a) && !slices.Contains(list, a) {
			list = append(list, a)
			fresh = fresh || !slices.Contains(c.addrs, a)
		}
	}
	for _, a := range c.addrs {
		if !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	c.addrs = list[:min(len(list), maxAddresses)]
	return fresh
}

// sensible reports whether one device can be reached at an address.
func sensible(a netip.AddrPort) bool {
	ip := a.Addr()
	return a.Port() != 0 && ip.IsValid() && !ip.IsUnspecified() && !ip.IsMulticast() &&
		ip != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// PeerStatus is what the board knows of one device, as a value.
type PeerStatus struct {
	ID        index.DeviceID
	Name      string // what it calls itself; empty until it was met
	Connected bool
	Addrs     []netip.AddrPort
	LastSeen  time.Time // zero: not since the program started
	App       string    // version of its program
	LastError error     // why there is no conversation, if that is known
	Session   *Session  // nil unless Connected
}

func (c *contact) status(now time.Time, twinMemory time.Duration) PeerStatus {
	s := PeerStatus{ID: c.id, Name: c.name, Connected: c.session != nil, Addrs: slices.Clone(c.addrs),
		LastSeen: c.lastSeen, App: c.app, LastError: c.lastErr, Session: c.session}
	if s.Connected {
		s.LastSeen = now
	} else if c.keyholders.several(now, twinMemory) {
		s.LastError = ErrTwins
	}
	return s
}
