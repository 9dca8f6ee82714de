package doctor

import (
	"fmt"
	"slices"
	"strings"
)

// Firewall is a kind of firewall.
type Firewall string

// The kinds that are known.
const (
	UFW       Firewall = "ufw"
	Firewalld Firewall = "firewalld"
	Windows   Firewall = "Windows Firewall"
	MacOS     Firewall = "the macOS firewall"
)

// usualPort is where Kith listens unless it is taken, beaconPort the UDP port of
// the beacon, mdnsPort that of multicast DNS.
const (
	usualPort  = 22547
	beaconPort = 22547
	mdnsPort   = 5353
)

// allow says how to let Kith through the firewalls that are on.
func (d *diagnosis) allow() (next, command string) {
	next = fmt.Sprintf("allow TCP port %d and UDP ports %d and %d in the firewall of this computer", d.Port, beaconPort, mdnsPort)
	var commands []string
	for _, f := range d.Firewalls {
		commands = append(commands, d.allowIn(f))
	}
	if d.System == "windows" && len(commands) > 0 {
		next = "allow Kith in Windows Firewall, and see that the network is marked as private; run this in a terminal opened as administrator"
	}
	return next, strings.Join(commands, "\n")
}

// allowOut says how to let Kith call others.
func (d *diagnosis) allowOut() string {
	if d.System == "darwin" {
		return "allow Kith in System Settings, Privacy & Security, Local Network, and its outgoing connections in any other firewall"
	}
	return "allow outgoing connections of Kith in the firewall of this computer, to TCP port 22547 and UDP ports 22547 and 5353"
}

func (d *diagnosis) allowIn(f Firewall) string {
	byName := d.Port == usualPort && slices.Contains(d.Profiles, f)
	switch f {
	case UFW:
		if byName {
			return "sudo ufw allow Kith"
		}
		return fmt.Sprintf("sudo ufw allow %d/tcp && sudo ufw allow %d/udp && sudo ufw allow %d/udp", d.Port, beaconPort, mdnsPort)
	case Firewalld:
		if byName {
			return "sudo firewall-cmd --permanent --add-service=kith && sudo firewall-cmd --reload"
		}
		return fmt.Sprintf("sudo firewall-cmd --permanent --add-port=%d/tcp --add-port=%d/udp --add-service=mdns && sudo firewall-cmd --reload", d.Port, beaconPort)
	case Windows:
		return fmt.Sprintf(`netsh advfirewall firewall add rule name="Kith" dir=in action=allow program="%s" enable=yes profile=private,domain`, d.Program)
	case MacOS:
		const tool = "sudo /usr/libexec/ApplicationFirewall/socketfilterfw"
		program := shellQuoted(d.Program)
		return fmt.Sprintf("%s --add %s && %s --unblockapp %s", tool, program, tool, program)
	}
	return ""
}

// walls names the firewalls that are on.
func (d *diagnosis) walls() string {
	if len(d.Firewalls) == 0 {
		return "a firewall"
	}
	names := make([]string, len(d.Firewalls))
	for i, f := range d.Firewalls {
		names[i] = string(f)
	}
	return strings.Join(names, " and ")
}

// shellQuoted makes one word of a shell of s.
func shellQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
