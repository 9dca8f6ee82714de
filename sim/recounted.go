package sim

import (
	"slices"
	"time"

	"kith/index"
)

// recounted is what a device that was set back counted as a version which others know for
// something else. It cannot know that before one of them can tell it; whom it tells until
// then, who knows it just as little and tells others, does nothing wrong.
type recounted struct {
	file    index.File
	by      *device
	excused bool // the first whom it told could not tell it better
}

// recounts: a device that was set back counts as a version, upon another one, what it
// changed since.
func (l *ledger) recounts(d *device, f index.File, was index.Version) {
	if l.holds(d, f, hearing{said: true, at: l.w.since()}) && !l.followed(d, f, was) {
		return
	}
	if c, look := l.claims[claimOf(f)], lookOf(f); c.again[look] == nil {
		c.again[look] = &recounted{file: f, by: d}
	}
}

// followed reports whether what a device has just counted, upon a version, is one that nobody
// else ever had, and a count that others have followed upon: they had it in what was settled
// with it.
func (l *ledger) followed(d *device, f index.File, was index.Version) bool {
	own := d.ownIn(f.Version)
	if f.By != d.id.Short() || contains(was, own) || l.toldOf(d, claimOf(f)) {
		return false
	}
	for of, c := range l.claims {
		if of.path == f.Path && contains(c.file.Version, own) && l.toldOf(d, of) {
			return true
		}
	}
	return false
}

// ownIn returns the counts of a version that are a device's own.
func (d *device) ownIn(v index.Version) index.Version {
	return slices.DeleteFunc(slices.Clone(v), func(c index.Counter) bool { return c.Actor.Device != d.id.Short() })
}

// counts reports whether a version contains a change that a device counted. That need not
// be the one that made what it stands for: who settles a matter counts on top of that.
func (d *device) counts(v index.Version) bool {
	return slices.ContainsFunc(v, func(c index.Counter) bool { return c.Actor.Device == d.id.Short() })
}

// tells: a device tells another one part of its index. heard is when that one sent the last
// that has come of its own in this conversation: what it came to know after that is on its
// way at best.
func (l *ledger) tells(from, to *device, files []index.File, heard time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range files {
		c := l.claims[claimOf(f)]
		if c == nil || len(c.again) == 0 {
			continue
		}
		if a := c.again[lookOf(f)]; a != nil && !a.excused && a.by == from {
			if a.excused = !l.knowsBetter(to, a, heard); a.excused {
				l.passesFor(a.file.Root)
			}
		}
	}
}

// passesFor: a text that was counted once more passes for the one that was counted before,
// with who could not know better: what follows upon that one follows upon this, too, and an
// earlier version of it will do.
func (l *ledger) passesFor(root index.Hash) {
	for _, t := range l.texts {
		t.frail = t.frail || t.root == root
	}
}

// knowsBetter reports whether a device knows, and can say, of a version that contains
// what was counted again, before anybody was told of that: so it was counted before. Who
// was told it by the one that was set back remembers that. What it has come to have since a
// moment does not count: it could not say that then.
func (l *ledger) knowsBetter(d *device, a *recounted, by time.Duration) bool {
	own := a.by.ownIn(a.file.Version)
	for of, c := range l.claims {
		how := c.holders[d.nth]
		if of.path == a.file.Path && contains(c.file.Version, own) && (how.said && how.at <= by || how.from[a.by.nth]) {
			return true
		}
	}
	return false
}
