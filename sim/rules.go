package sim

import (
	"slices"
	"strings"
	"time"

	"kith/index"
	"kith/syncer"
)

// Everybody who writes rules leaves out the same two directories. Nobody saves anything
// in the one unless the rules lie on the same disk: so nothing in it ever leaves home. In
// the other one people save before there are rules, and while they come: who has what of
// it is nobody's business, but nobody waits for it.

const (
	rulesFile = ".kithignore"
	home      = "home"
	den       = "den"
)

func atHome(path string) bool { return path == home || strings.HasPrefix(path, home+"/") }

func inDen(path string) bool { return path == den || strings.HasPrefix(path, den+"/") }

// rulesOf returns rules that no other person writes. Half of them is none.
func rulesOf(text string) string { return "# " + text + "\n/" + den + "/\n/" + home + "/\n" }

// ruled reports whether the rules lie on a device's disk.
func (d *device) ruled() bool {
	text, ok := d.read(rulesFile)
	return ok && strings.HasSuffix(text, "/"+home+"/\n")
}

// stay saves a file that is not to leave home.
func (d *device) stay(path, text string) {
	if atHome(path) && d.ruled() && d.mkdirs(parent(path)) {
		d.disk.Write(path, []byte(text)) //nolint:errcheck // then it is not there
	}
}

// saveInDen saves a file that may be ignored, soon or already.
func (d *device) saveInDen(path, text string) {
	d.w.ledger.forget(text) // by nobody else it is asked for
	if d.mkdirs(parent(path)) {
		d.disk.Write(path, []byte(text)) //nolint:errcheck // then it is not there
	}
}

// looked reports whether a device's program has seen all that lies there once.
func (d *device) looked() bool {
	p := d.status().Phase
	return p == syncer.InStep || p == syncer.Syncing
}

// lull is how long a program that saves rules leaves them empty, or away.
func (d *device) lull() (whole bool) {
	boot := d.boot()
	d.w.sleep(time.Duration(1+d.w.roll("lull", d.def.Name)%800) * time.Millisecond)
	return d.boot() == boot
}

// ruleEmptied saves rules as a program does that empties the file first.
func (d *device) ruleEmptied(text string) {
	old, there := d.read(rulesFile)
	if !there || !d.looked() {
		d.save(rulesFile, text)
		return
	}
	d.w.ledger.half("")
	defer d.w.ledger.saves(d, rulesFile)()
	if d.disk.Write(rulesFile, nil) != nil {
		return
	}
	d.w.ledger.saved(d, rulesFile, text, old, true)
	whole := d.lull()
	switch now, ok := d.readAny(rulesFile); {
	case !whole:
		d.w.ledger.forget(text)
	case !ok || now != "":
		d.w.ledger.forget(text)
		d.w.ledger.forget("") // it lies elsewhere now, and stays empty
	case d.disk.Write(rulesFile, []byte(text)) != nil:
		d.w.ledger.forget(text)
	}
}

// ruleAway saves rules as a program does that moves the old ones away first.
func (d *device) ruleAway(text string) {
	old, there := d.read(rulesFile)
	if !there || !d.looked() || d.disk.Rename(rulesFile, rulesFile+"~") != nil {
		d.save(rulesFile, text)
		return
	}
	d.w.ledger.setAway(rulesFile)
	if !d.lull() {
		d.w.ledger.abandoned(text, old)
		return
	}
	if d.look(rulesFile).Kind == index.Absent && d.disk.Write(rulesFile, []byte(text)) == nil {
		d.w.ledger.saved(d, rulesFile, text, "", false)
	}
	if d.disk.Remove(rulesFile+"~") == nil {
		d.w.ledger.removed(d, []sight{{rulesFile, old}})
	}
}

// leftHome: an index says that something is there which never was to be told.
func (l *ledger) leftHome(d *device, r index.Record) {
	if r.Live() && atHome(r.Path.String()) {
		l.breaksLocked("left home: the index of %s says that there is a %s at %s, which is ignored", d.def.Name, r.Kind, r.Path)
	}
}

// rulesIn is how many scenarios there are for each in which people write rules.
const rulesIn = 8

// unruly are the steps that take rules from a disk which nobody took away, those that
// keep anybody from seeing rules which lay there for a moment, and those after which it
// takes a while until an index knows that it was set back.
var unruly = []string{"power", "lies", "roll-disk", "roll-both", "ambush", "stop", "crash", "unplug", "regrow"}

// withRules adds people who write rules, and what these ignore, by dice of its own: all
// other scenarios are what they were.
func (g *generator) withRules() {
	dice := diceFor(g.sc.Seed, "rules")
	if dice.below(rulesIn) > 0 || slices.ContainsFunc(g.sc.Steps, func(s Step) bool { return slices.Contains(unruly, s.Verb) }) {
		return
	}
	at := 0
	for range 3 + dice.below(12) {
		verb, path := dice.pick("rule", "rule-emptied", "rule-away", "home", "home", "home"), rulesFile
		if verb == "home" {
			path = home + "/" + dice.pick("a", "b", "c/d", "c/e")
		}
		g.next++
		s := Step{
			ID: g.next, After: time.Duration(dice.below([]int{3, 300, 3000}[dice.below(3)])) * time.Millisecond,
			Who: g.sc.Devices[dice.below(len(g.sc.Devices))].Name, Verb: verb, Args: []string{path},
		}
		at += dice.below(max(1, (len(g.sc.Steps)-at)/3))
		g.sc.Steps = slices.Insert(g.sc.Steps, at, s)
		at++
	}
}

// withDens adds people who save what the rules are about before they come, in some of the
// scenarios in which they do, by dice of its own.
func (g *generator) withDens() {
	dice := diceFor(g.sc.Seed, "dens")
	if !slices.ContainsFunc(g.sc.Steps, func(s Step) bool { return strings.HasPrefix(s.Verb, "rule") }) || dice.below(2) > 0 {
		return
	}
	for range 1 + dice.below(6) {
		g.next++
		g.sc.Steps = slices.Insert(g.sc.Steps, dice.below(len(g.sc.Steps)+1), Step{
			ID: g.next, After: time.Duration(dice.below([]int{3, 300, 3000}[dice.below(3)])) * time.Millisecond,
			Who:  g.sc.Devices[dice.below(len(g.sc.Devices))].Name,
			Verb: dice.pick("den", "den", "den", "den-gone"), Args: []string{den + "/" + dice.pick("a", "b", "c/d")},
		})
	}
}
