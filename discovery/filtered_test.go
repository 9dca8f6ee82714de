package discovery

import (
	"context"
	"os/exec"
	"strings"
	"testing"

	"kith/sim/netlab"
)

// filter lets the firewall of a host drop what a rule of nftables matches.
func filter(t *testing.T, h *netlab.Host, hook, rule string) {
	t.Helper()
	if _, err := exec.LookPath("nft"); err != nil {
		t.Skipf("no firewall to be had: %v", err)
	}
	h.Run("nft", "add table inet t; add chain inet t c { type filter hook "+hook+" priority 0; }; add rule inet t c "+rule+" drop")
}

func TestDevicesMeetWhereMulticastIsFiltered(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, h *netlab.Host){
		"by the network":            func(t *testing.T, h *netlab.Host) { h.BlockMulticast() },
		"on its way out of one":     func(t *testing.T, h *netlab.Host) { filter(t, h, "output", "udp dport 5353") },
		"on its way into a machine": func(t *testing.T, h *netlab.Host) { filter(t, h, "input", "udp dport 5353") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lab := netlab.New(t, "anna", "ben", "cleo")
			for _, host := range []string{"anna", "ben"} {
				spoil(t, lab.Host(host))
			}
			anna := start(t, lab.Host("anna"), settings{Seed: "anna", Port: 4001})
			ben := start(t, lab.Host("ben"), settings{Seed: "ben", Port: 4002})
			anna.awaitSeen("anna sees ben", ben, "10.77.0.2:4002")
			ben.awaitSeen("ben sees anna", anna, "10.77.0.1:4001")
			cleo := start(t, lab.Host("cleo"), settings{Seed: "cleo", Port: 4003})
			cleo.awaitSeen("cleo, who has multicast, sees anna", anna, "10.77.0.1:4001")
			anna.awaitSeen("anna sees cleo", cleo, "10.77.0.3:4003")
			ben.say("4009")
			anna.awaitSeen("anna sees ben's new port", ben, "10.77.0.2:4009")
			cleo.cmd.Process.Kill()
			anna.awaitLost("cleo is lost", cleo)
		})
	}
}

func TestACheckTellsWhatComesBack(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(h *netlab.Host)
		want  func(h Health, trouble string) bool
	}{
		"all is well": {func(*netlab.Host) {}, func(h Health, trouble string) bool {
			return h.Multicast.Own && h.Broadcast.Own && h.Multicast.Others == 1 && len(h.Interfaces) == 1
		}},
		"multicast is dropped": {func(h *netlab.Host) { filter(t, h, "input", "udp dport 5353") }, func(h Health, trouble string) bool {
			return !h.Multicast.Own && h.Broadcast.Own && h.Multicast.Others == 0 && h.Broadcast.Others == 1
		}},
		"nothing goes out": {func(h *netlab.Host) { filter(t, h, "output", "oifname eth0") }, func(h Health, trouble string) bool {
			return !h.Multicast.Own && !h.Broadcast.Own && strings.Contains(trouble, "not permitted")
		}},
		"no network": {func(h *netlab.Host) { h.LinkDown() }, func(h Health, trouble string) bool { return len(h.Interfaces) == 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lab := netlab.New(t, "anna", "ben")
			c.spoil(lab.Host("anna"))
			start(t, lab.Host("ben"), settings{Seed: "ben", Port: 4002})
			anna := start(t, lab.Host("anna"), settings{Seed: "anna", Port: 4001})
			anna.say("check")
			anna.await("a check that tells it", func(e event) bool {
				if e.Health == nil {
					return false
				}
				told := c.want(*e.Health, e.Trouble)
				if !told { // not yet: the other has just been started
					anna.say("check")
				}
				return told
			})
		})
	}
}

func TestACheckOfWhatDoesNotRunEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New(Config{}).Check(ctx); err == nil {
		t.Error("it tells something")
	}
}
