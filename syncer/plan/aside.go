package plan

import (
	"encoding/binary"
	"fmt"
	"slices"

	"kith/index"
)

// Aside returns the conflict copy of a loser that is to lie at the path of c, where
// nothing lives yet. Several devices may make it at once, before they have heard of each
// other: they make the same version of it, so that whoever knows the copy of one knows
// that of all, and who deletes it deletes it for good. ok is false where that has
// happened: what is here contains the copy.
//
// A receiver's copy is its own change, which nobody else knows.
func (f Folder) Aside(c index.Case, loser index.File) (kept index.File, ok bool) {
	kept = loser
	kept.Path = c.Path
	base := f.content(c.Have.File)
	if f.Receive {
		kept.Version = base.Bump(f.Self)
		return kept, true
	}
	kept.Version = base.Join(index.Version(nil).Bump(setter(kept)))
	return kept, !base.Contains(kept.Version)
}

// Cedes reports whether a loser leaves the plain name of its conflict copy to what else is
// known to lie there, and is kept under the exact one. Of several losers with one plain
// name the greatest has it, in whatever order they come: so who has not heard of the
// others keeps it under no other name. Who has a lesser one there sets that aside.
func (f Folder) Cedes(c index.Case, loser index.File) bool {
	if f.Receive { // nobody gives way to its copies
		return slices.ContainsFunc(c.Others, func(o index.Holding) bool { return o.Live() && !o.SameContent(loser) })
	}
	latest, _ := f.Latest(c)
	return latest.Live() && !latest.SameContent(loser) && latest.Compare(loser) > 0
}

// Displace returns the action by which a loser is kept under the plain name of its conflict
// copy, where a lesser one lies, which is set aside in turn. ok is false if that is not so.
func (f Folder) Displace(c index.Case, loser index.File) (a Action, ok bool) {
	if f.Receive || !c.Have.Live() || c.Have.SameContent(loser) || f.Cedes(c, loser) {
		return Action{}, false
	}
	kept, ok := f.Aside(c, loser)
	a = f.take(c, kept)
	a.Loser = losesContent(c.Have.File, kept)
	return a, ok
}

// setter returns who is said to have made a conflict copy: nobody of the members, but
// one who never makes anything else, not even of a later version that looks the same.
func setter(kept index.File) index.Actor {
	about := fmt.Appendf(nil, "conflict copy\x00%s\x00%s\x00%d\x00%d\x00%d\x00%o\x00%s\x00%s", kept.Path, kept.Version,
		kept.Kind, kept.Size, kept.Modified, kept.Mode, kept.Root, kept.Target)
	sum := index.Sum(about)
	return index.Actor{Device: index.Short(binary.BigEndian.Uint64(sum[:8])), Epoch: 1}
}
