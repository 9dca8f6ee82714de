package syncer

import (
	"context"
	"slices"

	"kith/index"
	"kith/syncer/plan"
)

// commitMeta writes what needs no reading: directories, links, permissions.
func (s *scanner) commitMeta(ctx context.Context) error {
	var batch []index.Record
	for _, d := range s.meta {
		file, err := s.f.observe(ctx, d.had, d.seen.File)
		if err != nil {
			return err
		}
		batch = append(batch, index.Record{File: file, Identity: d.seen.Identity, Seq: d.had.Seq})
		if len(batch) >= commitAtMost {
			if err := s.commit(ctx, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	s.meta = nil
	return s.commit(ctx, batch)
}

// observe returns the change that a look at the disk found.
func (f *folder) observe(ctx context.Context, had index.Record, seen index.File) (index.File, error) {
	if !had.Away() {
		return f.plan().Observe(had.File, seen), nil
	}
	cases, err := f.store.Cases(ctx, f.id, []index.Path{seen.Path})
	if err != nil {
		return seen, err
	}
	return f.plan().Appear(cases[0], seen), nil
}

// commitAtMost is how many records one transaction takes.
const commitAtMost = 1000

// commit writes records into our index, unless the path is just being written
// by us, or was since we looked: then it is looked at again.
func (s *scanner) commit(ctx context.Context, batch []index.Record) error {
	if len(batch) == 0 {
		return nil
	}
	batch, busy := s.f.claims.split(batch)
	s.lookAgain(busyFor, busy)
	s.busy = append(s.busy, busy...)
	batch, err := s.recognize(ctx, batch)
	if err != nil {
		return err
	}
	stale, err := s.f.commit(ctx, batch)
	s.result.look = append(s.result.look, stale...)
	if err == nil {
		s.f.late.end(batch)
	}
	return err
}

// recognize finds, in the first look after the folder was opened and where that could
// not see yet, what was put in place by an earlier life that ended before it could say
// so. What was moved there is said to have left its place, too: whatever lies there now
// came after that. But what nobody says has left its place was moved by a person here: it
// looks just as what others hold, and does not share its fate.
func (s *scanner) recognize(ctx context.Context, batch []index.Record) ([]index.Record, error) {
	looked := s.f.looked.Load()
	if looked && !slices.ContainsFunc(batch, func(r index.Record) bool { return s.f.late.has(r.Path) }) {
		return batch, nil
	}
	paths := make([]index.Path, len(batch))
	for i, r := range batch {
		paths[i] = r.Path
	}
	cases, err := s.f.store.Cases(ctx, s.f.id, paths)
	if err != nil {
		return nil, err
	}
	p := s.f.plan()
	for i, c := range cases {
		if looked && !s.f.late.has(c.Path) {
			continue
		}
		c.Others = slices.Concat(c.Others, s.f.late.held(c.Path), s.f.arriving.held(p, c.Path))
		seen := batch[i].File
		if seen.Kind == index.Regular {
			seen.Modified = batch[i].Identity.Modified // not what our index made of it, which may be the time of what lay there before
		}
		known, ok := p.Recognize(c, c.Have.File, seen)
		if !ok {
			if gone, removed := s.removed(p, c, batch[i]); removed {
				batch[i].File = p.Observe(gone, batch[i].File)
			}
			continue
		}
		from, moved, err := s.cameFrom(ctx, batch[i])
		if err != nil {
			return nil, err
		}
		if moved {
			if batch, ok, err = s.leave(ctx, batch, from, known); err != nil {
				return nil, err
			}
		}
		if ok {
			batch[i].File = known
		}
	}
	return batch, nil
}

// removed returns the deletion that an earlier life carried out at a path, and could not
// record any more: others tell of it, and what our index has there was met at another path,
// or lies among the earlier versions. What was saved there since is no edit of that, and does
// not follow it.
func (s *scanner) removed(p plan.Folder, c index.Case, seen index.Record) (gone index.File, ok bool) {
	if !movable(c.Have) || !seen.Live() || sameObject(c.Have.Identity, seen.Identity) {
		return gone, false
	}
	if gone, ok = p.Removed(c); !ok {
		return gone, false
	}
	if slices.ContainsFunc(s.fresh, func(d found) bool { return sameObject(c.Have.Identity, d.seen.Identity) }) {
		return gone, true
	}
	kept, err := s.tree.Versions(c.Path)
	if err != nil {
		s.f.log.Debug("earlier versions cannot be listed", "path", c.Path.String(), "err", err) // then it passes for an edit
		return gone, false
	}
	return gone, slices.ContainsFunc(kept, func(k index.Kept) bool { return k.Path == c.Path && k.Inode == c.Have.Identity.Inode })
}

// cameFrom finds the record of an object that was met at another path than our index
// has it at.
func (s *scanner) cameFrom(ctx context.Context, come index.Record) (from index.Record, ok bool, err error) {
	if from, ok = s.moved[come.Path]; ok || come.Kind != index.Regular || come.Root.IsZero() {
		return from, ok, nil
	}
	recs, err := s.f.store.WithRoot(ctx, s.f.id, []index.Hash{come.Root})
	if err != nil || !recs[0].Live() || recs[0].Path == come.Path {
		return from, false, err
	}
	from = recs[0]
	unknown := from.Identity.Inode == 0 || come.Identity.Inode == 0
	return from, sameObject(from.Identity, come.Identity) || unknown && s.left(from.Path), nil
}

// leave adds to a batch that an object left the path at which our index has it, if that
// is how those tell it who moved it. told is false if nobody says that it is not there
// any more, and it was not to make room for something else either.
func (s *scanner) leave(ctx context.Context, batch []index.Record, from index.Record, come index.File) (_ []index.Record, told bool, err error) {
	cases, err := s.f.store.Cases(ctx, s.f.id, []index.Path{from.Path})
	if err != nil {
		return batch, false, err
	}
	p := s.f.plan()
	gone, ok := p.Left(cases[0], come)
	if !ok {
		a := p.Decide(cases[0])
		return batch, a.Verb == plan.Take && a.Want.Kind == index.Deleted || s.f.arriving.has(from.Path), nil
	}
	i := slices.IndexFunc(batch, func(r index.Record) bool { return r.Path == gone.Path })
	if i < 0 {
		return append(slices.Clip(batch), index.Record{File: gone, Identity: from.Identity, Seq: from.Seq}), true, nil
	}
	if batch[i].Live() {
		gone = p.Observe(gone, batch[i].File)
	}
	batch[i].File = gone
	return batch, true, nil
}

// sameObject reports whether two looks, at different paths, met the same object.
func sameObject(a, b index.Identity) bool { return a.Inode != 0 && a.Inode == b.Inode }

// touch writes what the disk says now of files whose content is as our index has it.
func (f *folder) touch(ctx context.Context, batch []index.Record) error {
	f.shelf.drop(batch)
	err := f.store.Touch(ctx, f.id, batch)
	f.shelf.drop(batch)
	return err
}

// countable leaves out records with a history that is full: nobody could be told
// of them, and whatever followed them in our index.
func (f *folder) countable(batch []index.Record) []index.Record {
	full := func(r index.Record) bool { return r.Version.Valid() != nil }
	if !slices.ContainsFunc(batch, full) {
		return batch
	}
	for _, r := range batch {
		if full(r) {
			f.tellFull(r.Path)
		}
	}
	return slices.DeleteFunc(slices.Clone(batch), full)
}

// tellPast tells of what we hold that the others will not take over, because nothing
// more could be counted on top of it.
func (f *folder) tellPast(r index.Record) {
	if r.Live() && !r.Version.Roomy() {
		f.tellFull(r.Path)
		return
	}
	f.board.solved(problemPast + r.Path.String())
}

func (f *folder) tellFull(p index.Path) {
	f.board.problem(problemPast+p.String(), Problem{Path: p.String(),
		Reason: "its history is full: it was changed in too many lives of Kith's index", Next: "save it under another name"})
}

// commit writes records into our index and tells those who announce it. It
// returns the paths whose record was no longer the one it was decided on.
func (f *folder) commit(ctx context.Context, batch []index.Record) ([]index.Path, error) {
	if batch = f.countable(batch); len(batch) == 0 {
		return nil, nil
	}
	f.board.outdate()
	f.shelf.drop(batch)
	var stale []int
	err := f.lives.sure(ctx, f)
	if err == nil {
		stale, err = f.commitCounted(ctx, batch)
	}
	f.board.outdate()
	f.shelf.drop(batch)
	if err != nil {
		f.board.problem(problemStore, Problem{Reason: "the index cannot be written: " + err.Error(), Next: "look at the disk that holds Kith's own data"})
		return nil, err
	}
	f.board.solved(problemStore)
	f.arriving.recorded(ctx, f, batch)
	f.noteIgnored(ctx, batch)
	for _, r := range batch {
		f.board.solved(problemPath + r.Path.String())
		f.board.solved(problemMiss + r.Path.String())
		f.tellPast(r)
		f.board.rested(r.Path)
		if !r.Live() && f.board.freed(r.Path) {
			go f.send(learnt{})
		}
		if marked(r.Path) > 0 {
			f.board.foundConflicts(unknownConflicts)
		}
	}
	var paths []index.Path
	for _, i := range stale {
		paths = append(paths, batch[i].Path)
	}
	if len(paths) > 0 {
		f.log.Debug("decided on what is no longer so", "paths", len(paths), "first", paths[0].String())
	}
	f.commits.raise()
	return paths, nil
}
