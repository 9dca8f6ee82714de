package sim

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"kith/index"
)

// A flock is a directory of so many files that the brake holds what happens to all of them
// at once. Otherwise files are few, so that people meet.

const (
	flock = "flock"
	// small is enough of them to be held when they go, or are played back from a backup;
	// large is enough when they are saved over.
	small, large = 56, 206
)

// flockOf returns the paths of some of a flock, as the arguments of a step say.
func flockOf(args []string) []string {
	from, to := 0, number(args, 0, small)
	if len(args) > 1 {
		from, to = to, number(args, 1, small)
	}
	var all []string
	for i := from; i < to; i++ {
		all = append(all, flock+"/"+strconv.Itoa(i))
	}
	return all
}

// aDay is how old what is played back from a backup is.
const aDay = 24 * time.Hour

// withFlock has the person at a device do something to many files.
func (d *device) withFlock(verb, text string, paths []string) {
	old := d.diskTime() - int64(aDay)
	for i, p := range paths {
		switch verb {
		case "flock":
			d.save(p, fmt.Sprint(text, ", one of many: ", i))
		case "flock-gone":
			d.remove(p)
		case "flock-old":
			if d.look(p).Kind == index.Regular {
				d.save(p, fmt.Sprint(text, " long ago: ", i))
				d.disk.Touch(p, old) //nolint:errcheck // it was there just now
			}
		}
	}
}

// flockIn is how many scenarios there are for each in which something happens to many
// files at once, and people let it pass, or take it back.
const flockIn = 60

// withFlocks adds that, by dice of its own: all other scenarios are what they were.
func (g *generator) withFlocks() {
	dice := diceFor(g.sc.Seed, flock)
	if dice.below(flockIn) > 0 {
		return
	}
	count, at := small, 0
	if dice.one(8) {
		count = large
	}
	least := 0
	add := func(most int, who, verb string, args ...string) {
		g.next++
		s := Step{ID: g.next, After: time.Duration(least+dice.below(most)) * time.Millisecond, Who: who, Verb: verb, Args: args}
		g.sc.Steps = slices.Insert(g.sc.Steps, at, s)
		at++
	}
	who := func() string {
		if g.single {
			return names[0]
		}
		return g.sc.Devices[dice.below(len(g.sc.Devices))].Name
	}
	later := func() { at += dice.below(1 + (len(g.sc.Steps)-at)/3) }
	later()
	add(3000, who(), flock, strconv.Itoa(count))
	if dice.below(4) > 0 {
		add(1000, "-", "settle")
	}
	for range 1 + dice.below(2) {
		later()
		d, half := who(), strconv.Itoa(20+dice.below(count-40))
		switch dice.below(6) {
		case 0:
			add(3000, d, "delete", flock)
		case 1:
			add(3000, d, "tofile", flock)
		case 2:
			add(3000, d, "flock-gone", strconv.Itoa(count))
		case 3:
			add(3000, d, "flock-gone", "0", half)
			add(3000, d, "flock-gone", half, strconv.Itoa(count))
		case 4:
			add(3000, d, "flock-old", strconv.Itoa(count))
		case 5:
			add(3000, d, flock, strconv.Itoa(count))
		}
		for range 1 + dice.below(3) {
			if dice.one(3) {
				later()
			}
			least = []int{0, 1500, 4000}[dice.below(3)] // it takes a while until something is held
			add([]int{1500, 5000}[dice.below(2)], d, dice.pick("undo", "undo", "approve"))
			least = 0
			switch dice.below(8) {
			case 0, 1:
				add(300, d, dice.pick("crash", "crash", "power"), strconv.Itoa(dice.below(120)))
				add(3000, d, "start")
			case 2:
				add(300, d, "stop")
				add(3000, d, "start")
			case 3:
				add(300, d, "unplug")
				add(3000, d, "replug")
			}
			if d = who(); g.single {
				d = g.sc.Devices[dice.below(len(g.sc.Devices))].Name
			}
		}
	}
}
