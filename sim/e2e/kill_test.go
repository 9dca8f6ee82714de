//go:build linux

package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"kith/sim/drive"
	"kith/sim/people"
	"kith/sim/results"
)

// TestKill kills the program on either side again and again, at any moment,
// while people on both sides go on working. In the end both have the same
// files, none of them half, and nothing that anybody finished is lost.
func TestKill(t *testing.T) {
	begin := time.Now()
	most, seed := number(t, "KITH_KILLS", defaultKills()), uint64(number(t, "KITH_SEED", int(time.Now().UnixNano()&0xffffff)))
	t.Logf("KITH_KILLS=%d KITH_SEED=%d", most, seed)
	w := newWorld(t, 2*time.Minute+time.Duration(most)*5*time.Second, "anna", "ben")
	anna, ben := w.device("anna"), w.device("ben")
	ballast(w, anna)
	w.start(anna, ben)
	w.share("busy", anna, ben)
	w.agree("busy", anna, ben)

	books := people.NewLedger()
	working, stop := context.WithCancel(w.ctx)
	var persons errgroup.Group
	for i, d := range []*device{anna, ben} {
		persons.Go(func() error { return people.NewWriter(d.place(), books, seed+uint64(i)).Run(working) })
	}
	chance := rand.New(people.Noise(seed + 100))
	kills := 0
	for kills < most {
		kills += killRound(w, chance, anna, ben)
	}
	stop()
	w.must(persons.Wait())

	for _, d := range []*device{anna, ben} {
		release(w, d)
	}
	w.must(drive.Connected(w.ctx, anna.Device, ben.Device))
	tree := w.same("busy", anna, ben)
	written, owed := books.Counts()
	w.Logf("%d contents written, %d owed, %d paths in the end", written, owed, len(tree))
	if err := books.Check(tree, anna.place(), ben.place()); err != nil {
		w.Error(err)
	}
	if err := books.Whole(tree); err != nil {
		w.Error(err)
	}
	figures := map[string]any{"kills": kills, "contents_written": written, "contents_owed": owed, "seed": seed, "seconds": int(time.Since(begin).Seconds())}
	w.must(results.Report("kills", figures))
}

func defaultKills() int {
	if testing.Short() {
		return 8
	}
	return 30
}

// number reads a number from the environment.
func number(t *testing.T, name string, usual int) int {
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// ballast makes the folder large enough that what the writers delete is a small
// part of it.
func ballast(w *world, d *device) {
	for i := range 2000 {
		w.save(d, fmt.Sprintf("ballast/%02d/%d", i/100, i), strconv.Itoa(i))
	}
}

// killRound kills one of the two, or both, and starts them again, and returns how
// many it killed. In a quarter of the rounds they are given the time to find each
// other first, in the others they are at whatever they were at: starting, looking,
// meeting, fetching, putting.
func killRound(w *world, chance *rand.Rand, anna, ben *device) int {
	w.Helper()
	if chance.IntN(4) == 0 {
		w.must(drive.Connected(w.ctx, anna.Device, ben.Device))
	}
	w.pause(time.Duration(chance.IntN(300)) * time.Millisecond)
	victims := [][]*device{{anna}, {ben}, {anna, ben}}[chance.IntN(3)]
	for _, d := range victims {
		w.must(d.Kill())
	}
	var again errgroup.Group
	for _, d := range victims {
		again.Go(func() error { return d.Start(w.ctx) })
	}
	w.must(again.Wait())
	for _, d := range victims {
		release(w, d)
	}
	return len(victims)
}

// release approves what the brake holds: the writers mean it. They go on, and may
// have brought back meanwhile what was missing: then it holds nothing any more.
func release(w *world, d *device) {
	w.Helper()
	w.eventually("the brake of "+d.Name, func() error {
		p, err := d.Status(w.ctx)
		if err != nil {
			return err
		}
		f, _ := p.Folder("busy")
		if f.State != "held" {
			return nil
		}
		w.Logf("%s: the brake holds %d changes: approved", d.Name, f.Held)
		_, err = d.Kith(w.ctx, "approve", "busy")
		return err
	})
}
