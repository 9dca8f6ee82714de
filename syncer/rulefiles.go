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

const (
	maxRuleFile = 1 << 20 // the longest ignore file that is read, in bytes
	noteRules   = "rules" // the rules by which others were heard
)

// readRules takes up the ignore file of a directory, if it has one.
func (s *scanner) readRules(dir index.Path) {
	p, err := dir.Join(ignoreFile)
	if err != nil {
		return // nothing of that name fits in there
	}
	was, met := s.f.rules.Load().files[dir]
	if !met {
		was = ruleFile{known: s.f.looked.Load()} // there was none
	}
	is, err := s.readRuleFile(p)
	wait := s.restless(p, &is, was, met)
	is.rest, is.known = was.rest, was.known
	if met && is.id != was.id && was.text != "" && s.f.e.now().Sub(was.since) >= calmAfter {
		is.rest, is.known = was.text, true // as far as a disk with coarse times can tell
	}
	switch {
	case err != nil:
		is.text = was.text
		wait = max(wait, s.cannotRead(p, &is, err))
	case wait <= 0:
		is.rest, is.known = is.text, true
	}
	if wait <= 0 {
		s.f.unrest.forget(p)
	}
	is.held = !is.known || wait > 0 && s.f.unrest.age(p, s.now) < wetAtMost
	if is.held {
		s.blind = append(s.blind, dir)
	}
	s.restIn = max(s.restIn, wait)
	s.rules.add(dir, is)
}

// restless notes since when an ignore file is what it is, and returns for how long it has
// to be left alone yet. What is met as the folder is opened is as old as its times say;
// from then on it counts when it was noticed, for its times may be of another clock.
func (s *scanner) restless(p index.Path, is *ruleFile, was ruleFile, met bool) time.Duration {
	now, calm := s.f.e.now(), calmAfter
	age := ageOf(is.id, now)
	if none := is.id == (index.Identity{}); coarse(is.id) && !none {
		calm, age = coarsest, max(0, s.clock.age(is.id))
	}
	switch {
	case is.id == was.id && is.blind == was.blind:
		is.since = was.since
	case !met && !s.f.looked.Load():
		if age < calm {
			is.since = now.Add(-age)
		}
	default:
		is.since = now
	}
	if stirred := s.f.stirred.since(p); stirred.After(is.since) {
		is.since = stirred
	}
	return calm - now.Sub(is.since)
}

// ageOf returns how long ago an object was written or placed; zero if its times are of
// another clock.
func ageOf(id index.Identity, now time.Time) time.Duration {
	return max(0, now.Sub(time.Unix(0, max(id.Modified, id.Changed))))
}

// readRuleFile reads an ignore file, if it is one.
func (s *scanner) readRuleFile(p index.Path) (f ruleFile, err error) {
	e, err := s.tree.Stat(p)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err = errors.Join(err, e.Err); err != nil || e.Kind != index.Regular {
		f.blind = err != nil
		return f, err
	}
	f.id = e.Identity
	if e.Size > maxRuleFile {
		return f, errors.New("it is longer than a megabyte")
	}
	c, err := s.tree.Open(p, e.Identity)
	if err != nil {
		return f, err
	}
	defer c.Close()
	content := make([]byte, e.Size)
	if n, err := c.ReadAt(content, 0); n < len(content) {
		return f, errors.Join(err, plan.ErrChanged)
	}
	if !c.Same() {
		return f, plan.ErrChanged
	}
	f.text = string(content)
	return f, nil
}

// cannotRead deals with an ignore file that is there and cannot be read. What it was
// known to ignore stays ignored; if that was nothing, it is another file, of which
// nothing is known. It returns how soon that is tried again: zero if somebody has to do
// something about it first.
func (s *scanner) cannotRead(p index.Path, is *ruleFile, err error) time.Duration {
	if errors.Is(err, plan.ErrChanged) || errors.Is(err, fs.ErrNotExist) {
		return calmAfter
	}
	until := "what it ignored before stays ignored"
	if is.known = is.known && is.text+is.rest != ""; !is.known {
		until = "nothing that lies beside it travels"
	}
	s.f.board.problem(problemRules+p.String(), Problem{Path: p.String(), Reason: "what it ignores is not known, for it cannot be read: " + err.Error(),
		Next: "let this user read it; until then " + until})
	return 0
}

// useRules puts the rules that a look at everything found into force. When they
// changed, what the others hold is heard again: some of it was left out.
func (s *scanner) useRules(ctx context.Context) error {
	s.f.rules.Store(s.rules)
	if s.restIn > 0 {
		s.allAgain(s.restIn)
	}
	sum := s.rules.sum()
	was, err := s.f.store.Value(ctx, s.f.id, noteRules)
	if err != nil {
		return err
	}
	if again := s.f.reheard.Swap(false); was == sum && !again {
		return nil
	}
	if was == "" {
		return s.f.store.SetValue(ctx, s.f.id, noteRules, sum) // nothing was heard by other rules
	}
	for _, m := range s.f.shape.Load().Members {
		if err := s.f.forget(ctx, m.Device); err != nil {
			s.f.reheard.Store(true)
			return err
		}
	}
	select {
	case s.f.ruled <- struct{}{}:
	default:
	}
	s.f.send(rulesChanged{})
	return s.f.store.SetValue(ctx, s.f.id, noteRules, sum)
}

// noteIgnored has all heard again, with the next look at everything, if our index has
// changed where there is a rule: that was decided on before it came, or is counted anew.
func (f *folder) noteIgnored(ctx context.Context, batch []index.Record) {
	rules := f.rules.Load()
	if len(rules.files) == 0 || !slices.ContainsFunc(batch, func(r index.Record) bool { return rules.leaves(r.File) }) {
		return
	}
	if err := f.store.SetValue(ctx, f.id, noteRules, "others"); err != nil {
		f.log.Warn("it cannot be noted that what is ignored changed", "err", err)
	}
	f.reheard.Store(true)
	go f.send(hinted{everything: true})
}

// stirs notes at which ignore files something is said to have happened. They may be what
// they were, and have been something else in between.
func (f *folder) stirs(h hinted) {
	if h.again > 0 {
		return // a look asked for it
	}
	for _, p := range h.paths {
		if p.Name() == ignoreFile {
			f.stirred.note(p, f.e.now())
		}
	}
}

// noticeRules has everything looked at before anything is told of what lies around an
// ignore file to which something may have happened.
func (s *scanner) noticeRules(paths []index.Path) {
	for _, p := range paths {
		if p.Name() == ignoreFile {
			s.stir = append(s.stir, p.Parent())
		}
	}
	if len(s.stir) > 0 {
		s.f.send(hinted{everything: true})
	}
}

// allAgain has everything looked at once more after a while.
func (s *scanner) allAgain(wait time.Duration) {
	s.result.unsettled++
	s.f.lookLater(max(wait, dryAfter), atOnce, hinted{everything: true, again: 1})
}

// keepHome leaves out what was found by rules that are not those on the disk: whoever
// writes a rule, and then what it is about, means it so. What was found is there already,
// so rules that are still the same now are those by which it came.
func (s *scanner) keepHome() {
	lists := []*[]found{&s.fresh, &s.changed, &s.missing, &s.meta, &s.anew, &s.restored}
	stale := s.stale(lists)
	if len(stale) == 0 {
		return
	}
	for _, list := range lists {
		*list = slices.DeleteFunc(*list, func(d found) bool {
			return slices.ContainsFunc(stale, func(dir index.Path) bool { return judgedBy(d.path(), dir) })
		})
	}
	s.blind = append(s.blind, stale...)
	s.allAgain(dryAfter)
}

func (f found) path() index.Path {
	if f.seen.Kind == index.Absent {
		return f.had.Path
	}
	return f.seen.Path
}

// stale returns the directories above what was found whose ignore file is another one
// than this look went by. One that went with its directory has no say about what else did.
func (s *scanner) stale(lists []*[]found) (stale []index.Path) {
	gone := make(map[index.Path]bool, len(s.missing))
	for _, m := range s.missing {
		gone[m.had.Path] = true
	}
	var dirs, files []index.Path
	seen := make(map[index.Path]bool)
	for _, list := range lists {
		for _, d := range *list {
			for p := d.path(); !p.IsRoot(); p = p.Parent() {
				dir := p.Parent()
				if judgedBy(d.path(), dir) && !seen[dir] && !gone[dir] {
					if file, err := dir.Join(ignoreFile); err == nil && !s.wasIn(file) {
						dirs, files = append(dirs, dir), append(files, file)
					}
				}
				if seen[dir] {
					break
				}
				seen[dir] = judgedBy(d.path(), dir)
			}
		}
	}
	s.tree.StatAll(files, func(i int, e index.Entry, err error) {
		if slices.Contains(s.stir, dirs[i]) || !s.unmoved(dirs[i], files[i], e, err) || gone[files[i]] && s.justGone(dirs[i], files[i]) {
			stale = append(stale, dirs[i])
		}
	})
	return stale
}

// unmoved reports whether the ignore file of a directory is the one by which this look
// went.
func (s *scanner) unmoved(dir, file index.Path, e index.Entry, err error) bool {
	by := s.rules.files[dir]
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && e.Err == nil && e.Kind != index.Regular:
		return by.id == (index.Identity{})
	case err != nil || e.Err != nil:
		return by.blind
	case by.id != e.Identity:
		return false
	case coarse(e.Identity) && s.clock.runs(e.Identity): // it may have been written again within a unit of time
		is, err := s.readRuleFile(file)
		return err == nil && is.text == by.text
	}
	return true
}

// stirredLately reports whether a path is that of an ignore file which was there a moment
// ago, whether anybody met it or not.
func (s *scanner) stirredLately(p index.Path) bool {
	return p.Name() == ignoreFile && s.now.Sub(s.f.stirred.since(p)) < calmAfter
}

// justGone reports whether an ignore file that only our index knows of is missed for the
// first time: what it ignored is not known.
func (s *scanner) justGone(dir, file index.Path) bool {
	_, met := s.rules.files[dir]
	return !met && s.f.gone.age(file, s.now) < calmAfter
}
