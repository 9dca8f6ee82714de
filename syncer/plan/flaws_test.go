package plan

import (
	"slices"
	"testing"

	"kith/index"
	"kith/sim/results"
)

// flaws are planners that look right. A proof that does not find them proves nothing.
var flaws = []struct {
	name   string
	decide func(Folder, index.Case) Action
}{
	{"versions that differ are joined without a change of their own", func(f Folder, c index.Case) Action {
		a := f.Decide(c)
		if settles(f, a) {
			a.Want.Version = without(a.Want.Version, f.Self, a.Have.Version.Count(f.Self))
		}
		return a
	}},
	{"what was here first wins", func(f Folder, c index.Case) Action {
		a := f.Decide(c)
		if settles(f, a) {
			a.Want, a.Loser = f.Reassert(c), false
		}
		return a
	}},
	{"what comes last wins", func(f Folder, c index.Case) Action {
		a := f.Decide(c)
		rivals := f.rivals(c)
		if a.Verb == Keep && len(rivals) > 0 {
			a = f.take(c, rivals[len(rivals)-1])
			a.Want.Version = a.Want.Version.Join(c.Have.Version).Bump(f.Self)
			a.Loser = losesContent(c.Have.File, a.Want)
		}
		return a
	}},
	{"who holds the winner settles too", func(f Folder, c index.Case) Action {
		a := f.Decide(c)
		if a.Verb == Keep && len(f.rivals(c)) > 0 {
			a = f.take(c, f.Reassert(c))
			a.Want.By = c.Have.By
		}
		return a
	}},
	{"a deletion wins", func(f Folder, c index.Case) Action {
		a := f.Decide(c)
		for _, r := range f.rivals(c) {
			if r.Kind == index.Deleted && c.Have.Live() {
				a = f.take(c, r)
				a.Want.Version = r.Version.Join(c.Have.Version).Bump(f.Self)
			}
		}
		return a
	}},
	{"the author is whoever settled", func(f Folder, c index.Case) Action {
		a := f.Decide(c)
		a.Want.By = f.Self.Device
		return a
	}},
	{"the loser is not set aside", func(f Folder, c index.Case) Action {
		a := f.Decide(c)
		a.Loser = false
		return a
	}},
	{"joining counts as a change", func(f Folder, c index.Case) Action {
		rivals := f.rivals(c)
		if len(rivals) == 0 || len(containing(c.Have.Version, rivals)) > 0 {
			return f.Decide(c)
		}
		a := f.Decide(c)
		if a.Verb == Adopt {
			a.Want.Version = a.Want.Version.Bump(f.Self)
		}
		return a
	}},
	{"what is outdated is settled like anything else", func(f Folder, c index.Case) Action {
		rivals := f.rivals(c)
		if heirs := containing(c.Have.Version, rivals); len(heirs) == 0 || c.Have.Kind == index.Absent {
			return f.Decide(c)
		}
		best := greatest(rivals)
		if best.Version.Contains(c.Have.Version) {
			return f.Decide(c)
		}
		if c.Have.Compare(best) > 0 {
			return Action{Have: c.Have}
		}
		a := f.take(c, best)
		a.Want.Version = best.Version.Join(c.Have.Version).Bump(f.Self)
		a.Loser = losesContent(c.Have.File, best)
		return a
	}},
	{"what comes has the version of what was known", func(f Folder, c index.Case) Action {
		a := f.Decide(c)
		if c.Have.Away() && a.Verb == Take {
			a.Want.Version = a.Want.Version.Join(c.Have.Version)
		}
		return a
	}},
	{"a deletion that was overruled where the file is not kept is nobody's to settle", func(f Folder, c index.Case) Action {
		if a := f.Decide(c); a.Verb != Take || !a.Want.Live() || c.Have.Kind != index.Deleted || f.Keeps.Wants(c.Path) {
			return a
		}
		return f.letBe(c)
	}},
	{"what was left to others is over", func(f Folder, c index.Case) Action {
		a := f.Decide(c)
		if ours := f.own(c.Have.Version); a.Verb == Keep && c.Have.Away() && len(ours) > 0 {
			c.Others = slices.DeleteFunc(slices.Clone(c.Others), func(o index.Holding) bool { return o.Version.Contains(ours) })
			return f.Decide(c)
		}
		return a
	}},
}

// settles reports whether a is a change of f's own.
func settles(f Folder, a Action) bool {
	return a.Verb != Keep && a.Have.Kind != index.Absent &&
		a.Want.Version.Count(f.Self) == a.Have.Version.Count(f.Self)+1
}

// without returns v with a's count set back.
func without(v index.Version, a index.Actor, count uint64) index.Version {
	v = slices.Clone(v)
	for i := range v {
		if v[i].Actor == a {
			v[i].Count = count
		}
	}
	return slices.DeleteFunc(v, func(c index.Counter) bool { return c.Count == 0 })
}

// overrule is a Reassert that contains all there is, files too.
func overrule(f Folder, c index.Case) index.File {
	want := c.Have.File
	for _, r := range f.rivals(c) {
		want.Version = want.Version.Join(r.Version)
	}
	want.Version = want.Version.Bump(f.Self)
	want.By = f.Self.Device
	return want
}

// TestFlaws shows that the histories of an ordinary test run find every flaw.
func TestFlaws(t *testing.T) {
	planted, found, most := 0, 0, uint64(0)
	plant := func(name string, change func(*world)) {
		planted++
		t.Run(name, func(t *testing.T) {
			seed, ok := find(t, change)
			if ok {
				found, most = found+1, max(most, seed)
			}
		})
	}
	for _, flaw := range flaws {
		plant(flaw.name, func(w *world) { w.decide = flaw.decide })
	}
	plant("a directory comes back over the file that replaced it", func(w *world) { w.reassert = overrule })
	if err := results.Report("planted-planner", map[string]any{"planted": planted, "found": found, "most histories": most}); err != nil {
		t.Error(err)
	}
}

// find returns the first history of an ordinary test run that a change breaks.
func find(t *testing.T, plant func(*world)) (seed uint64, ok bool) {
	worlds := newHistories()
	for seed = 1; seed <= defaultHistories; seed++ {
		h := worlds[seed%uint64(len(worlds))]
		plant(h.world)
		if err := h.run(seed); err != nil {
			t.Logf("found by seed %d: %v", seed, err)
			return seed, true
		}
	}
	t.Errorf("not found by %d histories", defaultHistories)
	return 0, false
}
