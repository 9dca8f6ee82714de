package sim

import (
	"context"
	"slices"
	"strings"

	"kith/index"
)

// What lies at a receiver and nowhere else, or the other way round, is right where nobody
// takes anything from it, or nobody can tell it what to do.

// ownCopy reports whether something is a conflict copy: at a receiver such a copy is its
// own, nobody takes it from there, and it stays where it is.
func ownCopy(p string, tree map[string]object) bool {
	return strings.Contains(p, "(conflict, ") && tree[p].kind != index.Absent
}

// keepsInside reports whether a receiver has a directory at a path, and in it what nobody who
// sends can tell it to let go: a copy of its own, or what they have forgotten. There the
// directory stands alone, whatever they have in its place.
func (l *ledger) keepsInside(p string, tree map[string]object) bool {
	for q, o := range tree {
		if o.kind != index.Directory && strings.HasPrefix(q, p+"/") && (ownCopy(q, tree) || l.unfair && l.forgotten(q)) {
			return true
		}
	}
	return false
}

// crowdedOut reports whether all that is to be seen of a text where somebody sends lies in the
// place of directories that stand alone at a receiver: it cannot lie there, too.
func (l *ledger) crowdedOut(body string, receiver int, trees []map[string]object) bool {
	out := false
	for i, tree := range trees {
		for p, o := range tree {
			if l.w.devices[i].def.Has("receive") || o.kind == index.Directory || o.body != body {
				continue
			}
			if out = l.keepsInside(p, trees[receiver]); !out {
				return false
			}
		}
	}
	return out
}

// forgotten reports whether no index of those who send knows of a path any more: what
// a receiver has there was taken away by one who lost its index before others knew.
func (l *ledger) forgotten(p string) bool {
	return !slices.ContainsFunc(l.w.devices, func(d *device) bool {
		recs, err := d.store().Get(context.Background(), l.w.folder, []index.Path{index.MustPath(p)}, false)
		return !d.def.Has("receive") && (err != nil || recs[0].Kind != index.Absent)
	})
}

// outlived reports whether what a receiver heard last at a path is newer than all that those
// who send know of there: they were set back, or have not heard of it and never will. A receiver
// may not tell them, or what it says would count, and it follows nothing that is older: both
// keep what they have, until one of them who sends changes something there.
func (l *ledger) outlived(receiver *device, p string) bool {
	at := func(d *device) (index.Record, bool) {
		recs, err := d.store().Get(context.Background(), l.w.folder, []index.Path{index.MustPath(p)}, false)
		if err != nil {
			return index.Record{}, false
		}
		return recs[0], true
	}
	last, ok := at(receiver)
	return ok && last.Kind != index.Absent && last.By != receiver.id.Short() && !slices.ContainsFunc(l.w.devices, func(d *device) bool {
		r, ok := at(d)
		return !d.def.Has("receive") && (!ok || !contains(last.Version, r.Version) || contains(r.Version, last.Version))
	})
}
