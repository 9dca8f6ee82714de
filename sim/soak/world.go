//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"kith/sim/drive"
	"kith/sim/netlab"
	"kith/sim/people"
	"kith/sim/results"
)

const folder = "everything"

// world is all devices, and what happened to them so far.
type world struct {
	options
	devices []*device
	books   *people.Ledger
	chance  *rand.Rand
	began   time.Time
	rounds  int
	done    map[string]int // how often each kind of thing was done
	doubles int            // conflict copies too many, in all judgements
	broken  []string
	steady  *watch

	goroutines int // of the steady program in the end

	judged atomic.Int64 // contents looked at in judgements
}

// device is one of them, with the person who works there.
type device struct {
	*drive.Device
	*fate
	machine *netlab.Host
	volume  *volume
	writer  *people.Writer
	steady  bool // its program runs from beginning to end
}

// names are those of the devices.
var names = []string{"anna", "ben", "carl", "dora", "emil"}

func newWorld(o options, scratch string) (w *world, close func(), err error) {
	lab, down, err := netlab.Build(names[:o.devices]...)
	if err != nil {
		return nil, nil, err
	}
	w = &world{
		options: o, books: people.NewLedger(), chance: rand.New(people.Noise(o.seed)), began: time.Now(), done: map[string]int{},
	}
	close = func() {
		for _, d := range w.devices {
			if err := d.Kill(); err != nil {
				w.say("%v", err)
			}
			d.volume.release()
		}
		down()
	}
	for i, name := range names[:o.devices] {
		d, err := w.newDevice(lab, scratch, name, i)
		if err != nil {
			close()
			return nil, nil, err
		}
		w.devices = append(w.devices, d)
	}
	steady := w.devices[o.seed%uint64(o.devices)]
	steady.steady = true
	w.steady = &watch{device: steady.Device}
	return w, close, nil
}

func (w *world) newDevice(lab *netlab.Lab, scratch, name string, i int) (*device, error) {
	root := filepath.Join(scratch, name)
	v, why, err := newVolume(kinds[i], root)
	if err != nil {
		return nil, err
	}
	if why != nil {
		w.say("%s has a plain directory for %s: %v", name, kinds[i].name, why)
	}
	place := people.Place{Name: name, Dir: filepath.Join(v.at, "folder"), Scratch: v.at}
	if err := os.MkdirAll(place.Dir, 0o755); err != nil {
		return nil, err
	}
	d := &device{
		Device:  &drive.Device{Name: name, Home: filepath.Join(root, "home"), Program: w.program, Host: lab.Host(name)},
		machine: lab.Host(name), volume: v, writer: people.NewWriter(place, w.books, w.seed*10+uint64(i)),
		fate: &fate{copies: filepath.Join(root, "copies"), address: 20 * (i + 1)},
	}
	d.writer.Durable, d.writer.Pace, d.writer.Large = v.power, 200*time.Millisecond, 100 // so that the small volume holds it
	return d, nil
}

// ballast is how many files nobody touches, from the beginning.
const ballast = 400

// begin shares the folder between all.
func (w *world) begin(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	first := w.devices[0]
	for range ballast {
		if err := first.writer.Keep(); err != nil {
			return err
		}
	}
	var rest []*drive.Device
	for _, d := range w.devices {
		if err := d.Start(ctx); err != nil {
			return err
		}
		if d != first {
			rest = append(rest, d.Device)
			if err := drive.Pair(ctx, first.Device, d.Device); err != nil {
				return err
			}
		}
	}
	if err := first.Share(ctx, first.writer.Dir, folder, rest...); err != nil {
		return err
	}
	for _, d := range w.devices[1:] {
		if err := d.Accept(ctx, folder, d.writer.Dir); err != nil {
			return err
		}
	}
	w.say("all have met, and share %q", folder)
	return nil
}

// run lets rounds follow on each other until the time is over or something does
// not hold.
func (w *world) run(ctx context.Context) error {
	end := w.began.Add(time.Duration(w.minutes * float64(time.Minute)))
	for ctx.Err() == nil && len(w.broken) == 0 && (w.rounds == 0 || time.Now().Before(end)) {
		if err := w.oneRound(ctx); err != nil {
			return err
		}
	}
	w.broken = append(w.broken, w.steady.judge()...)
	if ctx.Err() == nil && len(w.broken) == 0 {
		young := w.devices[(w.seed+1)%uint64(len(w.devices))]
		had, bad := w.steady.goroutines(young.Device)
		w.goroutines, w.broken = had, append(w.broken, bad...)
	}
	return w.summary()
}

// oneRound lets people work and things happen, then mends it all and judges.
func (w *world) oneRound(ctx context.Context) error {
	w.rounds++
	working, stop := context.WithTimeout(ctx, w.round)
	defer stop()
	var persons errgroup.Group
	for _, d := range w.devices {
		persons.Go(func() error { return d.writer.Run(working) })
	}
	bad := w.torment(working)
	stop()
	bad = append(bad, w.mend(ctx)...)
	if err := persons.Wait(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(bad) == 0 {
		bad = w.judge(ctx)
	}
	for _, b := range bad {
		w.say("VIOLATION: %s", b)
	}
	w.broken = append(w.broken, bad...)
	return nil
}

// summary says and keeps what the run came to.
func (w *world) summary() error {
	written, owed := w.books.Counts()
	figures := map[string]any{
		"seed": w.seed, "devices": len(w.devices), "minutes": int(time.Since(w.began).Minutes() + 0.5), "rounds": w.rounds,
		"contents_written": written, "contents_owed": owed, "contents_judged": w.judged.Load(), "violations": len(w.broken),
		"conflict_doubles": w.doubles, "steady_rss_mib": w.steady.peak(),
		"steady_goroutines": w.goroutines,
	}
	var volumes []string
	for _, d := range w.devices {
		volumes = append(volumes, d.volume.name)
	}
	figures["volumes"] = volumes
	for _, a := range acts {
		figures[a.figure] = w.done[a.figure]
	}
	if err := results.Report("soak", figures); err != nil {
		return err
	}
	if len(w.broken) > 0 {
		return fmt.Errorf("%d violations with seed %d; the first: %s", len(w.broken), w.seed, w.broken[0])
	}
	return nil
}

func (w *world) say(format string, args ...any) {
	fmt.Printf("%7.1f s  "+format+"\n", append([]any{time.Since(w.began).Seconds()}, args...)...)
}
