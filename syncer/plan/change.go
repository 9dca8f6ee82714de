package plan

import (
	"slices"
	"time"

	"kith/index"
)

// Reassert returns the change by which what is here outlives what others hold:
// a directory that cannot go because something lives in it, or a batch that a
// person undid.
//
// A directory does not outlive a file that took its place by containing it: the
// two stay concurrent, so that whoever holds the file sets it aside. Only where
// nobody would, because we are a receiver, it stands alone.
func (f Folder) Reassert(c index.Case) index.File {
	want := c.Have.File.Clone()
	if c.Have.Away() {
		want.Version = f.own(want.Version)
	}
	want.Path = c.Path
	for _, r := range f.rivals(c) {
		if f.Receive || want.Kind != index.Directory || !losesContent(r, want) {
			want.Version = want.Version.Join(r.Version)
		}
	}
	want.Version = want.Version.Bump(f.Self)
	want.By = f.Self.Device
	return want
}

// Shelter returns the action by which a directory lies at a path because
// something lives below it, or is about to: one that was deleted, or replaced by
// a file, comes back; the file is set aside.
//
// ok is false where that is left to others. What a receiver makes itself nobody
// hears of, nor would anybody take it away again; so it waits until one who sends
// has the directory back. Only of the receiver's own deletion nobody else knows, nor of
// what those who send have forgotten: they have the directory, and it is for the receiver.
// And where one who browses would replace what others still have of its own changes,
// it waits until they have set that aside.
func (f Folder) Shelter(c index.Case) (a Action, ok bool) {
	f.Keeps = Keeps{}
	if c.Have.Kind == index.Elsewhere {
		c.Have.Kind = index.Sought
	}
	if a := f.Decide(c); a.Verb != Keep && a.Want.Kind == index.Directory {
		return a, true
	}
	if f.Receive && c.Have.Kind != index.Directory && !f.ownOnly(c.Have.File) && !f.forgotten(c) {
		return Action{}, false
	}
	back := c
	if c.Have.Kind != index.Directory {
		back.Have.File = index.File{Kind: index.Directory, Mode: directoryMode(c.Others), Version: f.content(c.Have.File)}
	}
	want := f.Reassert(back)
	a = f.take(c, want)
	a.Loser = losesContent(c.Have.File, want)
	return a, !f.Robs(c, a)
}

// forgotten reports whether one who sends has a directory where a receiver knows of a
// change that nobody who sends knows of: an index was brought back from before it.
func (f Folder) forgotten(c index.Case) bool {
	claims := slices.DeleteFunc(slices.Clone(c.Others), func(o index.Holding) bool { return !f.claims(o) })
	lost := slices.ContainsFunc(f.known(c.Have.Version), func(n index.Counter) bool {
		return !slices.ContainsFunc(claims, func(o index.Holding) bool { return o.Version.Count(n.Actor) >= n.Count })
	})
	return lost && slices.ContainsFunc(claims, func(o index.Holding) bool { return o.Kind == index.Directory })
}

// Awaits reports whether somebody who sends has something at a path of a receiver, in a
// directory that is to go: it is for that one to keep the directory, or to let it go.
func (f Folder) Awaits(c index.Case) bool {
	return f.Receive && slices.ContainsFunc(c.Others, func(o index.Holding) bool { return o.Live() && f.claims(o) })
}

// directoryMode returns the permissions of a directory that has to be made, as
// somebody else has it if it can be known.
func directoryMode(others []index.Holding) uint32 {
	mode := uint32(0)
	for _, o := range others {
		if o.Kind == index.Directory {
			mode = max(mode, o.Mode)
		}
	}
	if mode == 0 {
		return 0o755
	}
	return mode
}

// Observe returns the change that a look at the disk found: seen, which has no
// version yet, follows upon what our index had. It does not follow upon what was
// only known of: whoever made it has not seen that.
func (f Folder) Observe(had, seen index.File) index.File {
	seen.Version = f.content(had).Bump(f.Self)
	seen.By = f.Self.Device
	return seen
}

// Recognize returns what seen, found where our index had had, is a copy of: the
// version that others hold of just that, if it follows upon ours. It was brought
// here, and our index not told any more. ok is false if nobody holds such a one.
func (f Folder) Recognize(c index.Case, had, seen index.File) (known index.File, ok bool) {
	for _, o := range c.Others {
		if f.sends(o.Device) && o.Live() && asKept(o.File, seen) && o.Version.Contains(had.Version) {
			seen.Version, seen.By, seen.Modified = o.Version, o.By, o.Modified
			return seen, true
		}
	}
	return seen, false
}

// asKept reports whether seen looks like f on a disk that may keep times less exactly.
func asKept(f, seen index.File) bool {
	if off := f.Modified - seen.Modified; off > 0 && off < unit(seen.Modified) {
		seen.Modified = f.Modified
	}
	return f.Same(seen)
}

// unit returns the greatest unit, in ns, in which a disk that shows a time may keep them:
// FAT has two seconds and older disks one, exFAT 10 ms, others a microsecond, NTFS 100 ns.
func unit(at int64) int64 {
	for _, u := range []time.Duration{time.Second, 10 * time.Millisecond, time.Microsecond, 100 * time.Nanosecond} {
		switch {
		case at%int64(u) != 0:
		case u == time.Second:
			return int64(2 * u)
		default:
			return int64(u)
		}
	}
	return 1
}

// Left returns the version in which a path is said to have been left by a file that was
// moved to where it has come: a deletion by who made that version, of that content, which
// follows upon ours. ok is false if nobody says so.
func (f Folder) Left(c index.Case, come index.File) (gone index.File, ok bool) {
	for _, o := range c.Others {
		if f.sends(o.Device) && o.Kind == index.Deleted && o.By == come.By && o.Root == come.Root && o.Version.Contains(c.Have.Version) {
			gone, ok = o.File, true
			gone.Path = c.Path
		}
	}
	return gone, ok
}

// Removed returns the deletion that others tell of and that follows upon ours: what an
// earlier life that took the file away was about to record. ok is false if nobody does.
func (f Folder) Removed(c index.Case) (gone index.File, ok bool) {
	for _, o := range c.Others {
		if f.sends(o.Device) && o.Kind == index.Deleted && o.Version.Contains(c.Have.Version) && (!ok || o.Version.Contains(gone.Version)) {
			gone, ok = o.File, true
			gone.Path = c.Path
		}
	}
	return gone, ok
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
