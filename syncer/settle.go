package syncer

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"kith/index"
	"kith/syncer/plan"
)

// What other devices sent is on the disk before our index says so. What people
// save here is not: our index may know a file that the machine, losing power,
// did not keep. So now and then everything is flushed, and our index notes up to
// which change that holds; after the machine went down without a stop in order,
// the files of later changes are read again before anything is said of them.

const (
	settleEvery = time.Minute
	noteSettled = "settled" // up to which sequence number files are known to be durable
	noteBoot    = "boot"    // the life of the machine in which our index was last open
)

// doubt is the stretch of our index whose files may not have survived a power
// cut: what was committed after it was last known to be durable, and before the
// machine went down. The zero doubt is none. It ends with the first look at
// everything, but for what could not be looked at then.
type doubt struct {
	after, upTo index.Seq
	left        []index.Path                 // where it has not ended; nil for everywhere
	anew        map[index.Path]index.Version // what records in it got as a new epoch began
}

func (d doubt) has(r index.Record) bool {
	again, counted := d.anew[r.Path]
	return (r.Seq > d.after && r.Seq <= d.upTo || counted && again.Compare(r.Version) == index.Equal) &&
		(d.left == nil || slices.ContainsFunc(d.left, func(p index.Path) bool { return r.Path.Within(p) }))
}

// none reports whether nothing is in doubt.
func (d doubt) none() bool { return d.upTo == 0 && len(d.anew) == 0 }

// follow notes that records are about to get new versions and sequence numbers: those in
// doubt stay so.
func (d doubt) follow(had, batch []index.Record) doubt {
	d.anew = maps.Clone(d.anew)
	for i, next := range batch {
		if !d.has(had[i]) {
			continue
		}
		if d.anew == nil {
			d.anew = make(map[index.Path]index.Version)
		}
		d.anew[next.Path] = next.Version
	}
	return d
}

// doubtNow changes what is in doubt.
func (f *folder) doubtNow(change func(doubt) doubt) {
	for {
		was := f.doubt.Load()
		if is := change(*was); f.doubt.CompareAndSwap(was, &is) {
			return
		}
	}
}

// doubts returns what is in doubt as the folder opens. If the machine lives the
// life it did, its memory is still there, and nothing is. Of a new index that is noted
// before it has anything: its first look may be cut off as well.
func (f *folder) doubts(ctx context.Context) (doubt, error) {
	boot, err := f.store.Value(ctx, f.id, noteBoot)
	switch {
	case err != nil || boot == f.e.cfg.Boot:
		return doubt{}, err
	case boot == "":
		return doubt{}, f.store.SetValue(ctx, f.id, noteBoot, f.e.cfg.Boot)
	}
	text, err := f.store.Value(ctx, f.id, noteSettled)
	if err != nil {
		return doubt{}, err
	}
	n, _ := strconv.ParseUint(text, 10, 64) // what cannot be read counts as zero: all is in doubt
	cursor, err := f.store.Open(ctx, f.id, f.plan().Self.Epoch)
	return doubt{after: index.Seq(n), upTo: cursor.Seq}, err
}

// flush makes durable what lies in the folder, and notes that.
func (f *folder) flush(ctx context.Context, tree Tree) error {
	cursor, err := f.store.Open(ctx, f.id, f.plan().Self.Epoch)
	if err != nil {
		return err
	}
	if err := tree.Flush(ctx); err != nil {
		return err
	}
	return f.store.SetValue(ctx, f.id, noteSettled, strconv.FormatUint(uint64(cursor.Seq), 10))
}

// settleNowAndThen flushes as long as something changes.
func (f *folder) settleNowAndThen(ctx context.Context, tree Tree) {
	t := time.NewTicker(settleEvery)
	defer t.Stop()
	for {
		changed := f.commits.wait()
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
		if err := f.flush(ctx, tree); err != nil && ctx.Err() == nil {
			f.log.Warn("folder cannot be flushed", "err", err)
		}
	}
}

// doubtful reports whether the disk may not hold what our index says it does,
// although nobody changed it.
func (s *scanner) doubtful(had index.Record) bool {
	return (s.f.doubt.Load().has(had) || s.f.remains.of(had) != nil) && !s.f.settled.has(had.Path)
}

// torn reports whether a file that was read again holds what a power cut left of
// it: other bytes than our index has, and not saved since; or an older file,
// because the newer one did not reach the disk.
func (s *scanner) torn(o outcome) bool {
	if s.returned(o) || s.strayed(o) {
		return true
	}
	if !s.doubtful(o.had) || o.had.Kind != index.Regular || o.file.SameContent(o.had.File) {
		return false
	}
	if left, sure := s.noted(o.found); sure {
		return left
	}
	was, is := o.had.Identity, o.seen.Identity
	return is.Size == 0 && (was.Inode == is.Inode || toRead(was, is)) || undone(was, is, o.had.By != s.f.plan().Self.Device)
}

// noted reports whether a file is what was noted to be left of a record's, by a power cut or
// because a person took it back; and whether that is sure: if no power cut can have done it,
// what is not was saved since, whatever time it bears.
func (s *scanner) noted(d found) (left, sure bool) {
	seen := s.f.remains.of(d.had)
	if seen == nil {
		return false, false
	}
	unwanted := s.f.remains.unwanted(d.had)
	if left = *seen == d.seen.Identity || unwanted && s.before(d.seen.Identity, *seen); left {
		return true, true
	}
	return false, unwanted && !s.f.doubt.Load().has(d.had)
}

// before reports whether a power cut left what had been there before what a person took back
// was noted as what was seen: nobody has saved it since.
func (s *scanner) before(is, seen index.Identity) bool {
	return !s.f.doubt.Load().none() && is.Changed != 0 && (is.Changed < seen.Changed || is.Changed == seen.Changed && !coarse(is))
}

// undone reports whether what lies on the disk was there before what our index has.
// An object of its own may be dated back: somebody moved it there, or brought back an
// earlier version. When it was placed tells, where the disk says so. What was written in
// place may bear another time than it had in the end, or the same; but what was received
// was whole, with the time that it bears, before it was recorded.
func undone(was, is index.Identity, received bool) bool {
	saved, placed := is.Modified <= was.Modified, is.Changed <= was.Changed
	switch {
	case toRead(was, is):
		return false
	case was.Changed == 0 || is.Changed == 0 || was.Inode == 0:
		return saved
	case was.Inode != is.Inode || received:
		return is.Changed < was.Changed || placed && saved // a coarse clock may show both placed at once
	}
	return saved || placed
}

// toRead reports whether our index has an object as we placed it within one unit of a
// coarse clock, without saying which it is: see finished.
func toRead(was, is index.Identity) bool { return was.Inode == 0 && is.Inode != 0 }

// uncovered reports whether a file that was read is what a power cut left of one in whose
// place our index has a directory, or a link: that it was put there did not reach the disk,
// and not all of the bytes did before. What is whole is let live on: its content is known
// yet. So it is with a file that a person took back.
func (s *scanner) uncovered(ctx context.Context, o outcome) (bool, error) {
	over := o.had.Kind == index.Directory || o.had.Kind == index.Symlink
	if !over || !s.doubtful(o.had) {
		return false, nil
	}
	if left, sure := s.noted(o.found); sure {
		return left, nil
	}
	was, is := o.had.Identity, o.seen.Identity
	if is.Changed == 0 || is.Changed >= was.Changed {
		return false, nil
	}
	if is.Size == 0 {
		return true, nil
	}
	_, whole, err := s.f.store.Blocks(ctx, s.f.id, o.file.Root)
	return !whole, err
}

// whatLayBefore reports whether the file that a power cut left shows nothing of what our
// index has: it is the older one, or the one that had been replaced. The older one may
// bear the later time, by the clock of whoever made it; when it was placed tells, unless
// the newer one was dated back after that.
func whatLayBefore(was, is index.Identity) bool {
	switch {
	case is.Size == 0:
		return false
	case is.Modified < was.Modified, was.Inode != 0 && was.Inode != is.Inode:
		return true
	}
	return is.Changed != 0 && is.Changed < min(was.Changed, was.Modified)
}

// returned reports whether a file that was read is what a power cut left of one
// that had been deleted: the deletion did not reach the disk, and not all of the
// bytes did before. What is whole is let live on; what bears a later time was saved since,
// unless nothing is left of it.
func (s *scanner) returned(o outcome) bool {
	if o.had.Kind != index.Deleted || o.file.Root == o.had.Root || !s.doubtful(o.had) {
		return false
	}
	was, is := o.had.Identity, o.seen.Identity
	return was.Inode != 0 && was.Inode == is.Inode && (is.Modified <= was.Modified || is.Size == 0)
}

// noteAstray notes the objects that are not where our index has them, and may be where
// they lay before: a power cut may have undone that they were moved.
func (s *scanner) noteAstray() {
	s.astray = make(map[uint64]index.Record)
	for _, d := range slices.Concat(s.missing, s.changed) {
		if d.had.Kind == index.Regular && d.had.Identity.Inode != 0 && s.doubtful(d.had) {
			s.astray[d.had.Identity.Inode] = d.had
		}
	}
}

// strayed reports whether a file that was read is what a power cut left of one that had
// been moved elsewhere: the move did not reach the disk, and not all of the bytes did
// before. What is whole is let live on, also what was saved before that.
func (s *scanner) strayed(o outcome) bool {
	from, ok := s.astray[o.seen.Identity.Inode]
	return ok && from.Path != o.had.Path && from.Root != o.file.Root && o.had.Kind != index.Absent && s.doubtful(o.had) &&
		o.seen.Identity.Modified == from.Identity.Modified && o.seen.Identity.Changed <= from.Identity.Changed
}

// vanished takes a record of which nothing is on the disk after a power cut: what
// never reached it was not deleted.
func (s *scanner) vanished(ctx context.Context, had index.Record) error {
	return s.mend(ctx, outcome{found: found{had: had}})
}

// mend has a torn file fetched again from others. What is left of it becomes an
// earlier version. Until somebody has it, it stays as it is, and is not told. But
// if nobody has what is gone, it is gone.
func (s *scanner) mend(ctx context.Context, o outcome) error {
	f := s.f
	path := o.had.Path
	if f.undoing.has(path) {
		return nil // under way
	}
	unwanted, before := f.remains.unwanted(o.had), whatLayBefore(o.had.Identity, o.seen.Identity) && !f.remains.wasLeft(o.had, o.seen.Identity)
	if err := f.remains.add(ctx, f, o.had, o.seen.Identity); err != nil {
		return err
	}
	if !unwanted {
		f.log.Warn("a file did not survive the machine's end", "path", path.String())
		detail := "what a power cut left is not what was saved; it is fetched again"
		if o.had.Kind == index.Deleted {
			detail = "a power cut brought back part of what was deleted; it is deleted again"
		}
		f.event("torn", path.String(), detail, 0)
	}
	f.undoing.take([]index.Path{path})
	j := &job{
		step:    plan.Step{Want: o.had.File},
		records: []index.Record{o.had},
		verb:    "received", asked: true,
		gone:    o.seen.Kind == index.Absent || unwanted || before,
		strayed: s.strayed(o),
	}
	if o.seen.Kind != index.Absent {
		j.step.Have = index.Record{File: o.file, Identity: o.seen.Identity}
	}
	switch o.had.Kind {
	case index.Regular:
		j.source = o.had.File
	case index.Deleted:
		j.verb = "deleted" // once more
	}
	f.board.extra(j)
	return nil
}
