package syncer

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"kith/index"
	"kith/syncer/plan"
)

// placeAtMost is how many steps are made durable together.
const placeAtMost = 1000

// recordAgainIn is how soon what could not be recorded is tried again; after that it
// takes longer each time.
const recordAgainIn = time.Second

// handover is a batch of jobs whose content is complete.
type handover struct {
	jobs []*job
	done chan<- struct{} // closed when they are in place, or could not be
}

// handOver has jobs put in place and returns when that is over.
func (f *folder) handOver(ctx context.Context, jobs []*job) error {
	done := make(chan struct{})
	select {
	case f.placing <- handover{jobs, done}:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// placed is a batch that was put on the disk, and is not yet in our index.
type placed struct {
	since    time.Time // when that began
	batch    []handover
	jobs     []*job
	outcomes []plan.Outcome
	claimed  []index.Path
}

// place puts jobs on the disk as they come, as many together as are there: while
// one batch is being made durable, the next one gathers.
func (f *folder) place(ctx context.Context) {
	for {
		select {
		case h := <-f.placing:
			p := f.put(ctx, f.gather(h))
			select {
			case f.placed <- p:
			case <-ctx.Done():
				f.settlePlaced(ctx, p)
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// record writes into our index what was put on the disk.
func (f *folder) record(ctx context.Context) {
	for {
		select {
		case p := <-f.placed:
			f.settlePlaced(ctx, p)
		case <-ctx.Done():
			return
		}
	}
}

// put carries out the steps of a batch. Until they are recorded, their paths are
// claimed: a scan must not take them for somebody's edits.
func (f *folder) put(ctx context.Context, batch []handover) placed {
	p := placed{batch: batch, since: f.e.now()}
	for _, h := range batch {
		p.jobs = append(p.jobs, h.jobs...)
	}
	steps := make([]plan.Step, 0, len(p.jobs))
	p.claimed = make([]index.Path, 0, len(p.jobs))
	for _, j := range p.jobs {
		f.board.solved(problemMiss + j.step.Want.Path.String()) // it has come
		p.claimed = append(p.claimed, j.paths()...)
		steps = append(steps, j.step)
	}
	f.claims.take(p.claimed)
	if err := f.arriving.begin(ctx, f, p.jobs); err != nil {
		f.log.Debug("what is being put in place could not be noted", "err", err) // it matters only if this life ends now
	}
	p.outcomes = f.openTree().Put(ctx, steps)
	var rescued []index.Path
	for _, o := range p.outcomes {
		if !o.Rescued.IsRoot() {
			rescued = append(rescued, o.Rescued)
		}
	}
	f.claims.take(rescued) // until it is known which name an edit of the last moment keeps
	p.claimed = append(p.claimed, rescued...)
	return p
}

// gather adds what others want to hand over just now.
func (f *folder) gather(first handover) []handover {
	batch := []handover{first}
	for n := len(first.jobs); n < placeAtMost; {
		select {
		case more := <-f.placing:
			batch = append(batch, more)
			n += len(more.jobs)
		default:
			return batch
		}
	}
	return batch
}

// settlePlaced commits what came of a batch, and deals with what went wrong. That is
// done to its end even if the folder is being closed.
func (f *folder) settlePlaced(closing context.Context, p placed) {
	ctx := context.WithoutCancel(closing)
	defer func() {
		f.arriving.end(p.jobs)
		f.claims.release(p.claimed)
		for _, h := range p.batch {
			close(h.done)
		}
	}()
	batch := make([]index.Record, 0, len(p.jobs))
	var whole []index.Path // again
	clock := diskClock{f: f}
	var look []index.Path
	for i, o := range p.outcomes {
		j := p.jobs[i]
		if o.Err != nil {
			look = append(look, f.failed(f.work, j, o.Err)...)
			continue
		}
		f.over(j)
		if j.asked {
			whole = append(whole, j.step.Want.Path)
		}
		if coarse(o.Now) && clock.least(p.since).Sub(time.Unix(0, o.Now.Modified)) < coarsest {
			o.Now = toReadAgain(o.Now) // an edit of this moment would have the same time
		}
		batch = append(batch, f.finished(j, o)...)
		if j.step.Want.Path.Name() == ignoreFile {
			look = append(look, j.step.Want.Path)
		}
		if !o.Rescued.IsRoot() {
			look = append(look, o.Rescued)
			f.event("conflict", o.Rescued.String(), "saved here while a newer version arrived", f.plan().Self.Device)
		}
	}
	f.remains.drop(ctx, f, whole...)
	stale := f.mustCommit(closing, batch)
	for i, o := range p.outcomes {
		if o.Err == nil && !o.Rescued.IsRoot() {
			look = append(look, f.laterKeepsName(ctx, p.jobs[i], o)...)
		}
	}
	if look = append(look, stale...); len(look) > 0 {
		go f.send(hinted{paths: look})
	}
	f.board.refresh()
}

// mustCommit commits what is on the disk already. If the index cannot be written, that
// is tried again until it can, or the folder is closed: what is claimed until then would
// be taken for somebody's edit otherwise.
func (f *folder) mustCommit(closing context.Context, batch []index.Record) []index.Path {
	for wait := recordAgainIn; ; wait = min(2*wait, time.Minute) {
		stale, err := f.commit(context.WithoutCancel(closing), batch)
		if err == nil {
			return stale
		}
		f.log.Error("what was put in place could not be recorded", "err", err)
		select {
		case <-time.After(wait):
		case <-closing.Done():
			return nil
		}
	}
}

// askAgain keeps a job that a person asked for, and that could not be done.
func (f *folder) askAgain(j *job) {
	if j.asked {
		j.holders = nil
		f.board.extra(j)
	}
}

// over ends what holds for a job that a person asked for.
func (f *folder) over(j *job) {
	if j.asked {
		f.undoing.release([]index.Path{j.step.Want.Path})
		f.brakes.takenBack(j.step.Want.Path)
	}
}

// finished returns the records that a successful step leads to.
func (f *folder) finished(j *job, o plan.Outcome) []index.Record {
	j.records[0].Identity = o.Now
	if j.aside != nil && o.AsideNow != (index.Identity{}) {
		// As our index knew it, and to be read again: an edit of the last moment may keep size and
		// time, or change nothing but time and permissions.
		j.aside.Identity = j.step.Have.Identity
		j.aside.Identity.Inode, j.aside.Identity.Changed = o.AsideNow.Inode, 0
		if err := f.remains.setAside(context.Background(), f, j.step.Have, *j.aside); err != nil {
			f.log.Warn("what a power cut left may be taken for an edit", "path", j.aside.Path.String(), "err", err)
		}
		j.records = append(j.records, *j.aside)
		f.event("conflict", j.aside.Path.String(), "both versions are kept", j.aside.By)
	}
	want := j.step.Want
	f.discard(f.begun.before(want, true))
	f.event(j.verb, want.Path.String(), "", want.By)
	return j.records
}

// failed deals with a step that could not be carried out, and returns where to
// look again because of it.
func (f *folder) failed(ctx context.Context, j *job, err error) []index.Path {
	path := j.step.Want.Path
	changed := errors.Is(err, plan.ErrChanged) || errors.Is(err, fs.ErrNotExist)
	if changed {
		f.over(j)
	} else {
		f.askAgain(j)
	}
	switch {
	case errors.Is(err, plan.ErrUnavailable):
		go f.send(lost{err})
		return nil
	case changed:
		f.tryLater(ctx, j, nil)
		look := j.paths()
		if !j.step.From.Live() {
			look = look[:1]
		}
		return look
	case errors.Is(err, plan.ErrParent):
		if f.board.tries(path) > 1 {
			f.board.problem(problemPath+path.String(), Problem{Path: path.String(), Reason: err.Error(), Next: nextStep(err)})
		}
		f.tryLater(ctx, j, err)
		return []index.Path{path.Parent()}
	case errors.Is(err, plan.ErrNotEmpty):
		return f.notEmpty(ctx, j)
	case errors.Is(err, plan.ErrIncomplete):
		if err := f.openTree().Discard(j.step.Want); err != nil {
			f.log.Debug("draft stays", "path", path.String(), "err", err)
		}
		f.tryLater(ctx, j, err)
		return nil
	case errors.Is(err, plan.ErrName) && f.remains.has(path):
		// What a power cut had left was given another spelling of its name since.
		f.remains.drop(ctx, f, path)
		f.settled.take([]index.Path{path})
		f.over(j)
		f.board.solved(problemPath + path.String())
		return []index.Path{path}
	case errors.Is(err, plan.ErrName):
		f.board.problem(problemPath+path.String(), Problem{Path: path.String(), Reason: err.Error(), Next: "rename it on the other device"})
		f.board.restUntil(path, f.e.now().Add(time.Hour))
		return nil
	}
	f.board.problem(problemPath+path.String(), Problem{Path: path.String(), Reason: err.Error(), Next: nextStep(err)})
	f.tryLater(ctx, j, err)
	return nil
}

// notEmpty deals with a directory that has to go and cannot: something lives in
// it. First it is looked at, in case that is not known yet; if it stays so, the
// directory lives on, and the others are told. What has not been read yet may
// turn out to be what they deleted.
func (f *folder) notEmpty(ctx context.Context, j *job) []index.Path {
	path := j.step.Want.Path
	if f.board.tries(path) < 2 || f.unread(path) {
		f.tryLater(ctx, j, nil)
		return []index.Path{path}
	}
	going, err := f.childrenGo(ctx, path)
	if err != nil || going {
		f.tryLater(ctx, j, err)
		return nil
	}
	cs, err := f.store.Cases(ctx, f.id, []index.Path{path})
	if err != nil || cs[0].Have.Kind != index.Directory {
		return []index.Path{path}
	}
	p := f.plan()
	c := cs[0]
	if _, err := f.commit(ctx, []index.Record{{File: p.Reassert(c), Identity: c.Have.Identity, Seq: c.Have.Seq}}); err != nil {
		f.tryLater(ctx, j, err)
	}
	f.board.rested(path)
	return nil
}

// unread reports whether something at or below a path was met, and was too young, or
// perhaps moved there, to be read so far.
func (f *folder) unread(p index.Path) bool { return f.wet.within(p) || f.come.within(p) }

// childrenGo reports whether all that our index has in a directory is about to
// be deleted, or is for others to decide about.
func (f *folder) childrenGo(ctx context.Context, dir index.Path) (bool, error) {
	p := f.plan()
	live, staying := 0, 0
	err := f.store.List(ctx, f.id, dir, func(r index.Record) error {
		if !r.Live() || r.Path == dir {
			return nil
		}
		live++
		cs, err := f.store.Cases(ctx, f.id, []index.Path{r.Path})
		if err != nil {
			return err
		}
		if a := p.Decide(cs[0]); (a.Verb != plan.Take || a.Want.Kind != index.Deleted) && !p.Awaits(cs[0]) {
			staying++
		}
		return nil
	})
	return live > 0 && staying == 0, err
}

func (f *folder) plan() plan.Folder { return f.shape.Load().plan }

// tryLater leaves the path of a job that failed alone for a while, unless something else is wanted there
// by what was heard while it was under way: then what lies below it would not wait.
func (f *folder) tryLater(ctx context.Context, j *job, err error) {
	path := j.step.Want.Path
	if !j.asked && f.heard.Load() != j.heard {
		cs, unknown := f.store.Cases(ctx, f.id, []index.Path{path})
		if unknown == nil && f.plan().Decide(cs[0]).Want.Version.Compare(j.step.Want.Version) != index.Equal {
			go f.send(learnt{})
			return
		}
	}
	f.rest(ctx, path, err)
}

// rest leaves a path alone for a while, longer each time, and has it tried again
// after that, or as soon as something new is heard of it.
func (f *folder) rest(ctx context.Context, path index.Path, err error) {
	wait := f.board.rest(path, f.e.now())
	if err != nil {
		f.log.Debug("tried again later", "path", path.String(), "in", wait, "err", err)
	}
	f.awaitNaps(ctx)
}

// awaitNaps has a pass begin when the next path has rested.
func (f *folder) awaitNaps(ctx context.Context) {
	now := f.e.now()
	until, relieved, ok := f.board.nextNap(now)
	if !ok {
		return
	}
	f.goWork(ctx, func(ctx context.Context) {
		t := time.NewTimer(until.Sub(now))
		defer t.Stop()
		select {
		case <-t.C:
			f.board.napOver(until)
			f.awaitNaps(ctx) // of others, which the pass that begins now leaves alone
			f.send(learnt{})
		case <-relieved: // by who waits for one before it
		case <-ctx.Done():
			f.board.napOver(until)
		}
	})
}
