package sim

import (
	"slices"
	"strings"
	"time"

	"kith/index"
)

type claim struct {
	path    index.Path
	version string
}

func claimOf(f index.File) claim { return claim{f.Path, f.Version.String()} }

// claimed is what a version looks like, and the devices whose index has said or heard
// so. It binds for as long as there is one: what nobody knows any more, nobody can keep.
type claimed struct {
	file    index.File
	look    string
	holders map[int]hearing
	again   map[string]*recounted // by their look: what was counted as this version once more
}

// hearing is how much a device knows of a version.
type hearing struct {
	said bool          // its own index has it; otherwise it says so only when it has the same
	at   time.Duration // when its own index said so first
	from map[int]bool  // the devices that told it
}

// known is what an index knows of a version.
type known struct {
	file index.File
	how  hearing
}

// same: one version of a path looks the same to all whose index has it, but for what a
// device that was set back could not know better. from is who told it; nil if this is the
// device's own index.
func (l *ledger) same(d, from *device, f index.File) {
	how := hearing{said: from == nil, at: l.w.since()}
	if from != nil {
		how.from = map[int]bool{from.nth: true}
	}
	if l.holds(d, f, how) {
		return
	}
	c, now := l.claims[claimOf(f)], lookOf(f)
	if a := c.again[now]; a == nil || !a.excused || from == a.by && c.holders[d.nth].from[from.nth] {
		l.breaksLocked("two things: %s learns at %s that version %v is %s, and %s", d.def.Name, f.Path, f.Version, c.look, now)
	}
}

// holds notes that a device's index has a version, and reports false, noting nothing,
// if it looks otherwise in somebody's.
func (l *ledger) holds(d *device, f index.File, how hearing) bool {
	of, look := claimOf(f), lookOf(f)
	c := l.claims[of]
	if c == nil {
		c = &claimed{file: f, look: look, holders: map[int]hearing{}, again: map[string]*recounted{}}
		l.claims[of] = c
	}
	if c.look != look {
		return false
	}
	was := c.holders[d.nth]
	if was.said {
		how.at = was.at
	}
	c.holders[d.nth] = hearing{was.said || how.said, how.at, union(was.from, how.from)}
	return true
}

// knowledge returns all that a device's index has said or heard so far.
func (l *ledger) knowledge(d *device) map[claim]known {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := map[claim]known{}
	for of, c := range l.claims {
		if how, ok := c.holders[d.nth]; ok {
			all[of] = known{c.file, how}
		}
	}
	return all
}

// forgets: an index is what it was when it knew so much, and no more. A version that
// nobody else has heard of is free again.
func (l *ledger) forgets(d *device, but map[claim]known) {
	for of, c := range l.claims {
		if delete(c.holders, d.nth); len(c.holders) == 0 {
			delete(l.claims, of)
		}
	}
	for _, k := range but {
		l.holds(d, k.file, k.how)
	}
}

// claimsOf returns what indexes say, or said, of a path that is a file with a content, and of
// what other files lie there, in no order.
func (l *ledger) claimsOf(p index.Path, root index.Hash) (of, others []index.File) {
	for at, c := range l.claims {
		switch {
		case at.path != p || c.file.Kind != index.Regular:
		case c.file.Root == root:
			of = append(of, c.file)
		default:
			others = append(others, c.file)
		}
	}
	return of, others
}

// settledUnheard reports whether others gave a text that a device's index has at a path a
// version that it does not have yet: that is a change, and outlives a deletion.
func (l *ledger) settledUnheard(d *device, p index.Path, root index.Hash) bool {
	have := l.latest[d.nth][p]
	of, _ := l.claimsOf(p, root)
	return slices.ContainsFunc(of, func(f index.File) bool { return f.Version.Compare(have) == index.Equal }) &&
		slices.ContainsFunc(of, func(f index.File) bool { return !contains(have, f.Version) })
}

// contested reports whether a text was taken away under the name of a conflict copy which
// something else claimed that did not follow upon it: who does not know yet that it was
// taken away gives it another name.
func (l *ledger) contested(t *text) bool {
	if !strings.Contains(t.at, "(conflict, ") {
		return false
	}
	by := l.w.devices[t.by].id.Short()
	of, others := l.claimsOf(index.MustPath(t.at), t.root)
	return slices.ContainsFunc(others, func(rival index.File) bool {
		return rival.By != by && slices.ContainsFunc(of, func(f index.File) bool { return f.Version.Compare(rival.Version) == index.Concurrent })
	})
}
