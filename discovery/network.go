package discovery

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// network is what the interfaces of this machine were at one moment.
type network struct {
	links    []link
	loopback bool // links holds a loopback, and nothing else
}

// link is an interface that we use.
type link struct {
	iface  net.Interface
	nets   []netip.Prefix // its addresses, each with the length of its prefix; none of fe80::/10
	v4, v6 bool           // which families it has any address of
}

// carrierGrade is what providers and overlay networks number their machines from (RFC 6598).
var carrierGrade = netip.MustParsePrefix("100.64.0.0/10")

// lookAround asks the system for its interfaces and returns those that choose
// accepts; see Config.Interfaces.
func lookAround(choose func(net.Interface) bool) (network, error) {
	if choose == nil {
		choose = usual
	}
	all, err := net.Interfaces()
	if err != nil {
		return network{}, fmt.Errorf("list interfaces: %w", err)
	}
	var found []link
	for _, iface := range all {
		const ready = net.FlagUp | net.FlagRunning
		if iface.Flags&ready != ready || !choose(iface) {
			continue
		}
		addrs, err := iface.Addrs()
		if err != nil {
			continue // it went away since it was listed
		}
		if l := linkOf(iface, addrs); len(l.nets) > 0 {
			found = append(found, l)
		}
	}
	return networkOf(found), nil
}

func usual(iface net.Interface) bool {
	const never = net.FlagLoopback | net.FlagPointToPoint
	return iface.Flags&net.FlagMulticast != 0 && iface.Flags&never == 0
}

func linkOf(iface net.Interface, addrs []net.Addr) link {
	l := link{iface: iface}
	for _, a := range addrs {
		ipnet, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		addr, _ := netip.AddrFromSlice(ipnet.IP)
		addr = addr.Unmap()
		l.v4 = l.v4 || addr.Is4()
		l.v6 = l.v6 || addr.Is6()
		if addr.Is6() && addr.IsLinkLocalUnicast() {
			continue // cannot be dialled without a zone, which differs by machine
		}
		if bits, _ := ipnet.Mask.Size(); addr.IsValid() {
			l.nets = append(l.nets, netip.PrefixFrom(addr, bits))
		}
	}
	slices.SortFunc(l.nets, comparePrefix)
	return l
}

// networkOf leaves out loopback if there is anything else.
func networkOf(links []link) network {
	isLoopback := func(l link) bool { return l.iface.Flags&net.FlagLoopback != 0 }
	others := slices.DeleteFunc(slices.Clone(links), isLoopback)
	if len(others) == 0 && len(links) > 0 {
		return network{links: links, loopback: true}
	}
	return network{links: others}
}

// equal reports whether nothing changed that matters to us.
func (n network) equal(m network) bool {
	return slices.EqualFunc(n.links, m.links, func(a, b link) bool {
		return a.iface.Index == b.iface.Index && a.iface.Name == b.iface.Name &&
			a.v4 == b.v4 && a.v6 == b.v6 && slices.Equal(a.nets, b.nets)
	})
}

func (n network) interfaces() []net.Interface {
	var out []net.Interface
	for _, l := range n.links {
		out = append(out, l.iface)
	}
	return out
}

// families reports which kinds of addresses there are.
func (n network) families() (v4, v6 bool) {
	for _, l := range n.links {
		v4, v6 = v4 || l.v4, v6 || l.v6
	}
	return v4, v6
}

// addrs returns the addresses to announce, at most MaxAddrs, those that are
// most likely of use first.
func (n network) addrs() []netip.Addr {
	var all []netip.Addr
	for _, l := range n.links {
		for _, p := range l.nets {
			if !slices.Contains(all, p.Addr()) {
				all = append(all, p.Addr())
			}
		}
	}
	slices.SortStableFunc(all, func(a, b netip.Addr) int { return cmp.Compare(rank(a), rank(b)) })
	return all[:min(len(all), MaxAddrs)]
}

func rank(a netip.Addr) int {
	switch {
	case a.Is4() && a.IsPrivate():
		return 0
	case a.Is4():
		return 1
	case a.IsPrivate():
		return 2
	}
	return 3
}

// has reports whether an address is one of this machine.
func (n network) has(a netip.Addr) bool {
	return a.IsLoopback() || slices.ContainsFunc(n.links, func(l link) bool {
		return slices.ContainsFunc(l.nets, func(p netip.Prefix) bool { return p.Addr().Unmap() == a })
	})
}

// worthTrying reports whether an address that somebody named may be dialled:
// one of a private network, or one on a link of ours. It keeps a stranger from
// making us call machines on the Internet.
func (n network) worthTrying(a netip.Addr) bool {
	switch {
	case !a.IsValid() || a.IsUnspecified() || a.IsMulticast() || a.Zone() != "":
		return false
	case a.IsLoopback():
		return n.loopback
	case a.IsLinkLocalUnicast():
		return a.Is4()
	case a.IsPrivate() || carrierGrade.Contains(a):
		return true
	}
	return slices.ContainsFunc(n.links, func(l link) bool {
		return slices.ContainsFunc(l.nets, func(p netip.Prefix) bool { return p.Masked().Contains(a) })
	})
}

func comparePrefix(a, b netip.Prefix) int {
	return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
}
