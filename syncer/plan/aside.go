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

// setter returns who is said to have made a conflict copy: nobody of the members, but
// one who never makes anything else, not even of a later version that looks the same.
func setter(kept index.File) index.Actor {
	about := fmt.Appendf(nil, "conflict copy\x00%s\x00%s\x00%d\x00%d\x00%d\x00%o\x00%s\x00%s", kept.Path, kept.Version,
		kept.Kind, kept.Size, kept.Modified, kept.Mode, kept.Root, kept.Target)
	sum := index.Sum(about)
	return index.Actor{Device: index.Short(binary.BigEndian.Uint64(sum[:8])), Epoch: 1}
}

// Several losers of one device and minute have the same plain name. Who knows of one
// there keeps the next one under its exact name. But devices that have not heard of each
// other may put different ones there, and whose the name is would depend on who met whom
// first; so it is nobody's: each of them is kept under its exact name, whatever the order.
// Who holds one leaves the plain name, by a deletion that contains that one and none of
// the others: who holds another one has to set that aside first.

// nobody is who is said to have left a plain name.
var nobody = index.Actor{Device: ^index.Short(0), Epoch: 1}

// Taken reports whether the plain name of a conflict copy, about which c is, is that of
// something else than a loser, or nobody's.
func (f Folder) Taken(c index.Case, loser index.File) bool {
	return taken(c.Have.File, loser) || slices.ContainsFunc(c.Others, func(o index.Holding) bool { return taken(o.File, loser) })
}

func taken(by, loser index.File) bool {
	return by.Live() && !by.SameContent(loser) || left(by)
}

// left reports whether a plain name is nobody's.
func left(at index.File) bool { return at.Kind == index.Deleted && at.Version.Count(nobody) > 0 }

// touched reports whether a member has had a hand in what is at the name of a conflict
// copy: otherwise devices put it there, or left the name.
func (f Folder) touched(at index.File) bool {
	if !left(at) && at.Kind != index.Regular && at.Kind != index.Symlink {
		return true
	}
	return slices.ContainsFunc(at.Version, func(n index.Counter) bool {
		return slices.ContainsFunc(f.Members, func(m index.Member) bool { return m.Device.Short() == n.Actor.Device })
	})
}

// Leave returns the record by which who cannot have a conflict copy under its plain name
// makes that nobody's, once the copy lies under an exact one. ok is false where that is no
// such name, or somebody had a hand in the copy: then it is a file like any other.
func (f Folder) Leave(c index.Case, kept index.File) (none index.File, ok bool) {
	if f.Receive || !plainCopy(c.Path) || c.Have.Kind != index.Absent && !left(c.Have.File) || !kept.Live() || f.touched(kept) {
		return index.File{}, false
	}
	return index.File{
		Path: c.Path, Kind: index.Deleted,
		Version: c.Have.Version.Join(kept.Version).Join(index.Version(nil).Bump(nobody)),
	}, true
}

// leave decides about the plain name of conflict copies where rivals are none of what is
// here: who holds one of them leaves it, and who left it waits for those who still hold
// others. ok is false where that is no such name, or somebody had a hand in one of them.
func (f Folder) leave(c index.Case, rivals []index.File) (a Action, ok bool) {
	have := c.Have.File
	if f.Receive || !plainCopy(c.Path) || f.touched(have) || slices.ContainsFunc(rivals, f.touched) {
		return Action{}, false
	}
	none := index.File{Kind: index.Deleted, Version: have.Version.Join(index.Version(nil).Bump(nobody))}
	for _, r := range rivals {
		if left(r) {
			none.Version = none.Version.Join(r.Version)
		}
	}
	switch {
	case !left(have) && !slices.ContainsFunc(rivals, func(r index.File) bool { return taken(r, have) }):
		return Action{}, false
	case left(have) && none.Version.Compare(have.Version) == index.Equal:
		return Action{Verb: Keep, Have: c.Have}, true
	}
	a = f.take(c, none)
	a.Loser = losesContent(have, none)
	return a, true
}
