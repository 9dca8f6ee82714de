package plan

import (
	"slices"

	"kith/index"
)

// Redirect tells what to do when a path that somebody moved away was edited
// elsewhere meanwhile: the edit belongs to the new place. to is about a path where a
// live record of ours has the content that the deleted path had. ok reports that this
// is such a case, beyond doubt; then edit and gone stand for Decide's answer about
// c, and have to be carried out together. Every holder of the deletion decides
// the same; one who cannot lets the edit stay at the old place.
func (f Folder) Redirect(c, to index.Case) (edit, gone Action, ok bool) {
	left, moved := c.Have.File, to.Have
	if f.Receive || left.Kind != index.Deleted || moved.Kind != index.Regular ||
		moved.Path == c.Path || moved.Root != left.Root || moved.By != left.By {
		return Action{}, Action{}, false
	}
	if _, _, aside := ParseConflict(moved.Path); aside {
		return Action{}, Action{}, false // it lost its name where it was moved to: who edits may have known it there
	}
	if len(f.rivals(to)) > 0 {
		return Action{}, Action{}, false // what lies at the new place is not all that is claimed there
	}
	rivals := f.rivals(c)
	if len(rivals) == 0 || len(containing(left.Version, rivals)) > 0 {
		return Action{}, Action{}, false
	}
	theirs, was := joined(greatest(rivals), rivals), before(left)
	if theirs.Kind != index.Regular || len(was) == 0 || !follows(theirs.Version, was) {
		return Action{}, Action{}, false // not an edit of what was moved; or what that was is not known, as it was counted anew
	}
	if shares(moved.Version, theirs.Version, was) {
		return Action{}, Action{}, false // who made it had a hand in the new place: it may have moved the file there as well, and meant another one
	}

	want := theirs
	want.Version = moved.Version.Bump(f.Self)
	edit = f.take(index.Case{Path: moved.Path, Have: moved}, want)
	left.Root = theirs.Root
	left.Version = left.Version.Join(theirs.Version).Bump(f.Self)
	return edit, f.take(c, left), true
}

// follows reports whether v is w and one change more. After two, the first one
// may have been a deletion, and the file another one of the same name.
func follows(v, w index.Version) bool {
	more := uint64(0)
	for _, c := range v {
		more += c.Count - w.Count(c.Actor)
	}
	return v.Contains(w) && more == 1
}

// shares reports whether v has a change by somebody who made w from was.
func shares(v, w, was index.Version) bool {
	return slices.ContainsFunc(w, func(c index.Counter) bool {
		return c.Count > was.Count(c.Actor) && slices.ContainsFunc(v, func(d index.Counter) bool { return d.Actor.Device == c.Actor.Device })
	})
}

// before returns the version of what was deleted: without the last change of who
// deleted it.
func before(gone index.File) index.Version {
	v := slices.Clone(gone.Version)
	for i := range v {
		if v[i].Actor.Device == gone.By {
			v[i].Count--
		}
	}
	return slices.DeleteFunc(v, func(c index.Counter) bool { return c.Count == 0 })
}
