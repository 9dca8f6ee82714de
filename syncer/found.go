package syncer

import (
	"errors"
	"io/fs"
	"time"

	"kith/index"
)

const (
	// dryAfter is how long a file has to be left alone before it is read.
	dryAfter = 50 * time.Millisecond
	// busyFor is how soon what we put in place ourselves is looked at again.
	busyFor = 100 * time.Millisecond
	// moveWithin is how long a file that appears, and is not new, is kept from being
	// read: the place that it was moved from may be looked at a moment later.
	moveWithin = 200 * time.Millisecond
	// restoredWithin is how long one that was replaced by an older one is left alone:
	// a backup that is put back brings more of them, and they are judged together.
	restoredWithin = 2 * time.Second
	// wetAtMost is how long one that is written all the time is waited for.
	wetAtMost = 10 * time.Second
)

// found is a difference between the disk and our index.
type found struct {
	had  index.Record // Kind Absent: nothing known
	seen index.Entry  // Kind Absent: nothing there
}

// older reports whether a file was replaced by one that was saved before it.
func (f found) older() bool {
	return f.had.Kind == index.Regular && f.seen.Kind == index.Regular &&
		f.seen.Identity.Modified < f.had.Modified-int64(coarsest)
}

// single takes a file that a look found, or did not find any more. What is
// neither is left for a walk.
func (s *scanner) single(had index.Record, e index.Entry, err error) bool {
	switch {
	case err == nil && e.Err == nil && e.Kind == index.Regular:
		s.present(had, e)
		return true
	case errors.Is(err, fs.ErrNotExist) && had.Live():
		s.f.board.forgetSeen(had.Path, nil)
		s.absent(had)
		return true
	}
	return false
}

// present takes an object on disk.
func (s *scanner) present(had index.Record, e index.Entry) {
	s.f.gone.forget(e.Path)
	if had.Kind == e.Kind && had.Identity.Mode == e.Identity.Mode {
		e.Mode = had.Mode // the disk may show others than it was told
	}
	if had.Kind == index.Directory && e.Kind != index.Directory {
		s.over = append(s.over, e.Path)
	}
	d := found{had, e}
	switch {
	case s.f.claims.has(e.Path):
		s.busy = append(s.busy, e.Path)
	case s.f.brakes.takesBack(e):
		return // who takes it back looks here again if it is not this any more
	case e.Kind == index.Regular && s.young(had, e):
		if d.older() {
			s.restored = append(s.restored, d)
			return
		}
		s.wet = append(s.wet, e.Path)
	case e.Kind == index.Regular && !had.Live() && s.moving(e):
		s.come = append(s.come, e.Path)
	case !had.Live():
		if e.Kind == index.Regular {
			s.fresh = append(s.fresh, d)
			return
		}
		s.meta = append(s.meta, d)
	case had.Kind == index.Regular && e.Kind == index.Regular && (s.doubtful(had) || s.f.recur.has(e.Path)):
		s.changed = append(s.changed, d)
	case had.Kind == e.Kind && unchanged(had, e):
		if e.Kind != index.Regular && had.Identity != e.Identity && !s.aged(had, e) {
			s.anew = append(s.anew, d)
		}
	case e.Kind != index.Regular:
		s.meta = append(s.meta, d)
	default:
		s.changed = append(s.changed, d)
	}
}

// young reports whether a file was written so lately that its writer may not be
// done. One that is written all the time is taken as it is now and then.
func (s *scanner) young(had index.Record, e index.Entry) bool {
	if had.Identity == e.Identity {
		s.f.wet.forget(e.Path)
		return false
	}
	wait, lately, at := dryAfter, false, stamped(e.Identity)
	switch {
	case coarse(e.Identity):
		// What is written within the same unit of time looks the same.
		written, dry := s.clock.age(e.Identity), coarsest
		if e.Size == 0 {
			dry += settleAfter
		}
		wait, lately = max(wait, dry-written), written >= 0 && written < dry
	case found{had, e}.older():
		lately = s.clock.within(at, restoredWithin)
	case e.Size == 0:
		lately = s.clock.within(at, settleAfter) // most often it has just been made, and its content follows
	default:
		lately = s.clock.within(at, dryAfter)
	}
	if !lately || s.f.wet.age(e.Path, s.now) > wetAtMost {
		s.f.wet.forget(e.Path)
		return false
	}
	s.dryIn = min(s.dryIn, wait)
	return true
}

// moving reports whether a file that appears was not written just now, and so may
// have been moved: then it is missed elsewhere, once that has been looked at too.
func (s *scanner) moving(e index.Entry) bool {
	now := s.f.e.now()
	if s.result.everything || s.clock.since(time.Unix(0, e.Identity.Modified)) < settleAfter || s.f.come.age(e.Path, now) >= moveWithin {
		s.f.come.forget(e.Path)
		return false
	}
	s.f.come.remember(index.Record{File: e.File, Identity: e.Identity})
	return true
}

// unchanged reports whether the disk says that nobody touched it.
func unchanged(had index.Record, e index.Entry) bool {
	switch e.Kind {
	case index.Regular:
		return had.Identity == e.Identity
	case index.Symlink:
		return had.Target == e.Target
	}
	return had.Mode == e.Mode
}

// aged reports whether a directory is the one our index has: its size and times
// tell of what lies in it.
func (s *scanner) aged(had index.Record, e index.Entry) bool {
	return e.Kind == index.Directory && had.Identity.Inode == e.Identity.Inode
}

// absent takes a record for which nothing was met on disk. An ignore file that is not known
// holds nothing back that went with it as something took the place of its directory.
func (s *scanner) absent(had index.Record) {
	if !had.Live() || s.isBlind(had.Path) || s.f.undoing.has(had.Path) || s.rules.ignores(had.Path, had.Kind == index.Directory) {
		return
	}
	if !s.wasIn(had.Path) && s.rules.holds(had.Path) {
		return
	}
	s.missing = append(s.missing, found{had: had})
}

func (s *scanner) isBlind(p index.Path) bool {
	for _, b := range s.blind {
		if p.Within(b) {
			return true
		}
	}
	return false
}
