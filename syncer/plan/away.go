package plan

import (
	"slices"

	"kith/index"
)

// A device that browses a folder does not keep all of it. Of what it does not
// keep, it records which version it knows of, as Elsewhere. Such a record
//
//   - claims nothing: nobody takes it for content or for a deletion, so who
//     browses can neither be asked for what it lacks nor make it go;
//   - has a version all the same, so that the others see that the device has
//     caught up, and so that no count of the device's own changes is ever used
//     twice at that path;
//   - may join versions that nobody settled yet. It must therefore never become
//     the version of any content: whoever brings content here brings its version.

// own returns what of a version are our own changes.
func (f Folder) own(v index.Version) index.Version {
	return slices.DeleteFunc(slices.Clone(v), func(c index.Counter) bool { return c.Actor.Device != f.Self.Device })
}

// content returns the version that what was made here on top of a record
// contains: all of the record's, or, where nothing was here, just our own changes.
func (f Folder) content(had index.File) index.Version {
	if had.Away() {
		return f.own(had.Version)
	}
	return had.Version
}

// letBe takes note of what others hold.
func (f Folder) letBe(c index.Case) Action {
	known := index.File{Path: c.Path, Kind: index.Elsewhere, Version: c.Have.Version}
	for _, r := range f.rivals(c) {
		known.Version = known.Version.Join(r.Version)
	}
	return Action{Verb: Adopt, Have: c.Have, Want: known}
}

// answers reports whether it is on us to settle that want wins over a deletion here:
// whether that contains changes of our own which no rival contains. Others may know of
// them, and have to learn that they are over. So the file comes back to where it was deleted.
func (f Folder) answers(c index.Case, want index.File) bool {
	have := c.Have.File
	return have.Kind == index.Deleted && want.Version.Count(f.Self) > have.Version.Count(f.Self) && f.untold(c)
}

// untold reports whether nobody else tells that changes of our own are over: no rival
// contains them.
func (f Folder) untold(c index.Case) bool {
	ours, rivals := f.own(c.Have.Version), f.rivals(c)
	return !f.Receive && len(ours) > 0 && len(rivals) > 0 && len(containing(ours, rivals)) == 0
}

// decideAway decides where nothing lies here but something is known of.
func (f Folder) decideAway(c index.Case) Action {
	if c.Have.Kind == index.Sought {
		return f.bring(c)
	}
	rivals := f.rivals(c)
	if len(rivals) == 0 {
		return Action{Verb: Keep, Have: c.Have}
	}
	heir := joined(greatest(rivals), rivals)
	switch {
	case heir.Live() && f.Keeps.Wants(c.Path):
		return f.bring(c)
	case heir.Kind == index.Deleted && heir.Version.Contains(c.Have.Version):
		return f.take(c, heir)
	}
	return f.letBe(c)
}

// bring decides how the latest content of a path comes here. What we knew of it
// is not contained in it, but for our own changes: they are never counted again.
// Where somebody still has what these made, it is for that one to settle the matter.
func (f Folder) bring(c index.Case) Action {
	all := f.claimed(c)
	if len(all) == 0 {
		return Action{Verb: Keep, Have: c.Have}
	}
	want := joined(greatest(all), all)
	if !want.Live() {
		if want.Version.Contains(c.Have.Version) {
			return f.take(c, want)
		}
		if ours := f.own(c.Have.Version); !f.Receive && len(ours) > 0 && len(containing(ours, all)) == 0 {
			// Nobody else says that our own changes are over: those who heard of them would wait.
			want.Version, want.By = want.Version.Join(ours).Bump(f.Self), 0
			return f.take(c, want)
		}
		return f.letBe(c)
	}
	if ours := f.own(c.Have.Version); !want.Version.Contains(ours) {
		want.Version = want.Version.Join(ours)
		if !f.Receive {
			want.Version = want.Version.Bump(f.Self)
		}
	}
	if a := f.take(c, want); !f.Robs(c, a) {
		return a
	}
	return Action{Verb: Keep, Have: c.Have}
}

// Robs reports whether an action, by a change of our own where nothing lies here,
// would replace what somebody still has of our own changes. Nobody would set that
// aside: what we make now seems to follow upon it.
func (f Folder) Robs(c index.Case, a Action) bool {
	if f.Receive || !c.Have.Away() || a.Want.Version.Count(f.Self) <= c.Have.Version.Count(f.Self) {
		return false
	}
	ours := f.own(c.Have.Version)
	return slices.ContainsFunc(c.Others, func(o index.Holding) bool {
		return f.claims(o) && o.Version.Contains(ours) && a.Want.Version.Contains(o.Version) && losesContent(o.File, a.Want)
	})
}

// Appear returns the change that a look at the disk found where our index had
// nothing on it: what looks like something that a member holds is just that, and
// anything else is new.
func (f Folder) Appear(c index.Case, seen index.File) index.File {
	if c.Have.Away() {
		for _, o := range c.Others {
			if f.claims(o) && o.Same(seen) && o.Version.Contains(f.own(c.Have.Version)) {
				seen.Version, seen.By = o.Version, o.By
				return seen
			}
		}
	}
	return f.Observe(c.Have.File, seen)
}

// Seek returns the record by which a path is to be brought here. ok is false
// where something lies here already, or nothing is known to be there.
func (f Folder) Seek(c index.Case) (sought index.File, ok bool) {
	latest, _ := f.Latest(c)
	if c.Have.Live() || c.Have.Kind == index.Sought || !latest.Live() {
		return index.File{}, false
	}
	return index.File{Path: c.Path, Kind: index.Sought, Version: c.Have.Version}, true
}

// LetGo returns the record by which what lies here is left to others. ok is
// false unless a member that relies tells of holds that very version: of those
// who may let go themselves, relies must name only some that cannot be counting
// on us in turn, in any number of steps.
func (f Folder) LetGo(c index.Case, relies func(index.DeviceID) bool) (known index.File, ok bool) {
	known = index.File{Path: c.Path, Kind: index.Elsewhere, Version: c.Have.Version}
	if c.Have.Kind == index.Sought {
		return known, !f.untold(c)
	}
	for _, o := range c.Others {
		if c.Have.Live() && f.claims(o) && o.Same(c.Have.File) && o.Version.Compare(c.Have.Version) == index.Equal && relies(o.Device) {
			return known, true
		}
	}
	return index.File{}, false
}

// Counts reports whether a device that browses may count on another one to keep
// what it holds: on all that keep everything, and, of those that browse too, only
// on those of a lesser ID. So whoever counts on somebody, who counts on somebody,
// ends at one that counts on nobody.
func Counts(self, other index.DeviceID, browses bool) bool {
	return !browses || other.Compare(self) < 0
}
