package sim

import (
	"slices"

	"kith/index"
)

// recounted is what a device that was set back counted as a version which others know for
// something else. It cannot know that before one of them can tell it; whom it tells until
// then, who knows it just as little and tells others, does nothing wrong.
type recounted struct {
	file    index.File
	excused bool // the first whom it told could not tell it better
}

// recounts: a device that was set back counts as a version what it changed since.
func (l *ledger) recounts(d *device, f index.File) {
	if l.holds(d, f, said) {
		return
	}
	if c, look := l.claims[claimOf(f)], lookOf(f); c.again[look] == nil {
		c.again[look] = &recounted{file: f}
	}
}

// tells: a device tells another one part of its index.
func (l *ledger) tells(from, to *device, files []index.File) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range files {
		c := l.claims[claimOf(f)]
		if c == nil || len(c.again) == 0 {
			continue
		}
		if a := c.again[lookOf(f)]; a != nil && !a.excused && f.By == from.id.Short() {
			a.excused = !l.knowsBetter(to, a.file)
		}
	}
}

// knowsBetter reports whether a device knows, and can say, of a version that contains
// what was counted again, before anybody was told of that: so it was counted before.
func (l *ledger) knowsBetter(d *device, again index.File) bool {
	own := slices.DeleteFunc(slices.Clone(again.Version), func(c index.Counter) bool { return c.Actor.Device != again.By })
	for of, c := range l.claims {
		how := c.holders[d.nth]
		if of.path == again.Path && contains(c.file.Version, own) && (how == said || how == direct && c.file.By == again.By) {
			return true
		}
	}
	return false
}
