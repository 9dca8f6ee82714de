package doctor

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// network looks at this machine's way out and in.
func (d *diagnosis) network() {
	switch {
	case d.Port == 0:
		d.add(Finding{Error, "Kith does not listen for other devices", "no port could be opened",
			"quit Kith and start it again; if it stays, look whether another program uses its port", ""})
	case d.Loopback:
		d.add(Finding{Note, "Kith is set to be reached from this computer only", "its listen address is one of this computer alone",
			"to be seen by others, start it without --listen and without listen in config.toml", ""})
		return
	case d.Unchecked != "":
		d.add(Finding{Level: Warning, What: "The network could not be looked at", Why: d.Unchecked, Next: "try again in a moment"})
		return
	case len(d.Interfaces) == 0:
		d.add(Finding{Error, "This computer is on no network", "no interface is up that has an address and reaches others",
			"connect to the Wi-Fi, or plug in the cable", ""})
		return
	}
	d.add(Finding{Level: OK, What: "On the network as " + d.addresses()})
	d.channels()
	if d.blockedOut() {
		d.outbound()
		return
	}
	d.inbound()
}

// outbound tells that this machine cannot call others, unless it was told that
// nothing leaves it at all.
func (d *diagnosis) outbound() {
	if d.mute() {
		return
	}
	why := "devices that are heard do not answer its calls"
	if !d.OwnPort {
		why += ", and not even this computer itself gets through to its own port"
	}
	d.add(Finding{Error, "This computer cannot connect to others", why + ": " + d.walls() + " stops outgoing connections", d.allowOut(), ""})
}

func (d *diagnosis) addresses() string {
	var out []string
	for _, i := range d.Interfaces {
		for _, a := range i.Addrs {
			out = append(out, fmt.Sprintf("%s (%s)", a.Addr(), i.Name))
		}
	}
	return strings.Join(out, ", ")
}

// channels tells whether what makes devices see each other goes out and in.
func (d *diagnosis) channels() {
	next, command := d.allow()
	switch m, b := d.Multicast, d.Broadcast; {
	case d.mute():
		d.add(Finding{Error, "Nothing that Kith sends leaves this computer",
			fmt.Sprintf("sending fails (%s): %s stops outgoing packets", b.Failed, d.walls()), d.allowOut(), ""})
	case m.Failed != "" && !m.Own:
		d.add(Finding{Warning, "Multicast does not work on this computer", m.Failed,
			"look whether another program keeps UDP port 5353 to itself; until then devices are found by broadcast", ""})
	case !m.Own && !b.Own:
		d.add(Finding{Error, "This computer does not hear what is said to all on the network",
			"not even what it says itself comes back: " + d.walls() + " drops multicast and broadcast", next, command})
	case !m.Own && b.Others == 0:
		d.add(Finding{Warning, "This computer does not hear multicast",
			"not even what it says itself comes back: " + d.walls() + " drops it. Broadcast goes through, so devices that have this version still meet",
			next, command})
	case !m.Own:
		d.add(Finding{Note, "Multicast is blocked on this computer; devices are found by broadcast instead",
			"not even what it says itself comes back: " + d.walls() + " drops it", next, command})
	case m.Others == 0 && b.Others > 0:
		d.add(Finding{Level: Note, What: "The network lets no multicast through; devices are found by broadcast instead",
			Why: "multicast works on this computer, but none of another device arrives"})
	case !b.Own && m.Others == 0:
		d.add(Finding{Note, "Broadcast is blocked on this computer", "the beacon, which helps where networks filter multicast, does not come back: " +
			d.walls() + " drops it", next, command})
	default:
		d.add(Finding{Level: OK, What: "Multicast goes out and comes in"})
	}
}

// inbound tells whether others can connect to this machine.
func (d *diagnosis) inbound() {
	if by := d.callers(CallBackReached); len(by) > 0 {
		d.add(Finding{Level: OK, What: fmt.Sprintf("Others reach this computer on port %d", d.Port), Why: named(by) + " tried"})
		return
	}
	next, command := d.allow()
	level := Error
	if d.anyConnected() {
		level = Warning // who is connected called, or was called by us
	}
	shut := slices.Concat(d.callers(CallBackSilent), d.callers(CallBackClosed))
	switch {
	case len(shut) > 0:
		d.add(Finding{level, "Other computers cannot connect to this one",
			fmt.Sprintf("TCP port %d was tried by %s without an answer: %s drops what comes in", d.Port, named(shut), d.walls()), next, command})
	case len(d.callers(CallBackForeign)) > 0:
		d.add(Finding{level, "Something else answers for this computer",
			fmt.Sprintf("TCP port %d was tried by %s, and another program or device answered", d.Port, named(d.callers(CallBackForeign))),
			"look whether another device has the same address, or another program the same port", ""})
	case !d.OwnPort:
		d.add(Finding{level, "A firewall on this computer blocks Kith",
			fmt.Sprintf("not even this computer itself gets through to its TCP port %d", d.Port), next, command})
	case len(d.Firewalls) > 0 && !d.anyConnected():
		d.add(Finding{Note, string(d.Firewalls[0]) + " is on, and nobody is here to try whether it lets others in",
			"if they cannot connect, it is the first thing to look at", next, command})
	}
}

// callers returns the names of devices whose call back came to that.
func (d *diagnosis) callers(result CallBack) []string {
	var out []string
	for _, x := range d.Devices {
		if x.CallBack == result && x.Answer == Answered {
			out = append(out, x.Name)
		}
	}
	return out
}

func (d *diagnosis) anyConnected() bool {
	return slices.ContainsFunc(d.Devices, func(x Device) bool { return x.Connected })
}

// outside reports whether none of the addresses lies on a network of ours.
func (d *diagnosis) outside(addrs []netip.AddrPort) bool {
	for _, a := range addrs {
		for _, i := range d.Interfaces {
			if slices.ContainsFunc(i.Addrs, func(p netip.Prefix) bool { return p.Masked().Contains(a.Addr()) }) {
				return false
			}
		}
	}
	return len(addrs) > 0
}

// named lists names as people do, a few of them.
func named(names []string) string {
	const few = 3
	switch n := len(names); {
	case n == 1:
		return names[0]
	case n > few:
		return fmt.Sprintf("%s and %d others", strings.Join(names[:few-1], ", "), n-few+1)
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
