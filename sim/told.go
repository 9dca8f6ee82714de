package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"kith/index"
)

// lookOf describes what a file is. (The root of what is deleted is a hint, and may differ.)
func lookOf(f index.File) string {
	if f.Kind == index.Deleted {
		f.Root = index.Hash{}
	}
	return fmt.Sprintf("%s size %d time %d mode %o to %q root %s", f.Kind, f.Size, f.Modified, f.Mode, f.Target, f.Root)
}

// committed: an index now says this about some paths.
func (l *ledger) committed(d *device, records []index.Record, stale []int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, r := range records {
		if slices.Contains(stale, i) {
			continue
		}
		was := l.latest[d.nth][r.Path]
		if l.back[d.nth] && d.counts(r.Version) { // its counts may have been used: it learns that from others
			l.recounts(d, r.File, was)
		} else {
			l.same(d, nil, r.File)
		}
		if !contains(r.Version, was) && !l.reissued(d, r, was) {
			l.breaksLocked("goes back: %s, at %s, from %v to %v", d.def.Name, r.Path, was, r.Version)
		}
		l.latest[d.nth][r.Path] = r.Version
		l.deletedByNobody(d, r)
		l.leftHome(d, r)
		l.found(d, r)
	}
}

// looked: an index now says that objects are what it has.
func (l *ledger) looked(d *device, records []index.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range records {
		l.found(d, r)
	}
}

// found: an index says that what was saved at its device lies at a path.
func (l *ledger) found(d *device, r index.Record) {
	if r.By != d.id.Short() || r.Kind != index.Regular {
		return
	}
	for _, t := range l.texts {
		if t.root == r.Root {
			t.tell(d, r.Path.String())
		}
	}
}

// says reports whether a device's index has just this at a path.
func (l *ledger) says(d *device, p index.Path, body string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.claims[claim{p, l.latest[d.nth][p].String()}]
	return c != nil && c.file.Kind == index.Regular && !c.file.Root.IsZero() && c.file.Root == rootOf(body)
}

// tell notes that a device's index says that this lies at a path.
func (t *text) tell(d *device, path string) {
	if !t.told {
		t.told, t.in = true, d.nth
	}
	if t.names == nil {
		t.names = map[place]bool{}
	}
	t.names[place{d.nth, path}] = true
}

// deletedByNobody: what an index says somebody deleted at its own device, somebody
// did, there or elsewhere: a crash may forget whose deletion was carried out.
func (l *ledger) deletedByNobody(d *device, r index.Record) {
	lay := l.files[d.nth][r.Path]
	l.files[d.nth][r.Path] = r.Kind == index.Regular
	p := r.Path.String()
	if !lay || r.Kind != index.Deleted || r.By != d.id.Short() || l.taken[fold(p)] {
		return
	}
	ambushed := slices.ContainsFunc(l.w.sc.Steps, func(s Step) bool { return s.Verb == "ambush" }) // what was saved then is moved by engines
	if l.unfair || l.narrow || l.moves || ambushed || l.scribbles() || ignored(p) || strings.Contains(p, "(conflict, ") || l.wasCleared(d, p) {
		return
	}
	l.breaksLocked("deleted by nobody: %s says that somebody deleted %s there, and nobody did", d.def.Name, p)
}

// reissued reports whether a device that was set back gives what it saved meanwhile a
// count of a new epoch instead of those that were used before; a further one, if it was
// saved once more just as that epoch began, and nobody has heard of that.
func (l *ledger) reissued(d *device, r index.Record, was index.Version) bool {
	own := func(c index.Counter) bool { return c.Actor.Device == d.id.Short() }
	fresh := slices.ContainsFunc(r.Version, func(c index.Counter) bool {
		return own(c) && (was.Count(c.Actor) == 0 || was.Count(c.Actor) < c.Count && !l.toldOf(d, claim{r.Path, was.String()}))
	})
	return l.unfair && fresh && contains(r.Version, slices.DeleteFunc(slices.Clone(was), own))
}

// toldOf reports whether anybody but a device itself has heard of a version.
func (l *ledger) toldOf(d *device, of claim) bool {
	c := l.claims[of]
	return c == nil || slices.ContainsFunc(slices.Collect(maps.Keys(c.holders)), func(nth int) bool { return nth != d.nth })
}

// contains reports whether every count of w is reached in v.
func contains(v, w index.Version) bool {
	for _, c := range w {
		if v.Count(c.Actor) < c.Count {
			return false
		}
	}
	return true
}

func (l *ledger) learnt(d, from *device, files []index.File) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range files {
		l.same(d, from, f)
	}
}
