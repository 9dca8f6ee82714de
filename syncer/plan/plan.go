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
// Three rules make every device end with the same files and never lets two
// versions be equal and their contents differ:
//
//   - what contains another version replaces it;
//   - concurrent versions that look the same are joined, and nothing else is:
//     the content of a joined version is that of each of its latest changes;
//   - of concurrent versions that differ, File.Compare names the winner. Whoever
//     holds a loser settles the matter, by a new change of its own that contains
//     both; who holds the winner, or neither, waits for that.
func (f Folder) Decide(c index.Case) Action {
	have := c.Have.File
	rivals := f.rivals(c)
	if len(rivals) == 0 {
		return Action{Verb: Keep, Have: c.Have}
	}
	best := slices.MaxFunc(rivals, index.File.Compare)
	// The winner's twins: joined with it in silence, whoever made them.
	want := best.Clone()
	want.Path = c.Path
	for _, r := range rivals {
		if r.Same(best) {
			want = join(want, r)
		}
	}

	if have.Kind == index.Absent || want.Version.Contains(have.Version) {
		// All that happened here is contained in what happened there.
		return f.take(c.Have, want)
	}
	if have.Same(want) {
		return f.take(c.Have, join(want, have))
	}
	if f.Receive {
		// Our own changes are nobody's concern but ours: theirs take the name.
		a := f.take(c.Have, want)
		a.Loser = losesContent(have, want)
		return a
	}
	if have.Compare(want) > 0 {
		return Action{Verb: Keep, Have: c.Have}
	}
	want.Version = want.Version.Join(have.Version).Bump(f.Self)
	a := f.take(c.Have, want)
	a.Loser = losesContent(have, want)
	return a
}

// join makes one version of two that look the same. Its author is the same
// whichever way round they are joined.
func join(f, g index.File) index.File {
	f.Version = f.Version.Join(g.Version)
	f.By = max(f.By, g.By)
	return f
}

// rivals returns the latest versions that the others hold and that ours does
// not contain: none of them contains another one.
func (f Folder) rivals(c index.Case) []index.File {
	var rivals []index.File
	for _, o := range c.Others {
		if !f.sends(o.Device) || o.Kind == index.Absent {
			continue
		}
		if c.Have.Kind != index.Absent && c.Have.Version.Contains(o.Version) {
			continue
		}
		rivals = append(rivals, o.File)
	}
	return slices.DeleteFunc(slices.Clone(rivals), func(r index.File) bool {
		return slices.ContainsFunc(rivals, func(s index.File) bool {
			return s.Version.Compare(r.Version) == index.Newer
		})
	})
}

func (f Folder) sends(d index.DeviceID) bool {
	i := slices.IndexFunc(f.Members, func(m index.Member) bool { return m.Device == d })
	return i >= 0 && f.Members[i].Role == index.Both
}

// take returns the action that brings want about, knowing what is here.
func (f Folder) take(have index.Record, want index.File) Action {
	verb := Take
	gone := !have.Live() && want.Kind == index.Deleted
	if gone || have.Live() && have.Same(want) {
		verb = Adopt
	}
	return Action{Verb: verb, Have: have, Want: want}
}

// losesContent reports whether have holds bytes that want does not.
func losesContent(have, want index.File) bool {
	return (have.Kind == index.Regular || have.Kind == index.Symlink) && !have.SameContent(want)
}

// Reassert returns the change by which what is here outlives what others hold:
// a directory that cannot go because something lives in it, or a batch that a
// person undid.
func (f Folder) Reassert(c index.Case) index.File {
	want := c.Have.File.Clone()
	want.Path = c.Path
	for _, r := range f.rivals(c) {
		want.Version = want.Version.Join(r.Version)
	}
	want.Version = want.Version.Bump(f.Self)
	want.By = f.Self.Device
	return want
}

// Observe returns the change that a look at the disk found: seen, which has no
// version yet, follows upon what our index had.
func (f Folder) Observe(had, seen index.File) index.File {
	seen.Version = had.Version.Bump(f.Self)
	seen.By = f.Self.Device
	return seen
}

// Gone returns the change that a look at the disk found when nothing is left of had.
func (f Folder) Gone(had index.File) index.File {
	return index.File{
		Path:    had.Path,
		Kind:    index.Deleted,
		Root:    had.Root,
		Version: had.Version.Bump(f.Self),
		By:      f.Self.Device,
	}
}
