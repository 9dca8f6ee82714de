package discovery

import (
	"net"
	"net/netip"
	"slices"
	"testing"
)

func TestAddressesWorthTrying(t *testing.T) {
	atHome, alone := home(), network{loopback: true}
	for addr, want := range map[string]bool{
		"10.1.2.3":        true,
		"172.16.0.1":      true,
		"172.32.0.1":      false, // just beyond the private ones
		"192.168.1.1":     true,
		"169.254.7.7":     true, // no DHCP here
		"100.64.0.1":      true, // an overlay network
		"100.128.0.1":     false,
		"192.0.2.77":      true, // public, but on our own link
		"192.0.3.77":      false,
		"8.8.8.8":         false,
		"0.0.0.0":         false,
		"127.0.0.1":       false,
		"224.0.0.251":     false,
		"255.255.255.255": false,
		"fd12::1":         true,
		"fe80::1":         false, // of which interface?
		"fe80::1%eth0":    false,
		"2001:db8:1::99":  true,
		"2001:db8:2::99":  false,
		"::1":             false,
		"::":              false,
		"ff02::fb":        false,
	} {
		if got := atHome.worthTrying(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %v, want %v", addr, got, want)
		}
	}
	if !alone.worthTrying(netip.MustParseAddr("127.0.0.1")) {
		t.Error("without a network, loopback is not worth trying")
	}
}

func TestLoopbackServesOnlyAlone(t *testing.T) {
	lo := link{iface: net.Interface{Name: "lo", Flags: net.FlagLoopback}}
	eth := link{iface: net.Interface{Name: "eth0"}}
	for name, c := range map[string]struct {
		links []link
		want  []string
		lo    bool
	}{
		"nothing":      {nil, nil, false},
		"alone":        {[]link{lo}, []string{"lo"}, true},
		"with another": {[]link{lo, eth}, []string{"eth0"}, false},
	} {
		n := networkOf(c.links)
		var got []string
		for _, i := range n.interfaces() {
			got = append(got, i.Name)
		}
		if !slices.Equal(got, c.want) || n.loopback != c.lo {
			t.Errorf("%s: %v, loopback %v", name, got, n.loopback)
		}
	}
}

func TestInterfacesThatAreUsed(t *testing.T) {
	const on, many, tunnel, lo = net.FlagUp | net.FlagRunning, net.FlagBroadcast | net.FlagMulticast, net.FlagPointToPoint, net.FlagLoopback
	for name, c := range map[string]struct {
		flags net.Flags
		want  bool
	}{
		"a cable, a Wi-Fi, a bridge, a VPN like them": {on | many, true},
		"a tunnel":                       {on | tunnel | net.FlagMulticast, false},
		"a tunnel without multicast":     {on | tunnel, false},
		"one that does no multicast":     {on | net.FlagBroadcast, false},
		"this machine's own":             {on | lo, false},
		"this machine's, with multicast": {on | lo | net.FlagMulticast, false},
	} {
		if got := usual(net.Interface{Name: "x0", Flags: c.flags}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestAnnouncedAddresses(t *testing.T) {
	addrs := func(list ...string) (out []net.Addr) {
		for _, s := range list {
			ip, ipnet, err := net.ParseCIDR(s)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, &net.IPNet{IP: ip, Mask: ipnet.Mask})
		}
		return out
	}
	for name, c := range map[string]struct {
		has, want []string
	}{
		"those most likely of use come first": {
			[]string{"2001:db8::1/64", "fd00::1/64", "192.0.2.1/24", "10.0.0.1/8"},
			[]string{"10.0.0.1", "192.0.2.1", "fd00::1", "2001:db8::1"}},
		"those without a zone do not go out": {
			[]string{"fe80::1/64", "10.0.0.1/8"}, []string{"10.0.0.1"}},
		"eight at most": {
			[]string{"10.0.0.1/8", "10.0.0.2/8", "10.0.0.3/8", "10.0.0.4/8", "10.0.0.5/8", "10.0.0.6/8", "10.0.0.7/8", "10.0.0.8/8", "10.0.0.9/8"},
			[]string{"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7", "10.0.0.8"}},
	} {
		n := networkOf([]link{linkOf(net.Interface{Name: "eth0"}, addrs(c.has...))})
		var got []string
		for _, a := range n.addrs() {
			got = append(got, a.String())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestNetworkChangesThatMatter(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*link)
		equal  bool
	}{
		"nothing":                          {func(*link) {}, true},
		"traffic":                          {func(l *link) { l.iface.MTU = 9000 }, true},
		"made again under the same name":   {func(l *link) { l.iface.Index++ }, false},
		"another address":                  {func(l *link) { l.nets[0] = netip.MustParsePrefix("192.0.2.3/24") }, false},
		"one address more":                 {func(l *link) { l.nets = append(l.nets, netip.MustParsePrefix("10.0.0.1/8")) }, false},
		"another netmask":                  {func(l *link) { l.nets[0] = netip.MustParsePrefix("192.0.2.2/16") }, false},
		"IPv6 has come, not to be dialled": {func(l *link) { l.v6 = !l.v6 }, false},
	} {
		n := home()
		c.change(&n.links[0])
		if got := n.equal(home()); got != c.equal {
			t.Errorf("%s: equal is %v", name, got)
		}
	}
}
