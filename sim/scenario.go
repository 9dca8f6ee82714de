package sim

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Scenario is a story: who takes part, and what happens to them, in order.
type Scenario struct {
	Seed    uint64 // of everything that the steps leave open
	Slow    int    // how many times slower than usual disks and stores are
	Wires   string // mesh, line or star: who is connected with whom
	Devices []Device
	Steps   []Step
}

// Device is one of those who take part.
type Device struct {
	Name   string
	Traits []string // of its disk, its store and its role
}

// Has reports whether a device has a trait.
func (d Device) Has(trait string) bool { return slices.Contains(d.Traits, trait) }

// Step is one thing that happens, some time after the one before. Its number
// stays when others are left out, and with it all that chance decides about it.
type Step struct {
	ID    int
	After time.Duration
	Who   string // a device; "-" for all of them
	Verb  string
	Args  []string
}

func (s Step) String() string {
	return strings.TrimSpace(fmt.Sprintf("%d +%v %s %s %s", s.ID, s.After, s.Who, s.Verb, strings.Join(s.Args, " ")))
}

// Write writes a scenario as text, a line for each device and step.
func (sc Scenario) Write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d\nslow %d\nwires %s\n", sc.Seed, sc.Slow, sc.Wires)
	for _, d := range sc.Devices {
		fmt.Fprintln(&b, strings.TrimSpace("device "+d.Name+" "+strings.Join(d.Traits, " ")))
	}
	for _, s := range sc.Steps {
		fmt.Fprintln(&b, s)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Powered returns the scenario with every power cut turned into the end of a program.
func (sc Scenario) Powered() Scenario {
	sc.Steps = slices.Clone(sc.Steps)
	for i, s := range sc.Steps {
		if s.Verb == "power" {
			sc.Steps[i].Verb = "crash"
		}
	}
	return sc
}

func (sc Scenario) String() string {
	var b strings.Builder
	sc.Write(&b) //nolint:errcheck // a Builder takes everything
	return b.String()
}

// Read reads what Write wrote. Lines that begin with # are for people.
func Read(r io.Reader) (Scenario, error) {
	var sc Scenario
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := sc.read(words); err != nil {
			return sc, fmt.Errorf("%q: %w", lines.Text(), err)
		}
	}
	return sc, lines.Err()
}

func (sc *Scenario) read(words []string) (err error) {
	if len(words) < 2 {
		return fmt.Errorf("a line needs two words at least")
	}
	switch words[0] {
	case "seed":
		sc.Seed, err = strconv.ParseUint(words[1], 10, 64)
	case "slow":
		sc.Slow, err = strconv.Atoi(words[1])
	case "wires":
		sc.Wires = words[1]
	case "device":
		sc.Devices = append(sc.Devices, Device{Name: words[1], Traits: words[2:]})
	default:
		err = sc.readStep(words)
	}
	return err
}

func (sc *Scenario) readStep(words []string) error {
	if len(words) < 4 {
		return fmt.Errorf("a step needs a number, a delay, a device and a verb")
	}
	id, err := strconv.Atoi(words[0])
	if err != nil {
		return err
	}
	after, err := time.ParseDuration(strings.TrimPrefix(words[1], "+"))
	if err != nil {
		return err
	}
	sc.Steps = append(sc.Steps, Step{ID: id, After: after, Who: words[2], Verb: words[3], Args: words[4:]})
	return nil
}
