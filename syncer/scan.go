package syncer

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"kith/index"
	"kith/syncer/plan"
)

// matchAtMost is how many new files a scan keeps in mind to see whether they
// were moved from elsewhere; beyond that the first ones are read instead.
const matchAtMost = 100_000

// scanResult is what became of a look at the disk.
type scanResult struct {
	err        error
	everything bool         // where it looked,
	paths      []index.Path // or there
	look       []index.Path // look there again at once: it changed meanwhile
	unsettled  int          // paths that are gone, and are looked for once more before they count as deleted
}

// scanner is one look at the disk.
type scanner struct {
	f      *folder
	tree   Tree
	now    time.Time
	undone int // how often a person had taken back what was found here, as it began
	clock  diskClock
	rules  *rulebook
	stir   []index.Path  // directories whose ignore files something happened to
	restIn time.Duration // until then some ignore file may not be at rest
	brake  bool          // counting toll: hold what takes away too much
	result scanResult

	fresh    []found       // there, not known
	changed  []found       // known, and different
	missing  []found       // known, not there
	meta     []found       // directories, links, permissions: nothing to read
	anew     []found       // made anew, and looking as before: only the identity is another one
	over     []index.Path  // where something else took the place of a directory
	wet      []index.Path  // just being written by somebody,
	dryIn    time.Duration // perhaps no more by then
	restored []found       // older than what they replaced just now
	come     []index.Path  // perhaps moved here from where it is not missed yet
	busy     []index.Path  // just being put in place by us
	blind    []index.Path

	moved     map[index.Path]index.Record // by the path at which an object was found: what our index has of it, at another one
	astray    map[uint64]index.Record     // by inode: what our index has of objects that may be back where they lay before a power cut
	conflicts int                         // conflict copies met
	met       map[string]bool             // problems met by the walk under way, by key
}

// scan looks at paths, or everything, and writes what it finds into our index.
func (f *folder) scan(ctx context.Context, what doScan) scanResult {
	s := &scanner{f: f, tree: f.openTree(), now: f.e.now(), undone: f.brakes.undos(), rules: f.rules.Load(), clock: diskClock{f: f}, dryIn: wetAtMost}
	s.result.everything, s.result.paths = what.everything, what.paths
	s.result.err = s.run(ctx, what)
	if s.result.err == nil && what.everything {
		f.board.solved(problemStore) // all of it is written
	}
	if s.result.err != nil && ctx.Err() == nil {
		f.log.Warn("scan ended early", "err", s.result.err)
		if errors.Is(s.result.err, plan.ErrUnavailable) {
			f.send(lost{s.result.err})
		}
	}
	return s.result
}

func (s *scanner) run(ctx context.Context, what doScan) error {
	if err := s.tree.Check(); err != nil {
		return err
	}
	paths := what.paths
	if what.everything {
		paths = []index.Path{{}}
		s.f.board.startScan()
		defer s.f.board.endScan()
		s.rules = newRulebook()
		if !s.f.looked.Load() {
			d, err := s.f.doubts(ctx)
			if err != nil {
				return err
			}
			s.f.doubt.Store(&d)
			if err := s.f.remains.load(ctx, s.f); err != nil {
				return err
			}
			if err := s.f.arriving.load(ctx, s.f); err != nil {
				return err
			}
		}
		s.readRules(index.Path{})
	}
	// What is put in place but not recorded yet may be gone again, and nothing would tell.
	s.busy = s.f.claims.under(paths)
	if !what.everything {
		s.noticeRules(paths)
		rest, walk, err := s.within(ctx, paths)
		if err != nil {
			return err
		}
		if rest, err = s.glance(ctx, rest); err != nil {
			return err
		}
		paths = append(walk, rest...)
	}
	for _, p := range paths {
		if err := s.compare(ctx, p); err != nil {
			return err
		}
	}
	// What was listed counts only if it was listed in the right place.
	if err := s.tree.Check(); err != nil {
		return err
	}
	s.noteRead(slices.Concat(paths, what.paths))
	if what.everything {
		if err := s.useRules(ctx); err != nil {
			return err
		}
		s.f.board.foundConflicts(s.conflicts)
	}
	if err := s.settle(ctx); err != nil || !what.everything {
		return err
	}
	if err := s.believe(ctx); err != nil {
		return err
	}
	return s.f.store.SetValue(ctx, s.f.id, noteBoot, s.f.e.cfg.Boot)
}

// noteRead ends that something is unread where this look was, and met nothing like that:
// what lay there was read, or is there no more.
func (s *scanner) noteRead(under []index.Path) {
	set, not := make(map[index.Path]bool, len(under)), make(map[index.Path]bool, len(s.blind)+len(s.busy))
	for _, p := range under {
		set[p] = true
	}
	for _, p := range slices.Concat(s.blind, s.busy) {
		not[p] = true
	}
	at := func(p index.Path) bool { return withinAny(p, set) && !withinAny(p, not) }
	s.f.wet.lookedAt(s.now, at)
	s.f.come.lookedAt(s.now, at)
}

// believe ends the doubt about all that was looked at.
func (s *scanner) believe(ctx context.Context) error {
	left := slices.Concat(s.wet, s.busy, s.blind, s.result.look)
	if err := s.leaveLate(ctx, slices.Concat(left, s.come)); err != nil {
		return err
	}
	for _, states := range []*settling{&s.f.gone, &s.f.stirred, &s.f.unrest} {
		states.lookedAt(s.now, everywhere)
	}
	s.f.doubtNow(func(d doubt) doubt {
		if len(left) == 0 {
			return doubt{}
		}
		d.left = left
		return d
	})
	return nil
}

// glance looks at single files, which most hints are about, and returns the
// paths that need a walk.
func (s *scanner) glance(ctx context.Context, paths []index.Path) (rest []index.Path, err error) {
	for page := range slices.Chunk(paths, commitAtMost) {
		recs, err := s.f.store.Get(ctx, s.f.id, page, false)
		if err != nil {
			return nil, err
		}
		var files []index.Path
		var of []index.Record
		for i, p := range page {
			if p.IsRoot() || recs[i].Kind == index.Directory || s.rules.Skips(p, false) {
				rest = append(rest, p)
				continue
			}
			files, of = append(files, p), append(of, recs[i])
		}
		s.tree.StatAll(files, func(i int, e index.Entry, err error) {
			if !s.single(of[i], e, err) {
				rest = append(rest, files[i])
			}
		})
	}
	return rest, nil
}

// compare walks the disk and our index side by side.
func (s *scanner) compare(ctx context.Context, under index.Path) error {
	if !under.IsRoot() && s.rules.Skips(under, false) {
		return nil
	}
	s.met = make(map[string]bool)
	next, stop := iter.Pull2(s.records(ctx, under))
	defer stop()
	rec, err, more := next()
	advance := func() { rec, err, more = next() }
	walkErr := s.tree.Walk(ctx, under, s.skip, func(e index.Entry) error {
		if e.Raw != "" || e.Err != nil {
			s.cannotSee(e)
			if e.Raw != "" {
				return nil
			}
		}
		for more && err == nil && rec.Path.Compare(e.Path) < 0 {
			s.absent(rec)
			advance()
		}
		if err != nil {
			return err
		}
		s.conflicts += marked(e.Path)
		had := index.Record{}
		if more && rec.Path == e.Path {
			had = rec
			advance()
		}
		if e.Err == nil {
			s.present(had, e)
		}
		if len(s.fresh) >= matchAtMost {
			s.keepHome()
			_, apart := s.setApart(nil)
			err := s.readAll(ctx)
			s.meta, s.changed = append(s.meta, apart.meta...), apart.changed
			return err
		}
		return nil
	})
	for more && err == nil && walkErr == nil {
		s.absent(rec)
		advance()
	}
	if walkErr == nil && !s.result.everything {
		s.f.board.forgetSeen(under, s.met)
	}
	return errors.Join(walkErr, err)
}

// records yields our records at and below a path, in the order of a walk.
func (s *scanner) records(ctx context.Context, under index.Path) iter.Seq2[index.Record, error] {
	return func(yield func(index.Record, error) bool) {
		enough := errors.New("enough")
		err := s.f.store.List(ctx, s.f.id, under, func(r index.Record) error {
			if !yield(r, nil) {
				return enough
			}
			return nil
		})
		if err != nil && err != enough {
			yield(index.Record{}, err)
		}
	}
}

// skip tells a walk what to leave out. A directory that is entered brings its
// own rules along.
func (s *scanner) skip(p index.Path, dir bool) bool {
	if s.rules.Skips(p, dir) {
		return true
	}
	if dir && s.result.everything {
		s.readRules(p)
	}
	return false
}

// cannotSee notes that something could not be looked at. What our index has
// there and below stays as it is: unavailable is not deleted.
func (s *scanner) cannotSee(e index.Entry) {
	name := e.Path.String()
	if e.Raw != "" {
		name = e.Raw
		if !e.Path.IsRoot() {
			name = e.Path.String() + "/" + e.Raw
		}
	} else {
		s.blind = append(s.blind, e.Path)
	}
	key := problemSeen + name
	if errors.Is(e.Err, plan.ErrSpecial) {
		key = problemOdd + name
	}
	s.met[key] = true
	s.f.board.problem(key, unseen(name, e))
}

// settle decides about what was found, reads what has to be read, and commits.
func (s *scanner) settle(ctx context.Context) error {
	s.awaitMoved()
	s.keepHome()
	moves := s.matchMoves()
	s.noteAstray()
	s.joinRestored()
	s.lookAgain(s.dryIn, s.wet)
	s.lookAgain(busyFor, s.busy)
	s.lookAgain(moveWithin, s.come)
	if err := s.touchAnew(ctx); err != nil {
		return err
	}
	gone, held, err := s.judgeMissing(ctx)
	if err != nil {
		return err
	}
	moves, apart := s.setApart(moves)
	if err := s.commitMeta(ctx); err != nil {
		return err
	}
	if err := s.commitMoves(ctx, moves); err != nil {
		return err
	}
	if gone, err = s.replaceDirectories(ctx, apart, gone, held); err != nil {
		return err
	}
	if err := s.readAll(ctx); err != nil {
		return err
	}
	return s.commitGone(ctx, gone)
}

// touchAnew writes into our index which objects those are that look as before.
func (s *scanner) touchAnew(ctx context.Context) error {
	if len(s.anew) == 0 {
		return nil
	}
	batch := make([]index.Record, 0, len(s.anew))
	for _, d := range s.anew {
		batch = append(batch, index.Record{File: d.had.File, Identity: d.seen.Identity, Seq: d.had.Seq})
	}
	return s.f.touch(ctx, batch)
}

// joinRestored lets older files that replaced newer ones wait for those that are
// still being put back.
func (s *scanner) joinRestored() {
	if len(s.restored) == 0 {
		return
	}
	s.dryIn = dryAfter
	for _, d := range s.restored {
		s.wet = append(s.wet, d.seen.Path)
	}
	s.changed = slices.DeleteFunc(s.changed, func(d found) bool {
		wait := d.older() && s.clock.since(time.Unix(0, d.seen.Identity.Changed)) < wetAtMost
		if wait {
			s.wet = append(s.wet, d.seen.Path)
		}
		return wait
	})
}

// lookAgain has paths looked at once more after a while, whatever becomes of this look.
func (s *scanner) lookAgain(wait time.Duration, paths []index.Path) {
	if len(paths) > 0 {
		s.result.unsettled += len(paths)
		s.f.lookLater(wait, atOnce, hinted{paths: paths, again: len(paths)})
	}
}
