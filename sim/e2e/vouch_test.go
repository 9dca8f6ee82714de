//go:build linux

package e2e

import (
	"errors"
	"testing"
	"time"

	"kith/sim/drive"
)

var errStillThere = errors.New("still connected")

// TestVouchedFor has two devices that are paired with ben alone, and share a
// folder with him: they go on without him, for that folder and no longer than
// they stand in its list.
func TestVouchedFor(t *testing.T) {
	w := newWorld(t, 4*time.Minute, "anna", "ben", "carl")
	anna, ben, carl := w.device("anna"), w.device("ben"), w.device("carl")
	w.save(ben, "from ben.txt", "ben")
	w.start(anna, ben, carl)
	w.share("row", ben, anna, carl)
	w.agree("row", anna, ben, carl)
	w.step("ben leaves, and the other two go on", func(w *world) {
		w.must(ben.Quit())
		w.save(anna, "without ben.txt", "anna")
		w.eventually("anna's file with carl", func() error { return carl.holds("without ben.txt", "anna") })
		w.save(carl, "and back.txt", "carl")
		w.eventually("carl's file with anna", func() error { return anna.holds("and back.txt", "carl") })
	})
	w.step("ben takes carl off the list", func(w *world) {
		w.start(ben)
		w.agree("row", anna, ben, carl)
		w.kith(ben, "unpair", "carl")
		w.eventually("anna without carl", func() error {
			p, err := anna.Status(w.ctx)
			if err == nil && p.Connected("carl") {
				err = errStillThere
			}
			return err
		})
		w.save(anna, "not for carl.txt", "anna")
		w.eventually("anna's file with ben", func() error { return ben.holds("not for carl.txt", "anna") })
		w.must(carl.lacks("not for carl.txt"))
	})
	w.step("who was taken off and who leaves keep what they have", func(w *world) {
		before, err := drive.ReadTree(anna.dir, drive.Reading{})
		w.must(err)
		w.kith(anna, "leave", "row")
		w.must(anna.Quit())
		after, err := drive.ReadTree(anna.dir, drive.Reading{})
		w.must(err)
		w.must(drive.DiffError(before.Diff(after)))
		w.must(carl.holds("from ben.txt", "ben"))
		w.must(carl.holds("without ben.txt", "anna"))
	})
}
