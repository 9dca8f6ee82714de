package plan

import (
	"encoding/binary"
	"fmt"

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
