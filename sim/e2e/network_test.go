//go:build linux

package e2e

import (
	"net/netip"
	"testing"
	"time"

	"kith/sim/drive"
)

// TestANetworkThatChanges has two devices in conversation while what happens to
// machines happens to one of them; what is saved then arrives.
func TestANetworkThatChanges(t *testing.T) {
	w := newWorld(t, 4*time.Minute, "anna", "ben")
	anna, ben := pairOf(w, "files", 10)
	saved := func(w *world, name string) {
		w.Helper()
		w.save(anna, name+" a", name)
		w.save(ben, name+" b", name)
		w.eventually(name+" with both", func() error {
			if err := ben.holds(name+" a", name); err != nil {
				return err
			}
			return anna.holds(name+" b", name)
		})
	}
	w.step("another address", func(w *world) {
		ben.machine.ChangeAddr(netip.MustParsePrefix("10.77.0.99/24"))
		saved(w, "from another address")
	})
	w.step("the cable is out for longer than anybody is waited for", func(w *world) {
		ben.machine.Unplug()
		for _, d := range []*device{anna, ben} {
			w.must(d.Until(w.ctx, "alone", func(p drive.Picture) bool { return !p.Connected("anna") && !p.Connected("ben") }))
		}
		ben.machine.Plug()
		saved(w, "with the cable back")
	})
	w.step("nobody hears what is said to all, and both are started again", func(w *world) {
		for _, d := range []*device{anna, ben} {
			w.must(d.Quit())
			w.drop(d, "input", "iifname eth0 udp dport { 5353, 22547 }")
		}
		w.start(anna, ben)
		saved(w, "at the addresses of before")
	})
	w.same("files", anna, ben)
}

// TestAnAddressGivenByHand has two devices that cannot find each other. They pair
// when one is told the other's address.
func TestAnAddressGivenByHand(t *testing.T) {
	w := newWorld(t, 2*time.Minute, "anna", "ben")
	anna, ben := w.device("anna"), w.device("ben")
	for _, d := range []*device{anna, ben} {
		w.drop(d, "input", "iifname eth0 udp dport { 5353, 22547 }")
	}
	w.start(anna, ben)
	w.must(drive.PairAt(w.ctx, ben.Device, anna.Device, anna.machine.IP().String()))
	w.must(drive.Connected(w.ctx, anna.Device, ben.Device))
}
