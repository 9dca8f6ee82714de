//go:build unix

package discovery

import (
	"syscall"
	"testing"
)

// A device that was stopped, or slept, has heard nobody. That says nothing
// about the others.
func TestNobodyIsLostBySleeping(t *testing.T) {
	lab, anna, ben := threeWith(t, "carl")
	anna.awaitSeen("anna sees ben", ben, "10.77.0.2:4002")
	carl := start(t, lab.Host("carl"), settings{Seed: "carl", Port: 4003})
	ben.awaitSeen("ben sees carl", carl, "10.77.0.3:4003")
	anna.awaitSeen("anna sees carl", carl, "10.77.0.3:4003")
	anna.signal(syscall.SIGSTOP)
	carl.signal(syscall.SIGKILL)
	ben.awaitLost("ben lost carl", carl) // so patience is over for anna too
	anna.signal(syscall.SIGCONT)
	anna.await("anna notices that she slept", func(e event) bool { return e.Moved })
	anna.await("anna lost carl, and not ben", func(e event) bool {
		if e.Device == ben.id && e.Lost {
			t.Error("ben was lost by sleeping")
		}
		return e.Device == carl.id && e.Lost
	})
}
