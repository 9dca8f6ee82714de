package doctor

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// devices tells about each one, the paired ones first.
func (d *diagnosis) devices() {
	if d.Loopback {
		return
	}
	if len(d.Devices) == 0 && len(d.Interfaces) > 0 && d.Unchecked == "" {
		d.add(Finding{Note, "No other device is seen", "none announces itself on this network",
			"start Kith on the other computer and connect both to the same network; a guest Wi-Fi often keeps devices apart. " +
				"Where nothing is seen, an address helps: kith pair 10.0.0.7", ""})
		return
	}
	blocked := d.blockedOut()
	for _, x := range d.Devices {
		d.device(x, blocked)
	}
}

// blockedOut reports whether this machine, and not the others, must be what stops
// its calls: several that are heard do not answer, and none does.
func (d *diagnosis) blockedOut() bool {
	silent := 0
	for _, x := range d.Devices {
		switch {
		case x.Answer == Answered || x.Answer == Closed || x.Answer == Foreign:
			return false
		case x.Answer == NoAnswer && (x.Heard || x.Connected) && !d.outside(x.Addrs):
			silent++
		}
	}
	return silent > 1 || silent > 0 && (!d.OwnPort || d.mute())
}

// mute reports whether nothing that is sent leaves this machine.
func (d *diagnosis) mute() bool { return d.Broadcast.Failed != "" && !d.Multicast.Own }

func (d *diagnosis) device(x Device, blocked bool) {
	switch {
	case x.Connected && x.Answer == NoAnswer && !blocked:
		d.add(Finding{Note, x.Name + " is connected, but only it can call, not this computer",
			"its firewall lets nothing in, or the one here nothing out; one open direction is enough", "", ""})
	case x.Connected:
		d.add(Finding{Level: OK, What: x.Name + " is connected"})
	case x.Answer == Answered && x.Paired && x.Reason != "":
		d.add(Finding{Warning, x.Name + " answers, but there is no conversation", x.Reason,
			"look there whether this device is still paired; if not, pair the two again", ""})
	case x.Answer == Answered && x.Paired:
		d.add(Finding{Level: OK, What: x.Name + " answers; the conversation is about to begin"})
	case x.Answer == Answered:
		d.add(Finding{Level: OK, What: x.Name + " is nearby and answers", Next: "kith pair " + shellWord(x.Name)})
	case len(d.Interfaces) == 0:
		d.away(x, "this computer is on no network")
	case x.Answer == Foreign:
		d.add(Finding{Warning, "Something else answers where " + x.Name + " should be", plain(x),
			"see that both run the same version of Kith; a router's address may also have been given to another device", ""})
	case x.Answer == Closed && (x.Heard || x.Paired):
		d.add(Finding{d.missing(x), "Kith does not run on the computer of " + x.Name, "it answers at " + places(x.Addrs) + ", but not on Kith's port",
			"start Kith there", ""})
	case !x.Heard:
		d.away(x, "it does not announce itself here: it is off, asleep, or on another network")
	case d.outside(x.Addrs):
		d.add(Finding{Warning, x.Name + " is on another network",
			fmt.Sprintf("it is at %s, this computer at %s, and there is no way from one to the other", places(x.Addrs), d.networks()),
			"connect both to the same Wi-Fi or the same router, and see that both get their address from it (DHCP)", ""})
	case blocked:
		d.add(Finding{Level: Note, What: x.Name + " is heard, but cannot be called from here", Why: "outgoing connections are blocked on this computer"})
	default:
		d.add(Finding{Warning, x.Name + " is heard, but does not answer",
			"its firewall drops what comes in, or the one here what goes out; or the Wi-Fi keeps its devices apart (client isolation)",
			"run kith doctor there: it names the firewall and the command", ""})
	}
}

// away notes that a device is not here, which is its right.
func (d *diagnosis) away(x Device, why string) {
	what := x.Name + " is not here"
	if !x.LastSeen.IsZero() {
		what += ", last seen " + x.LastSeen.Local().Format("2006-01-02 15:04")
	}
	d.add(Finding{Level: Note, What: what, Why: why})
}

// missing: who announces itself should be there; who does not may be off.
func (d *diagnosis) missing(x Device) Level {
	if x.Heard {
		return Warning
	}
	return Note
}

func plain(x Device) string {
	if x.Reason != "" {
		return x.Reason
	}
	return "it is another device, another program, or another version"
}

func places(addrs []netip.AddrPort) string {
	var out []string
	for _, a := range addrs {
		if s := a.Addr().String(); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return strings.Join(out[:min(3, len(out))], ", ")
}

// networks lists the networks this machine is on.
func (d *diagnosis) networks() string {
	var out []string
	for _, i := range d.Interfaces {
		for _, p := range i.Addrs {
			out = append(out, p.String())
		}
	}
	return strings.Join(out[:min(3, len(out))], ", ")
}

// shellWord quotes a name where a shell would read it as several words, or as
// something else.
func shellWord(s string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !safe(r) }) < 0 {
		return s
	}
	return shellQuoted(s)
}

// skew is by how much clocks may differ before it matters which of two edits
// was the later one.
const skew = 2 * time.Minute

// clocks tells whose clock is wrong, if that can be told.
func (d *diagnosis) clocks() {
	var off []Device
	answered := 0
	for _, x := range d.Devices {
		if x.Answer != Answered {
			continue
		}
		if answered++; x.Ahead.Abs() > skew {
			off = append(off, x)
		}
	}
	const why = "when two people edit a file at once, the later edit keeps the name, and clocks that differ can swap them"
	next, command := d.setClock()
	switch {
	case len(off) > 1 && len(off) == answered && sameSide(off):
		d.add(Finding{Warning, "The clock of this computer is wrong by " + span(off[0].Ahead), "all others agree. " + why, next, command})
	default:
		for _, x := range off {
			d.add(Finding{Warning, fmt.Sprintf("The clocks of this computer and of %s differ by %s", x.Name, span(x.Ahead)), why,
				next + ", on both", command})
		}
	}
}

func sameSide(all []Device) bool {
	for _, x := range all {
		if (x.Ahead - all[0].Ahead).Abs() > skew {
			return false
		}
	}
	return true
}

func (d *diagnosis) setClock() (next, command string) {
	next = "let the system set the clock by itself"
	switch d.System {
	case "linux":
		command = "sudo timedatectl set-ntp true"
	case "windows":
		command = "w32tm /resync"
	case "darwin":
		command = "sudo systemsetup -setusingnetworktime on"
	}
	return next, command
}

func span(d time.Duration) string {
	switch d = d.Abs(); {
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
