package sim

import (
	"slices"
	"strings"
	"time"
)

// Law is the law that was broken first: what stands before the colon.
func (r Report) Law() string {
	if len(r.Broken) == 0 {
		return ""
	}
	law, _, _ := strings.Cut(r.Broken[0], ":")
	return law
}

// Shrink leaves out of a scenario what can be left out while it still breaks the
// same law, and returns what remains. fails runs a scenario; it is asked up to
// limit times.
func Shrink(sc Scenario, limit int, fails func(Scenario) bool) Scenario {
	s := &shrinker{best: sc, left: limit, fails: fails}
	for size := -1; size != s.size() && s.left > 0; {
		size = s.size()
		s.steps()
		s.devices()
		s.plainly()
	}
	return s.best
}

type shrinker struct {
	best  Scenario
	left  int
	fails func(Scenario) bool
}

func (s *shrinker) size() int { return len(s.best.Steps)*100 + len(s.best.Devices) }

// try keeps a scenario if it still fails.
func (s *shrinker) try(sc Scenario) bool {
	if s.left--; s.left < 0 || !s.fails(sc) {
		return false
	}
	s.best = sc
	return true
}

// steps leaves out steps: many at a time first, then one by one (ddmin, Zeller and
// Hildebrandt, 2002). The delay of what is left out is left out too.
func (s *shrinker) steps() {
	for n := max(len(s.best.Steps)/2, 1); ; n /= 2 {
		for from := len(s.best.Steps) - n; from > -n && s.left > 0; from -= n {
			if from+n > len(s.best.Steps) {
				continue
			}
			sc := s.best
			sc.Steps = slices.Delete(slices.Clone(sc.Steps), max(from, 0), from+n)
			if !s.try(sc) && from >= 0 && from+n < len(s.best.Steps) {
				sc.Steps = slices.Clone(sc.Steps) // the delay may have mattered
				for _, gone := range s.best.Steps[from : from+n] {
					sc.Steps[from].After += gone.After
				}
				s.try(sc)
			}
		}
		if n <= 1 {
			return
		}
	}
}

// devices leaves out devices and all that happens to them.
func (s *shrinker) devices() {
	for i := len(s.best.Devices) - 1; i >= 0 && len(s.best.Devices) > 2; i-- {
		sc := s.best
		name := sc.Devices[i].Name
		sc.Devices = slices.Delete(slices.Clone(sc.Devices), i, i+1)
		sc.Steps = slices.DeleteFunc(slices.Clone(sc.Steps), func(st Step) bool {
			return st.Who == name || len(st.Args) > 0 && st.Args[0] == name
		})
		s.try(sc)
	}
}

// plainly takes away what makes things harder to follow.
func (s *shrinker) plainly() {
	for i, d := range s.best.Devices {
		for k := range d.Traits {
			sc := s.best
			sc.Devices = slices.Clone(sc.Devices)
			sc.Devices[i].Traits = slices.Delete(slices.Clone(d.Traits), k, k+1)
			if s.try(sc) {
				break
			}
		}
	}
	if sc := s.best; sc.Slow > 1 {
		sc.Slow = 1
		s.try(sc)
	}
	if sc := s.best; sc.Wires != "mesh" {
		sc.Wires = "mesh"
		s.try(sc)
	}
	for i := range s.best.Steps {
		for _, after := range []time.Duration{0, time.Millisecond, time.Second, 5 * time.Second} {
			if s.best.Steps[i].After <= after || s.left <= 0 {
				continue
			}
			sc := s.best
			sc.Steps = slices.Clone(sc.Steps)
			sc.Steps[i].After = after
			if s.try(sc) {
				break
			}
		}
	}
}
