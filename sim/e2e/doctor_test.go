//go:build linux

package e2e

import (
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"kith/sim/drive"
)

// finding is what `kith doctor --json` says, declared here once more.
type finding struct {
	Level, What, Why, Next, Command string
}

// doctor runs `kith doctor` on a device.
func (w *world) doctor(d *device) (all []finding, code int) {
	w.Helper()
	out, err := d.Kith(w.ctx, "doctor", "--json")
	if exit := (*drive.CommandError)(nil); errors.As(err, &exit) {
		code = exit.Code
	} else {
		w.must(err)
	}
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		w.Fatalf("doctor says %q: %v", out, err)
	}
	return all, code
}

// drop lets the firewall of a device's machine drop what matches a rule.
func (w *world) drop(d *device, hook, rule string) {
	w.Helper()
	if _, err := exec.LookPath("nft"); err != nil {
		w.Skipf("no firewall to be had: %v", err)
	}
	d.machine.Run("nft", "add table inet t; add chain inet t "+hook+" { type filter hook "+hook+" priority 0; }; add rule inet t "+hook+" "+rule+" drop")
}

// TestDoctorNamesTheCause spoils a network in one way at a time, and asks those
// who suffer from it.
func TestDoctorNamesTheCause(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(w *world, anna, ben *device) // before they start
		meet  bool                              // they see each other all the same
		pair  bool
		asked string // who is asked
		code  int
		level string
		what  string // begins so
	}{
		{"all is well, strangers", nil, true, false, "anna", 0, "ok", "ben is nearby and answers"},
		{"all is well, paired", nil, true, true, "anna", 0, "ok", "ben is connected"},
		{"all is well, others get in", nil, true, true, "ben", 0, "ok", "Others reach this computer on port 22547"},
		{"the network drops multicast", func(w *world, anna, ben *device) {
			anna.machine.BlockMulticast()
			ben.machine.BlockMulticast()
		}, true, true, "anna", 0, "note", "The network lets no multicast through"},
		{"another program keeps the port of multicast DNS", func(w *world, anna, _ *device) {
			anna.machine.Exec(func() {
				c, err := net.ListenPacket("udp", ":5353")
				w.must(err)
				w.Cleanup(func() { c.Close() })
			})
		}, true, false, "anna", 1, "warning", "Multicast does not work on this computer"},
		{"a firewall here drops multicast", func(w *world, anna, _ *device) {
			w.drop(anna, "input", "udp dport 5353")
		}, true, false, "anna", 0, "note", "Multicast is blocked on this computer"},
		{"a firewall here drops all that is said to all", func(w *world, anna, _ *device) {
			w.drop(anna, "input", "udp dport { 5353, 22547 }")
		}, false, false, "anna", 1, "error", "This computer does not hear what is said to all on the network"},
		{"inbound is blocked, strangers", func(w *world, anna, _ *device) {
			w.drop(anna, "input", "iifname eth0 tcp dport 22547")
		}, true, false, "anna", 1, "error", "Other computers cannot connect to this one"},
		{"inbound is blocked, paired", func(w *world, anna, _ *device) {
			w.drop(anna, "input", "iifname eth0 tcp dport 22547")
		}, true, true, "anna", 1, "warning", "Other computers cannot connect to this one"},
		{"inbound is blocked there", func(w *world, anna, _ *device) {
			w.drop(anna, "input", "iifname eth0 tcp dport 22547")
		}, true, false, "ben", 1, "warning", "anna is heard, but does not answer"},
		{"inbound is blocked there, and still one open direction is enough", func(w *world, anna, _ *device) {
			w.drop(anna, "input", "iifname eth0 tcp dport 22547")
		}, true, true, "ben", 0, "note", "anna is connected, but only it can call"},
		{"outbound is blocked", func(w *world, anna, _ *device) {
			w.drop(anna, "output", "tcp dport 22547")
		}, true, false, "anna", 1, "error", "This computer cannot connect to others"},
		{"nothing goes out", func(w *world, anna, _ *device) {
			w.drop(anna, "output", "oifname eth0")
		}, false, false, "anna", 1, "error", "Nothing that Kith sends leaves this computer"},
		{"the wrong subnet", func(w *world, _, ben *device) {
			ben.machine.ChangeAddr(netip.MustParsePrefix("10.99.0.2/24"))
		}, true, false, "anna", 1, "warning", "ben is on another network"},
		{"no network", func(w *world, anna, _ *device) { anna.machine.LinkDown() },
			false, false, "anna", 1, "error", "This computer is on no network"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 3*time.Minute, "anna", "ben")
			anna, ben := w.device("anna"), w.device("ben")
			if c.spoil != nil {
				c.spoil(w, anna, ben)
			}
			w.start(anna, ben)
			if c.meet {
				w.must(drive.Meet(w.ctx, anna.Device, ben.Device))
			}
			if c.pair {
				w.must(drive.Pair(w.ctx, anna.Device, ben.Device))
			}
			asked := map[string]*device{"anna": anna, "ben": ben}[c.asked]
			all, code := w.doctor(asked)
			found := false
			for _, f := range all {
				w.Logf("%+v", f)
				found = found || f.Level == c.level && strings.HasPrefix(f.What, c.what)
				if c.code == 0 && (f.Level == "warning" || f.Level == "error") {
					w.Errorf("alarms though nothing is wrong: %s", f.What)
				}
			}
			if !found || code != c.code {
				w.Errorf("exit code %d, and no %s %q in it", code, c.level, c.what)
			}
		})
	}
}
