package syncer

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"

	"kith/index"
	"kith/syncer/plan"
)

// move is a file that was found at another path than it had.
type move struct {
	from index.Record
	to   found
}

// mark is what tells an object on disk from others, whatever its name.
type mark struct {
	inode          uint64
	size, modified int64
}

func markOf(id index.Identity) mark { return mark{id.Inode, id.Size, id.Modified} }

// matchMoves pairs what is new, or took the place of something else, with what is
// missing, now or since a moment: the same object, by inode, size and time, under
// another name. Its content need not be read again.
func (s *scanner) matchMoves() []move {
	if len(s.fresh)+len(s.changed)+len(s.restored)+len(s.meta)+len(s.anew) == 0 {
		return nil
	}
	left := make(map[mark]index.Record)
	for _, r := range s.f.gone.remembered() {
		if movable(r) {
			left[markOf(r.Identity)] = r
		}
	}
	for _, m := range s.missing {
		if movable(m.had) && !s.doubtful(m.had) {
			left[markOf(m.had.Identity)] = m.had
		}
	}
	var moves []move
	came := func(n found) bool {
		from, ok := left[markOf(n.seen.Identity)]
		if !ok || from.Kind != n.seen.Kind || from.Path == n.seen.Path || isThere(n) || s.doubtful(n.had) || !s.left(from.Path) || s.rewritten(from, n.seen) {
			return false
		}
		if s.justMoved(n.seen) {
			s.dryIn, s.wet = min(s.dryIn, dryAfter), append(s.wet, n.seen.Path)
			return true
		}
		delete(left, markOf(n.seen.Identity))
		moves = append(moves, move{from: from, to: n})
		return true
	}
	s.fresh = slices.DeleteFunc(s.fresh, came)
	s.meta = slices.DeleteFunc(s.meta, came)
	s.anew = slices.DeleteFunc(s.anew, came)
	if over := slices.Concat(s.changed, s.restored); s.mayReplace(over, left) {
		s.changed = slices.DeleteFunc(s.changed, came)
		s.restored = slices.DeleteFunc(s.restored, came)
	}
	moved := make(map[index.Path]bool, len(moves))
	for _, m := range moves {
		moved[m.from.Path] = true
	}
	s.missing = slices.DeleteFunc(s.missing, func(m found) bool { return moved[m.had.Path] })
	return moves
}

// isThere reports whether our index has an object where it was met: it came before, and
// what is new about it was done to it there.
func isThere(n found) bool { return n.had.Live() && sameObject(n.had.Identity, n.seen.Identity) }

// awaitMoved lets what lies where an object lay that was met elsewhere, and is not read yet,
// wait for that: told before it, it would pass for an edit of what has left.
func (s *scanner) awaitMoved() {
	if s.result.everything {
		return // it met all of them, and reads them
	}
	met := s.f.come.lately(s.f.e.now().Add(-settleAfter))
	stays, waits := parted(s.changed, func(d found) bool {
		return !isThere(d) && slices.ContainsFunc(met, func(r index.Record) bool { return sameObject(d.had.Identity, r.Identity) })
	})
	s.changed = stays
	for _, d := range waits {
		s.come = append(s.come, d.seen.Path)
	}
}

// justMoved reports whether an object was moved a moment ago, by the disk's clock, which
// need not be ours: who saves by moving the old one away is not done then.
func (s *scanner) justMoved(e index.Entry) bool {
	if e.Kind != index.Regular || e.Identity.Changed == 0 {
		return false
	}
	ago := s.clock.since(time.Unix(0, e.Identity.Changed))
	return ago >= 0 && ago < dryAfter
}

// movable reports whether the object of a record is known again under another name.
func movable(r index.Record) bool {
	return (r.Kind == index.Regular || r.Kind == index.Symlink) && r.Identity.Inode != 0
}

// mayReplace reports whether those of some files that are objects which have left their
// places may replace what lay where they are now, without a person.
func (s *scanner) mayReplace(over []found, left map[mark]index.Record) bool {
	losses := plan.Losses{}
	for _, n := range over {
		if from, ok := left[markOf(n.seen.Identity)]; ok && n.had.Kind == index.Regular && !from.SameContent(n.had.File) {
			losses[n.had.Path] = plan.Toll{Replaced: 1}
		}
	}
	return !s.f.brakes.holding(brakeReplace) && s.f.brakes.lets(brakeReplace, s.now, losses, s.f.board.files(), index.Hash{})
}

// left reports whether nothing lies at a path any more.
func (s *scanner) left(p index.Path) bool {
	_, err := s.tree.Stat(p)
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, plan.ErrParent)
}

// rewritten reports whether what was moved with its directory was written to as
// well, by somebody who set its time back: a move of the directory leaves alone
// when the inode of the file was last changed, one of the file itself does not.
func (s *scanner) rewritten(from index.Record, e index.Entry) bool {
	return from.Identity.Changed != e.Identity.Changed && from.Path.Name() == e.Path.Name() && s.left(from.Path.Parent())
}

// broughtBack reports whether this is the first look with an index of which the store knows
// that it was brought back. What was moved since may have been written over, too, with its
// old size and time: the index that saw it as such is gone.
func (s *scanner) broughtBack() bool { return s.f.epochs.isBorn() && !s.f.looked.Load() }

// commitMoves writes each move as a new file and a deleted one, side by side, so
// that whoever hears of the one hears of the other: first the one that lay in a directory
// where the new one lies now.
func (s *scanner) commitMoves(ctx context.Context, moves []move) error {
	p := s.f.shape.Load().plan
	var batch []index.Record
	if s.moved == nil {
		s.moved = make(map[index.Path]index.Record, len(moves))
	}
	for _, m := range moves {
		s.moved[m.to.seen.Path] = m.from
		seen := m.to.seen.File
		seen.Root = m.from.Root
		come := index.Record{File: p.Observe(m.to.had.File, seen), Identity: m.to.seen.Identity, Seq: m.to.had.Seq}
		if s.broughtBack() && come.Kind == index.Regular {
			come.Identity = toReadAgain(come.Identity)
			s.result.look = append(s.result.look, come.Path)
		}
		gone := index.Record{File: p.Gone(m.from.File), Identity: m.from.Identity, Seq: m.from.Seq}
		if batch = append(batch, come, gone); gone.Path.Within(come.Path) {
			slices.Reverse(batch[len(batch)-2:])
		}
		s.f.gone.forget(m.from.Path)
		if len(batch) >= commitAtMost {
			if err := s.commit(ctx, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return s.commit(ctx, batch)
}
