//go:build linux

package e2e

import (
	"errors"
	"net/netip"
	"os"
	"strconv"
	"testing"
	"time"

	"kith/sim/drive"
)

// TestChain has three devices in a row: ben is on two networks, anna on one and
// carl on the other, so that these two never meet. Changes travel through ben.
func TestChain(t *testing.T) {
	w := newWorld(t, 4*time.Minute, "anna", "ben", "carl")
	anna, ben, carl := w.device("anna"), w.device("ben"), w.device("carl")
	apart(w, ben, carl)
	w.save(ben, "from ben.txt", "ben")
	makeAwkward(w, ben.dir)
	w.must(writeNoise(ben.path("some.bin"), 5<<20, 3))

	w.step("ben shares with both", func(w *world) {
		w.start(anna, ben, carl)
		w.share("row", ben, anna, carl)
		w.agree("row", anna, ben, carl)
	})
	w.step("what anna saves reaches carl", func(w *world) {
		w.save(anna, "from anna.txt", "anna")
		w.must(writeNoise(anna.path("anna's.bin"), 20<<20, 4))
		w.eventually("anna's file with carl", func() error { return carl.holds("from anna.txt", "anna") })
		w.agree("row", anna, ben, carl)
	})
	w.step("both ends edit the same file", func(w *world) {
		w.save(anna, "shared.txt", "anna's words")
		w.save(carl, "shared.txt", "carl's words")
		tree := w.agree("row", anna, ben, carl)
		if err := bothKept(tree, w, anna); err != nil {
			w.Fatal(err)
		}
	})
	w.step("ben is away while both ends work, and dies while it all arrives", func(w *world) {
		w.must(ben.Quit())
		w.save(anna, "later/anna.txt", "anna, later")
		w.save(carl, "later/carl.txt", "carl, later")
		w.must(os.Remove(carl.path("from ben.txt")))
		w.must(os.Rename(anna.path("deep"), anna.path("deeper")))
		w.start(ben)
		w.eventually("something with ben", func() error { return ben.holds("later/anna.txt", "anna, later") })
		w.must(ben.Kill())
		w.start(ben)
		w.same("row", anna, ben, carl)
		w.must(carl.holds("later/anna.txt", "anna, later"))
		w.must(anna.holds("later/carl.txt", "carl, later"))
		w.must(anna.lacks("from ben.txt"))
		w.must(carl.lacks("deep"))
	})
	w.step("anna and carl have never met", func(w *world) {
		for _, pair := range [][2]*device{{anna, carl}, {carl, anna}} {
			p, err := pair[0].Status(w.ctx)
			w.must(err)
			if p.Connected(pair[1].Name) {
				w.Errorf("%s is connected with %s: the test shows nothing", pair[0].Name, pair[1].Name)
			}
		}
	})
}

// bothKept tells whether both versions of shared.txt are in the tree: one under
// the name and the other beside it, or the later one alone where the two edits
// happened to come one after the other.
func bothKept(tree drive.Tree, w *world, d *device) error {
	found := map[string]bool{}
	for name, e := range tree {
		if e.Mode.IsRegular() && len(name) >= len("shared") && name[:len("shared")] == "shared" {
			content, err := os.ReadFile(d.path(name))
			if err != nil {
				return err
			}
			found[string(content)] = true
		}
	}
	if !found["anna's words"] || !found["carl's words"] {
		return errors.New("one of the two versions of shared.txt is gone")
	}
	return nil
}

// apart takes carl off the common network and gives him a cable to ben alone.
func apart(w *world, ben, carl *device) {
	w.Helper()
	carl.machine.DeleteInterface()
	holder := carl.machine.Command("sleep", "infinity") // keeps a process there whose namespace can be named
	w.must(holder.Start())
	defer func() {
		holder.Process.Kill()
		holder.Wait()
	}()
	w.eventually("the helper on carl's machine", func() error {
		there, err := os.Readlink("/proc/" + strconv.Itoa(holder.Process.Pid) + "/ns/net")
		if err != nil {
			return err
		}
		here, err := os.Readlink("/proc/self/ns/net")
		if err == nil && there == here {
			err = errors.New("it is not there yet")
		}
		return err
	})
	ben.machine.Run("ip", "link", "add", "eth1", "type", "veth", "peer", "name", "eth0",
		"netns", strconv.Itoa(holder.Process.Pid))
	ben.machine.Run("ip", "link", "set", "eth1", "up")
	ben.machine.Run("ip", "address", "add", "10.78.0.1/24", "dev", "eth1")
	carl.machine.Run("ip", "link", "set", "eth0", "up")
	carl.machine.AddAddr(netip.MustParsePrefix("10.78.0.2/24"))
}
