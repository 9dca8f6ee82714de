package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

var names = []string{"anna", "ben", "carl", "dora", "emil", "fay"}

// Paths are few, so that people meet.
var (
	plainPaths = []string{"a", "b", "c.txt", "d", "d/a", "d/b", "d/e", "d/e/f", "g/h"}
	oddPaths   = []string{"a", "A", "d/é", "d/e\u0301", "D", "d", "d/a", "D/a", "ß", "ẞ"}
)

// generator draws a scenario from a seed.
type generator struct {
	*dice
	sc     Scenario
	paths  []string
	single bool // one person does everything
	next   int

	provoke Provocation
}

// Generate returns the scenario of a seed.
func Generate(seed uint64) Scenario { return Provoke(seed, Provocation{}) }

// Provocation is what a scenario is to have besides what its seed says.
type Provocation struct {
	Odd    bool     // names that some disk takes for one
	Traits []string // of some device
	Steps  []string // a device, a verb and its arguments; ? stands for any device
}

// Provoke returns the scenario of a seed with something added.
func Provoke(seed uint64, p Provocation) Scenario {
	g := &generator{dice: diceFor(seed, "scenario"), paths: plainPaths, provoke: p}
	g.sc.Seed = seed
	g.cast()
	if g.below(10) < 7 {
		for range 1 + g.below(5) {
			g.step(names[0], "save", g.path())
		}
		g.step("-", "settle")
	}
	rounds := 1 + g.below(3)
	for range rounds {
		for range 2 + g.below(14) {
			g.something()
		}
		for _, s := range p.Steps {
			words := strings.Fields(strings.Replace(s, "?", g.who(), 1))
			g.step(words[0], words[1], words[2:]...)
			g.something()
		}
		if g.one(2) {
			g.step("-", "settle")
		}
	}
	g.grownAgain()
	g.withRules()
	g.withDens()
	g.slowly()
	g.withFlocks()
	g.seesPlace()
	g.hugely()
	return g.sc
}

// hugelyIn is how many scenarios there are for each in which whatever people save anew is of
// many blocks: those go another way than what fits into one message, and cost forty times as much.
const hugelyIn = 500

// hugely makes it so, by dice of its own.
func (g *generator) hugely() {
	if diceFor(g.sc.Seed, "hugely").below(hugelyIn) > 0 {
		return
	}
	for i, s := range g.sc.Steps {
		if slices.Contains([]string{"save", "longer", "samesize"}, s.Verb) {
			g.sc.Steps[i].Verb = "huge"
		}
	}
}

// seesPlaceIn is how many scenarios there are for each in which the store of a device knows
// by itself that its index was brought back. Elsewhere the others know.
const seesPlaceIn = 6

// seesPlace adds that, by dice of its own.
func (g *generator) seesPlace() {
	if diceFor(g.sc.Seed, "sees its place").below(seesPlaceIn) > 0 {
		return
	}
	for i := range g.sc.Devices {
		g.sc.Devices[i].Traits = append(g.sc.Devices[i].Traits, "seesplace")
	}
}

// grownAgainIn is how many scenarios there are for each in which an index is brought
// back from a backup and grows as long as it was before anybody else sees it.
const grownAgainIn = 32

// grownAgain adds that, by dice of its own: all other scenarios are what they were.
func (g *generator) grownAgain() {
	dice := diceFor(g.sc.Seed, "grown again")
	if dice.below(grownAgainIn) > 0 {
		return
	}
	who := g.sc.Devices[dice.below(len(g.sc.Devices))].Name
	for _, verb := range []string{"backup", "regrow"} {
		g.next++
		s := Step{ID: g.next, After: time.Duration(dice.below(3000)) * time.Millisecond, Who: who, Verb: verb}
		first := slices.IndexFunc(g.sc.Steps, func(s Step) bool { return s.Verb == "backup" && s.ID == g.next-1 }) + 1
		g.sc.Steps = slices.Insert(g.sc.Steps, first+dice.below(len(g.sc.Steps)-first+1), s)
	}
}

// slowlyIn is how many scenarios there are for each in which an office program takes its
// time for a save: long enough to be met in the middle, and never so long that what it
// moved away for a moment counts as gone.
const slowlyIn = 8

// slowly adds that, by dice of its own.
func (g *generator) slowly() {
	dice := diceFor(g.sc.Seed, "slowly")
	if dice.below(slowlyIn) > 0 {
		return
	}
	g.next++
	s := Step{ID: g.next, After: time.Duration(dice.below(3000)) * time.Millisecond, Who: g.sc.Devices[dice.below(len(g.sc.Devices))].Name,
		Verb: "office", Args: []string{g.paths[dice.below(len(g.paths))], "90"}}
	g.sc.Steps = slices.Insert(g.sc.Steps, dice.below(len(g.sc.Steps)+1), s)
}

// cast draws who takes part.
func (g *generator) cast() {
	count := []int{2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 6}[g.below(13)]
	g.sc.Wires = g.pick("mesh", "mesh", "mesh", "line", "star")
	g.sc.Slow = []int{1, 1, 1, 1, 10, 100}[g.below(6)]
	g.single = g.one(7)
	odd := g.one(10) || g.provoke.Odd
	receiver := g.one(12) || slices.Contains(g.provoke.Traits, "receive")
	if receiver {
		g.sc.Wires = "mesh" // what a receiver holds is taken by nobody
	}
	for i := range count {
		d := Device{Name: names[i]}
		add := func(trait string, p int) {
			if g.one(p) {
				d.Traits = append(d.Traits, trait)
			}
		}
		if odd {
			add("caseblind", 2)
			add("respells", 4)
		}
		add("noexchange", 8)
		add("coarse", 12)
		if receiver && i > 0 {
			add("receive", 2)
		}
		if i == 1 {
			for _, trait := range g.provoke.Traits {
				if !d.Has(trait) {
					d.Traits = append(d.Traits, trait)
				}
			}
		}
		g.sc.Devices = append(g.sc.Devices, d)
	}
	if odd {
		g.paths = oddPaths
	}
}

func (g *generator) path() string { return g.paths[g.below(len(g.paths))] }

func (g *generator) who() string { return g.sc.Devices[g.below(len(g.sc.Devices))].Name }

// person is a device at which somebody acts.
func (g *generator) person() string {
	if g.single {
		return names[0]
	}
	return g.who()
}

// other returns another device.
func (g *generator) other(than string) string {
	for {
		if d := g.who(); d != than {
			return d
		}
	}
}

// step adds a step after a time that is drawn from four kinds of hurry.
func (g *generator) step(who, verb string, args ...string) {
	spans := []struct{ least, most time.Duration }{
		{0, 5 * time.Millisecond}, {5 * time.Millisecond, 300 * time.Millisecond},
		{300 * time.Millisecond, 3 * time.Second}, {3 * time.Second, 20 * time.Second},
	}
	s := spans[[]int{0, 0, 0, 1, 1, 1, 1, 2, 2, 3}[g.below(10)]]
	after := s.least + time.Duration(g.below(int(s.most-s.least)/1000))*1000
	g.next++
	g.sc.Steps = append(g.sc.Steps, Step{ID: g.next, After: after, Who: who, Verb: verb, Args: args})
}

// weighted is something that may happen, as often as its weight says.
type weighted struct {
	weight int
	do     func(g *generator)
}

func does(verb string) func(*generator) {
	return func(g *generator) { g.step(g.person(), verb, g.path()) }
}

func doesTwo(verb string) func(*generator) {
	return func(g *generator) { g.step(g.person(), verb, g.path(), g.path()) }
}

func suffers(verb string) func(*generator) {
	return func(g *generator) { g.step(g.who(), verb) }
}

var happenings = []weighted{
	{24, does("save")},
	{5, does("longer")},
	{3, does("samesize")},
	{3, does("half")},
	{2, does("common")},
	{1, does("big")},
	{10, does("delete")},
	{4, does("mkdir")},
	{10, doesTwo("move")},
	{3, doesTwo("swap")},
	{2, does("touch")},
	{2, does("chmod")},
	{2, does("link")},
	{3, does("todir")},
	{3, does("tofile")},
	{2, does("vim")},
	{2, does("office")},
	{2, does("git")},
	{2, does("restore")},
	{8, func(g *generator) {
		verb := g.pick("save", "save", "save", "delete", "move", "todir", "samesize", "touch")
		if d := g.person(); !g.single {
			g.step(d, "ambush", strconv.Itoa(1+g.below(6)), verb)
		}
	}},
	{8, func(g *generator) { g.step(g.who(), "crash", strconv.Itoa(g.below(40))) }},
	{4, func(g *generator) { g.step(g.who(), "power", strconv.Itoa(g.below(40))) }},
	{5, suffers("stop")},
	{9, suffers("start")},
	{6, func(g *generator) { d := g.who(); g.step(d, "cut", g.other(d)) }},
	{6, func(g *generator) { d := g.who(); g.step(d, "heal", g.other(d)) }},
	{2, func(g *generator) { d := g.who(); g.step(d, "twin", g.other(d)) }},
	{1, func(g *generator) { g.step("-", "swizzle") }},
	{1, func(g *generator) { g.step(g.who(), g.pick("full", "readonly", "eio", "storefull")) }},
	{2, func(g *generator) { g.step(g.who(), "deaf") }},
	{3, suffers("fine")},
	{1, suffers("unplug")},
	{2, suffers("replug")},
	{1, func(g *generator) { g.step("-", "leap", strconv.Itoa(1+g.below(400))) }},
	{1, func(g *generator) { g.step(g.who(), "skew", strconv.Itoa(g.below(200000)-100000)) }},
	{1, suffers("scan")},
	{2, suffers("backup")},
	{1, func(g *generator) { g.step(g.who(), g.pick("lose-index", "roll-index", "roll-both", "roll-disk")) }},
}

var allWeights = func() (sum int) {
	for _, h := range happenings {
		sum += h.weight
	}
	return sum
}()

// something adds one thing that happens.
func (g *generator) something() {
	n := g.below(allWeights)
	i := slices.IndexFunc(happenings, func(h weighted) bool { n -= h.weight; return n < 0 })
	happenings[i].do(g)
}

// Name is what a scenario is called among others.
func (sc Scenario) Name() string { return fmt.Sprintf("seed-%d", sc.Seed) }
