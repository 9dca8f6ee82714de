package discovery

import (
	"net/netip"
	"syscall"
	"testing"

	"kith/sim/netlab"
)

// These tests run two devices in namespaces of their own and do to one what
// happens to machines; the other one has to notice. How long that took is in
// the log of each.

// pair starts two devices that have seen each other.
func pair(t *testing.T) (lab *netlab.Lab, anna, ben *peer) {
	t.Helper()
	t.Parallel()
	lab = netlab.New(t, "anna", "ben")
	anna = start(t, lab.Host("anna"), settings{Seed: "anna", Port: 4001})
	ben = start(t, lab.Host("ben"), settings{Seed: "ben", Port: 4002})
	anna.awaitSeen("anna sees ben", ben, "10.77.0.2:4002")
	ben.awaitSeen("ben sees anna", anna, "10.77.0.1:4001")
	return lab, anna, ben
}

func TestDevicesThatStartAreSeen(t *testing.T) { pair(t) }

func TestKilledDeviceIsLost(t *testing.T) {
	_, anna, ben := pair(t)
	ben.signal(syscall.SIGKILL)
	anna.awaitLost("killed ben is lost", ben)
}

func TestRestartOnAnotherPortIsSeen(t *testing.T) {
	lab, anna, ben := pair(t)
	ben.signal(syscall.SIGKILL)
	ben = start(t, lab.Host("ben"), settings{Seed: "ben", Port: 4003})
	anna.awaitSeen("ben is seen on the new port", ben, "10.77.0.2:4003")
	anna.awaitWithout("the old port is forgotten", ben, ":4002")
}

func TestAnotherPortOfARunningDeviceIsSeen(t *testing.T) {
	_, anna, ben := pair(t)
	ben.say("4003")
	anna.awaitSeen("ben is seen on the new port", ben, "10.77.0.2:4003")
	anna.awaitWithout("the old port is forgotten", ben, ":4002")
}

func TestAnotherAddressIsSeen(t *testing.T) {
	lab, anna, ben := pair(t)
	lab.Host("ben").ChangeAddr(netip.MustParsePrefix("10.77.0.99/24"))
	ben.await("ben notices it himself", func(e event) bool { return e.Moved })
	anna.awaitSeen("ben is seen at the new address", ben, "10.77.0.99:4002")
	anna.awaitWithout("the old address is forgotten", ben, "10.77.0.2:")
}

func TestLinkDownAndUp(t *testing.T) {
	lab, anna, ben := pair(t)
	lab.Host("ben").LinkDown()
	anna.awaitLost("ben is lost", ben)
	lab.Host("ben").LinkUp()
	anna.awaitSeen("ben is back", ben, "10.77.0.2:4002")
	ben.awaitSeen("anna is back", anna, "10.77.0.1:4001")
}

func TestCablePulledAndPutBack(t *testing.T) {
	lab, anna, ben := pair(t)
	lab.Host("ben").Unplug()
	anna.awaitLost("ben is lost", ben)
	ben.awaitLost("anna is lost", anna)
	lab.Host("ben").Plug()
	anna.awaitSeen("ben is back", ben, "10.77.0.2:4002")
	ben.awaitSeen("anna is back", anna, "10.77.0.1:4001")
}

func TestInterfaceDeletedAndMadeAgain(t *testing.T) {
	lab, anna, ben := pair(t)
	lab.Host("ben").DeleteInterface()
	ben.await("ben notices it himself", func(e event) bool { return e.Moved })
	anna.awaitLost("ben is lost", ben)
	lab.Host("ben").CreateInterface()
	anna.awaitSeen("ben is back", ben, "10.77.0.2:4002")
	ben.awaitSeen("anna is back", anna, "10.77.0.1:4001")
}

func TestGoodbyeIsHeard(t *testing.T) {
	_, anna, ben := pair(t)
	ben.signal(syscall.SIGTERM)
	anna.awaitLost("ben, who left, is lost", ben)
	if err := ben.end(); err != nil {
		t.Errorf("ben did not end in order: %v", err)
	}
}

func TestStartWithoutANetwork(t *testing.T) {
	t.Parallel()
	lab := netlab.New(t, "anna", "ben")
	lab.Host("ben").DeleteInterface()
	anna := start(t, lab.Host("anna"), settings{Seed: "anna", Port: 4001})
	ben := start(t, lab.Host("ben"), settings{Seed: "ben", Port: 4002})
	lab.Host("ben").CreateInterface()
	anna.awaitSeen("ben is seen once he has a network", ben, "10.77.0.2:4002")
	ben.awaitSeen("ben sees anna", anna, "10.77.0.1:4001")
}
