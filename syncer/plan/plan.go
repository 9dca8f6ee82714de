package plan

import (
	"slices"

	"kith/index"
)

// Folder is what deciding needs to know of a folder beside its paths.
type Folder struct {
	Self    index.Actor    // who we are, in the current epoch of our index
	Receive bool           // we are a member that only receives
	Members []index.Member // all members, ourselves included
	Keeps   Keeps          // what of the folder has its place on this device
}

// Verb says what an Action does.
type Verb uint8

// The verbs.
const (
	Keep  Verb = iota // nothing: in step, or another device has to settle it
	Adopt             // write Want into our index; the disk already looks like it
	Take              // make the disk look like Want, then write it into our index
)

func (v Verb) String() string { return [...]string{"keep", "adopt", "take"}[v] }

// Action is what this device does about one path.
type Action struct {
	Verb Verb
	Have index.Record // what was here when it was decided
	Want index.File   // what shall be here
	// Loser reports that what is here lost its name to Want and has to be kept
	// beside it as a conflict copy.
	Loser bool
}

// Decide says what to do about a path, from what is here and what the others
// hold. It looks at versions only, never at a clock or at who came first.
//
// Four rules make every device end with the same files and never lets two
// versions be equal and their contents differ:
//
//   - what contains another version replaces it; who holds something replaced
//     follows, and leaves whatever else is claimed to be settled from there;
//   - concurrent versions that look the same are joined, and nothing else is:
//     the content of a joined version is that of each of its latest changes;
//   - of concurrent versions that differ, File.Compare names the winner. Whoever
//     holds a loser settles the matter, by a new change of its own that contains
//     both; who holds the winner, or neither, waits for that. Of two deletions
//     nothing has to be set aside, so whoever knows of both settles that;
//   - a version here is only ever followed by one that contains it.
//
// One Action may not be the last word: Decide again once it is carried out. If
// the content of Want cannot be had from any device that is connected, decide
// without those Others that are not: what they said may be long past. Only what we
// left to them they are taken to have still: see Robs.
//
// Where nothing lies here, and the path has no place on this device, what others
// hold is only taken note of.
func (f Folder) Decide(c index.Case) Action {
	if c.Have.Away() {
		return f.decideAway(c)
	}
	a := f.decide(c)
	if a.Verb == Take && a.Want.Live() && !c.Have.Live() && !f.Keeps.Wants(c.Path) && !f.answers(c, a.Want) {
		return f.letBe(c)
	}
	return a
}

func (f Folder) decide(c index.Case) Action {
	have := c.Have.File
	rivals := f.rivals(c)
	if len(rivals) == 0 {
		return Action{Verb: Keep, Have: c.Have}
	}
	if heirs := containing(f.known(have.Version), rivals); len(heirs) > 0 {
		// What is here was replaced (or is nothing): nobody needs it any more, so
		// it cannot lose its name to anything but its heirs.
		return f.follow(c, joined(greatest(heirs), rivals))
	}

	// What is here and every rival are concurrent.
	if a, ok := f.leave(c, rivals); ok {
		return a
	}
	want := joined(greatest(rivals), rivals)
	switch {
	case have.Kind == index.Deleted && have.Compare(want) > 0 && !f.Receive:
		return f.settle(c, joined(have, rivals), want) // what it wins over is a deletion too
	case have.Compare(want) > 0 && f.concerns(c):
		return Action{Verb: Keep, Have: c.Have}
	case f.Receive:
		return f.follow(c, f.latestOf(c, rivals))
	case have.Same(want):
		return f.follow(c, join(want, have))
	}
	// We answer for all that look like ours: one copy is kept of them.
	return f.settle(c, want, joined(have, rivals))
}

// settle returns the action by which a version wins over another one, by a change of
// our own that contains both.
func (f Folder) settle(c index.Case, winner, loser index.File) Action {
	winner.Version = winner.Version.Join(loser.Version).Bump(f.Self)
	if winner.Kind == index.Deleted {
		winner.By = 0 // nobody's alone, so not part of a move
	}
	a := f.take(c, winner)
	a.Loser = losesContent(c.Have.File, winner)
	return a
}

// latestOf returns what a receiver takes of all that is claimed and not settled yet. What it
// has may contain claims, too, and be none of them any more: it is what others claim that
// counts, so that all receivers who know the same have the same.
func (f Folder) latestOf(c index.Case, rivals []index.File) index.File {
	all := f.claimed(c)
	want := joined(greatest(all), all)
	if none := slices.IndexFunc(all, left); none >= 0 && plainCopy(c.Path) && !f.touched(want) {
		want = all[none] // whoever holds something there is about to leave that name, by a change of nobody's own
	}
	for _, r := range rivals {
		want.Version = want.Version.Join(r.Version)
	}
	return want
}

// claimed returns the latest versions that the others hold.
func (f Folder) claimed(c index.Case) []index.File {
	var all []index.File
	for _, o := range c.Others {
		if f.claims(o) {
			all = append(all, o.File)
		}
	}
	return maximal(all)
}

// follow returns the action that takes over what others hold. Only a receiver's
// own change may be lost by that; it is set aside, for the receiver alone.
func (f Folder) follow(c index.Case, want index.File) Action {
	ours := !want.Version.Contains(c.Have.Version) && f.ownOnly(c.Have.File)
	want.Version = want.Version.Join(c.Have.Version)
	a := f.take(c, want)
	a.Loser = ours && losesContent(c.Have.File, want)
	return a
}

// ownOnly reports whether a file is a receiver's own change, which is nobody's
// concern but its own and gives way to anything.
func (f Folder) ownOnly(have index.File) bool { return f.Receive && have.By == f.Self.Device }

// concerns reports whether somebody who holds another version will settle the matter
// with ours. What a receiver holds does not count for the others: they do only if one
// of them claims the same. Nobody does any more if, say, the one lost its index.
func (f Folder) concerns(c index.Case) bool {
	if !f.Receive {
		return true
	}
	return !f.ownOnly(c.Have.File) && slices.ContainsFunc(c.Others, func(o index.Holding) bool {
		return f.claims(o) && o.Version.Contains(f.known(c.Have.Version))
	})
}

// known returns what of a version here the others can be expected to contain: a
// receiver's own changes never reach them.
func (f Folder) known(v index.Version) index.Version {
	if !f.Receive {
		return v
	}
	return slices.DeleteFunc(slices.Clone(v), func(c index.Counter) bool { return c.Actor.Device == f.Self.Device })
}

func greatest(files []index.File) index.File { return slices.MaxFunc(files, index.File.Compare) }

// joined returns f joined with all that look like it.
func joined(f index.File, all []index.File) index.File {
	for _, g := range all {
		if g.Same(f) {
			f = join(f, g)
		}
	}
	return f
}

// join makes one version of two that look the same. The result is the same
// whichever way round they are joined.
func join(f, g index.File) index.File {
	f.Version = f.Version.Join(g.Version)
	switch {
	case f.By == g.By:
	case f.Kind == index.Deleted:
		f.By = 0 // nobody's alone, so not part of a move
	default:
		f.By = max(f.By, g.By)
	}
	if f.Blocks == nil {
		f.Blocks = g.Blocks
	}
	return f
}

// containing returns those of files that contain version v.
func containing(v index.Version, files []index.File) []index.File {
	var out []index.File
	for _, f := range files {
		if f.Version.Contains(v) {
			out = append(out, f)
		}
	}
	return out
}

// rivals returns the latest versions that the others hold and that ours does
// not contain: none of them contains another one.
func (f Folder) rivals(c index.Case) []index.File {
	var claims []index.File
	for _, o := range c.Others {
		if f.claims(o) && !c.Have.Version.Contains(o.Version) {
			claims = append(claims, o.File)
		}
	}
	return maximal(claims)
}

// claims reports whether what a device holds is of concern to the others.
func (f Folder) claims(o index.Holding) bool {
	return o.Kind != index.Absent && !o.Away() && f.sends(o.Device)
}

func (f Folder) sends(d index.DeviceID) bool {
	i := slices.IndexFunc(f.Members, func(m index.Member) bool { return m.Device == d })
	return i >= 0 && f.Members[i].Role == index.Both
}

// take returns the action that brings want about, knowing what is here.
func (f Folder) take(c index.Case, want index.File) Action {
	want.Path = c.Path
	verb := Take
	gone := !c.Have.Live() && want.Kind == index.Deleted
	if gone || c.Have.Live() && c.Have.Same(want) {
		verb = Adopt
	}
	return Action{Verb: verb, Have: c.Have, Want: want}
}

// losesContent reports whether have holds bytes that want does not.
func losesContent(have, want index.File) bool {
	return (have.Kind == index.Regular || have.Kind == index.Symlink) && !have.SameContent(want)
}
