package netlab

import (
	"net/netip"
	"os"
	"os/exec"
)

// Host is one machine of a Lab. Its methods fail the test when they cannot do
// what they are asked.
type Host struct {
	lab    *Lab
	name   string
	ns     *os.File
	number int
}

// IP returns the IPv4 address that the host was given first.
func (h *Host) IP() netip.Addr { return v4(h.number).Addr() }

// IP6 returns the IPv6 address that the host was given first.
func (h *Host) IP6() netip.Addr { return v6(h.number).Addr() }

// Command returns a command that will run on the host. It is the caller's to
// start and to wait for; if the test binary dies, the command is killed.
func (h *Host) Command(name string, args ...string) *exec.Cmd {
	return tool(h.ns, name, args...)
}

// Run runs a command on the host to its end.
func (h *Host) Run(name string, args ...string) {
	h.lab.t.Helper()
	h.lab.run(h.ns, name, args...)
}

// Exec calls f on the host: the sockets that f opens itself stay there.
// Goroutines that f starts are not on the host.
func (h *Host) Exec(f func()) {
	h.lab.t.Helper()
	if err := within(h.ns, f); err != nil {
		h.lab.t.Fatalf("enter host %s: %v", h.name, err)
	}
}

// LinkDown switches the interface off; LinkUp switches it on again. The IPv6
// addresses are lost by LinkDown, as on any machine, and given again by LinkUp.
func (h *Host) LinkDown() {
	h.lab.t.Helper()
	h.Run("ip", "link", "set", "eth0", "down")
}

// LinkUp undoes LinkDown.
func (h *Host) LinkUp() {
	h.lab.t.Helper()
	h.Run("ip", "link", "set", "eth0", "up")
	for _, p := range []netip.Prefix{v6(h.number), local(h.number)} {
		h.Run("ip", "address", "replace", p.String(), "dev", "eth0", "nodad")
	}
}

// Unplug pulls the cable: the interface stays on and keeps its addresses, and
// has no carrier. Plug puts it back.
func (h *Host) Unplug() {
	h.lab.t.Helper()
	h.lab.run(h.lab.bridge, "ip", "link", "set", h.port(), "down")
}

// Plug undoes Unplug.
func (h *Host) Plug() {
	h.lab.t.Helper()
	h.lab.run(h.lab.bridge, "ip", "link", "set", h.port(), "up")
}

// BlockMulticast keeps all multicast packets of the others from the host, as
// many a Wi-Fi access point does.
func (h *Host) BlockMulticast() {
	h.lab.t.Helper()
	h.lab.run(h.lab.bridge, "ip", "link", "set", "dev", h.port(), "type", "bridge_slave", "mcast_flood", "off")
}

// Isolate keeps the host and the other isolated ones from each other, as many a
// Wi-Fi does with its clients. Those that are not isolated reach all.
func (h *Host) Isolate() {
	h.lab.t.Helper()
	h.lab.run(h.lab.bridge, "ip", "link", "set", "dev", h.port(), "type", "bridge_slave", "isolated", "on")
}

// ChangeAddr replaces all addresses of the interface by one.
func (h *Host) ChangeAddr(p netip.Prefix) {
	h.lab.t.Helper()
	h.Run("ip", "address", "flush", "dev", "eth0", "scope", "global")
	h.AddAddr(p)
}

// AddAddr gives the interface one more address.
func (h *Host) AddAddr(p netip.Prefix) {
	h.lab.t.Helper()
	args := []string{"address", "add", p.String(), "dev", "eth0"}
	if p.Addr().Is6() {
		args = append(args, "nodad") // usable at once: nobody else has it
	}
	h.Run("ip", args...)
}

// DeleteInterface removes the interface, as when a USB adapter is pulled.
// CreateInterface makes it anew: same name and addresses, another index.
func (h *Host) DeleteInterface() {
	h.lab.t.Helper()
	h.Run("ip", "link", "delete", "eth0")
}

// CreateInterface undoes DeleteInterface.
func (h *Host) CreateInterface() {
	h.lab.t.Helper()
	port, l := h.port(), h.lab
	l.run(l.bridge, "ip", "link", "add", port, "type", "veth", "peer", "name", port+"-h")
	l.moveIn(port+"-h", h)
	h.Run("ip", "link", "set", port+"-h", "name", "eth0", "addrgenmode", "none")
	l.run(l.bridge, "ip", "link", "set", port, "master", "br0", "up")
	h.Run("ip", "link", "set", "eth0", "up")
	h.AddAddr(v4(h.number))
	h.AddAddr(v6(h.number))
	h.AddAddr(local(h.number))
}

// port names the bridge's end of the host's cable.
func (h *Host) port() string { return "to-" + h.name }

// moveIn moves a device from the bridge's namespace to a host.
func (l *Lab) moveIn(device string, h *Host) {
	l.t.Helper()
	cmd := tool(l.bridge, "ip", "link", "set", device, "netns", "/proc/self/fd/4")
	cmd.ExtraFiles = append(cmd.ExtraFiles, h.ns)
	if out, err := cmd.CombinedOutput(); err != nil {
		l.t.Fatalf("give %s to host %s: %v: %s", device, h.name, err, out)
	}
}
