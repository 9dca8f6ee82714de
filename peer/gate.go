package peer

import (
	"net/netip"
	"sync"
)

// How many connections may be open before they have proven who they are.
const (
	maxStrangers = 64 // in all
	maxKnown     = 16 // more, from addresses at which paired devices were met
	perAddress   = 4
	perLoopback  = 8
)

// gate counts connections of which it is not known yet whose they are.
type gate struct {
	mu     sync.Mutex // guards what follows
	from   map[netip.Addr]int
	inside int
}

// enter lets a connection in, or not. Who was let in must leave.
func (g *gate) enter(from netip.Addr, known bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	key, limit, most := source(from), perAddress, maxStrangers
	if from.IsLoopback() {
		limit = perLoopback
	}
	if known {
		most += maxKnown
	}
	if g.inside >= most || g.from[key] >= limit {
		return false
	}
	if g.from == nil {
		g.from = map[netip.Addr]int{}
	}
	g.from[key]++
	g.inside++
	return true
}

func (g *gate) leave(from netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := source(from)
	g.inside--
	if g.from[key]--; g.from[key] == 0 {
		delete(g.from, key)
	}
}

// source is what counts as one address: of IPv6, the network of 64 bits, since
// one host has all of it.
func source(a netip.Addr) netip.Addr {
	if a = a.Unmap(); a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil && !a.IsLoopback() {
			return p.Addr()
		}
	}
	return a
}
