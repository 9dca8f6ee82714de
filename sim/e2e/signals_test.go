//go:build linux

package e2e

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"kith/sim/drive"
)

// TestStoppedAndWoken stops a program in the middle of a transfer until the other device
// has given it up, as a lid that is closed does, and lets it go on: they find each other
// again, and it goes on.
func TestStoppedAndWoken(t *testing.T) {
	w := newWorld(t, 3*time.Minute, "anna", "ben")
	anna, ben := pairOf(w, "files", 30)
	before := onWire(w, ben)
	w.must(writeNoise(anna.path("large"), 48<<20, 1))
	begun(w, ben, before, 48<<20)
	w.must(syscall.Kill(ben.PID(), syscall.SIGSTOP))
	w.must(anna.Until(w.ctx, "ben given up", func(p drive.Picture) bool {
		for _, d := range p.Devices {
			if d.Name == ben.Name {
				return !d.Connected
			}
		}
		return false
	}))
	w.save(anna, "meanwhile", "ben sleeps")
	w.save(ben, "dir-1/file-001", "saved while the program slept")
	w.must(syscall.Kill(ben.PID(), syscall.SIGCONT))
	w.must(drive.Connected(w.ctx, anna.Device, ben.Device))
	w.same("files", anna, ben)
	w.must(errors.Join(ben.holds("meanwhile", "ben sleeps"), anna.holds("dir-1/file-001", "saved while the program slept")))
}

// TestAStormOfSignals asks a program to end many times at once, while it starts, and in the
// middle of a transfer: it ends, and the next one goes on.
func TestAStormOfSignals(t *testing.T) {
	w := newWorld(t, 3*time.Minute, "anna", "ben")
	anna, ben := pairOf(w, "files", 30)
	for i := range 4 {
		before := onWire(w, ben)
		w.must(writeNoise(anna.path("large"), 24<<20, uint64(i)))
		if i%2 == 0 {
			begun(w, ben, before, 24<<20)
		}
		for n := 0; n < 50 && ben.Running(); n++ {
			syscall.Kill(ben.PID(), syscall.SIGTERM) //nolint:errcheck // it may have ended already
			syscall.Kill(ben.PID(), syscall.SIGHUP)  //nolint:errcheck // it may have ended already
		}
		w.eventually("its end", func() error {
			if ben.Running() {
				return errStillThere
			}
			return nil
		})
		w.start(ben)
	}
	w.must(drive.Connected(w.ctx, anna.Device, ben.Device))
	w.same("files", anna, ben)
}
