package syncer

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"kith/index"
	"kith/syncer/plan"
)

const (
	pageOf     = 1000     // cases judged at a time
	groupFiles = 512      // small files fetched at a time
	groupBytes = 16 << 20 // and their bytes
	groups     = 3        // such groups under way at a time
	largeFrom  = 64 << 20 // a file of this size counts as large
)

// pullResult is what became of a pass over what is needed.
type pullResult struct {
	again bool         // there is more to do at once
	look  []index.Path // look there: it was not as we thought

	everything bool // look everywhere: what a person undid should be back
}

// job is one step on its way to the disk.
type job struct {
	step    plan.Step
	records []index.Record // to be committed when the step is done; the first one is of step.Want
	aside   *index.Record  // of the conflict copy, if there is one
	source  index.File     // what to ask other devices for; zero if no content is needed
	holders []index.DeviceID
	from    index.Record // a file here with that content, if there is one
	verb    string       // for the log
	asked   bool         // by a person: no pass would find it again
	gone    bool         // and what it brings back is nowhere to be seen on our disk

	perished []index.DeviceID // holders that lost it themselves
}

// paths returns all paths that a job touches.
func (j *job) paths() []index.Path {
	paths := []index.Path{j.step.Want.Path}
	if j.step.From.Live() {
		paths = append(paths, j.step.From.Path)
	}
	if !j.step.Aside.IsRoot() {
		paths = append(paths, j.step.Aside)
	}
	return paths
}

// puller is one pass over what is needed.
type puller struct {
	f       *folder
	plan    plan.Folder
	tree    Tree
	links   map[index.DeviceID]Link
	result  pullResult
	dirs    map[index.Path]bool // directories known to be there, or on their way
	moved   map[index.Path]bool // taken along by a move: no deletion needed
	kept    int64               // paths left for others to settle
	away    []index.DeviceID    // who holds what nobody has who is here
	group   []*job
	bytes   int64
	slots   chan struct{} // one for each group under way
	small   sync.WaitGroup
	direct  []*job
	adopted []index.Record
	mixed   []index.Path // somebody has a file there, but a deletion wins over it
	braked  bool         // replacements wait for a person
	heard   uint64       // how much had been heard when the pass began
	did     atomic.Bool
}

// pull looks through all that others hold and we do not, and brings it here. It
// returns when small things are in place; large files go on by themselves.
func (f *folder) pull(ctx context.Context) pullResult {
	p := &puller{
		f: f, plan: f.shape.Load().plan, tree: f.openTree(), links: f.board.links(f.e.now()), heard: f.heard.Load(),
		dirs:  make(map[index.Path]bool),
		moved: make(map[index.Path]bool),
		slots: make(chan struct{}, groups),
	}
	err := p.run(ctx)
	p.small.Wait()
	if err == nil {
		err = p.remove(ctx)
	}
	if err != nil && ctx.Err() == nil {
		f.log.Warn("cannot bring in what others hold", "err", err)
		f.after(ctx, 5*time.Second, learnt{})
	}
	f.board.kept(p.kept, p.away)
	f.awaitNaps(ctx)
	return p.result
}

// run takes what is new or changed, in the order of the paths.
func (p *puller) run(ctx context.Context) error {
	if err := p.brake(ctx); err != nil {
		return err
	}
	if err := p.restore(ctx); err != nil {
		return err
	}
	var after index.Path
	for ctx.Err() == nil {
		cases, err := p.f.store.Needs(ctx, p.f.id, after, pageOf, false)
		if err != nil {
			return err
		}
		if len(cases) == 0 {
			break
		}
		after = cases[len(cases)-1].Path
		if err := p.page(ctx, cases); err != nil {
			return err
		}
	}
	if err := p.flush(ctx); err != nil {
		return err
	}
	return p.sendGroup(ctx)
}

// restore takes up what earlier passes and people left to be brought here.
func (p *puller) restore(ctx context.Context) error {
	for _, j := range p.f.board.takeExtras() {
		path := j.step.Want.Path
		if p.f.board.resting(path, p.f.e.now()) {
			p.f.board.extra(j)
			continue
		}
		cs, err := p.f.store.Cases(ctx, p.f.id, []index.Path{path})
		if err != nil {
			p.f.board.extra(j)
			return err
		}
		if cs[0].Have.Seq != j.records[0].Seq {
			p.f.over(j) // something newer was found there meanwhile
			p.f.board.solved(problemPath + path.String())
			continue
		}
		if j.holders == nil {
			p.findHolders(cs[0], j)
		}
		if needed := j.source.Kind != index.Absent; needed && len(j.holders) == 0 {
			if j, err = p.succeed(ctx, cs[0], j); err != nil {
				return err
			}
		}
		if j.source.Kind != index.Absent && len(j.holders) == 0 {
			whole := held(cs[0], j.step.Have.File, nil) // what others have just so was not torn
			before, ok := p.fallBack(cs[0], j)
			if !(j.gone || whole || ok) || !p.f.board.allHeard() || held(cs[0], j.source, j.perished) {
				p.f.board.extra(j)
				p.f.board.problem(problemPath+path.String(), Problem{Path: path.String(), Reason: "no connected device has what it should hold", Next: "connect one that has it"})
				continue
			}
			if whole || !ok {
				p.giveUp(j)
				continue
			}
			p.f.log.Warn("what a power cut took is nowhere; what others had is brought back", "path", path.String())
			j = before
		}
		p.result.everything = true
		if err := p.parents(ctx, path); err != nil {
			return err
		}
		if err := p.start(ctx, j, origin{}); err != nil {
			return err
		}
	}
	return nil
}

// held reports whether anybody, here or not, was ever heard to hold a file, but
// for those who are known to have lost it.
func held(c index.Case, file index.File, perished []index.DeviceID) bool {
	return slices.ContainsFunc(c.Others, func(o index.Holding) bool {
		return o.SameContent(file) && !slices.Contains(perished, o.Device)
	})
}

// fallBack turns a job whose content is nowhere into one that brings what others
// have, or had before it: what a power cut left must not take the place of that.
func (p *puller) fallBack(c index.Case, j *job) (*job, bool) {
	want, _ := p.plan.Latest(index.Case{Path: c.Path, Others: c.Others})
	if want.Kind != index.Regular || want.SameContent(j.source) {
		return nil, false
	}
	back := &job{step: j.step, source: want, verb: "received", asked: true}
	p.findHolders(c, back)
	if len(back.holders) == 0 {
		return nil, false
	}
	want.Version = want.Version.Join(c.Have.Version).Bump(p.plan.Self)
	back.step.Want = want
	back.records = []index.Record{{File: want, Seq: c.Have.Seq}}
	return back, true
}

// giveUp lets go of what a power cut took here, before anybody else had it: what
// the disk shows is what there is.
func (p *puller) giveUp(j *job) {
	path := j.step.Want.Path
	p.f.log.Warn("what a power cut took is nowhere", "path", path.String())
	p.f.settled.take([]index.Path{path})
	p.f.over(j)
	p.f.board.solved(problemPath + path.String())
	p.result.look = append(p.result.look, path)
}

// succeed turns a job whose content nobody has any more into one that brings what
// followed upon it, if somebody has that.
func (p *puller) succeed(ctx context.Context, c index.Case, j *job) (*job, error) {
	a := p.plan.Decide(c)
	if a.Verb != plan.Take {
		return j, nil
	}
	a.Have = index.Record{File: j.step.Have.File, Identity: j.step.Have.Identity, Seq: c.Have.Seq}
	a.Loser = false
	next, err := p.jobOf(ctx, c, a)
	if err != nil || next.source.Kind != index.Absent && len(next.holders) == 0 {
		return j, err
	}
	next.asked, next.verb = true, j.verb
	return next, nil
}

// findHolders finds who here has the content of a job.
func (p *puller) findHolders(c index.Case, j *job) {
	for _, o := range c.Others {
		if o.Kind == index.Regular && o.Root == j.source.Root && p.links[o.Device] != nil && !slices.Contains(j.perished, o.Device) {
			j.holders = append(j.holders, o.Device)
			j.source.Blocks = o.Blocks
		}
	}
}

// page judges a page of cases and starts what they ask for.
func (p *puller) page(ctx context.Context, cases []index.Case) error {
	var takes []plan.Action
	for _, c := range cases {
		if p.f.flights.under(c.Path) || p.f.undoing.has(c.Path) || p.f.board.resting(c.Path, p.f.e.now()) || p.f.rules.Load().Skips(c.Path, false) {
			continue
		}
		a := p.plan.Decide(c)
		switch a.Verb {
		case plan.Keep:
			p.keep(c)
		case plan.Adopt:
			p.adopted = append(p.adopted, index.Record{File: a.Want, Identity: a.Have.Identity, Seq: a.Have.Seq})
		case plan.Take:
			if !p.braked || !replaces(a) {
				takes = append(takes, a)
			}
		}
	}
	return p.takeAll(ctx, cases, takes)
}

// keep counts what another device has to settle, unless that device is here and
// about to do so.
func (p *puller) keep(c index.Case) {
	for _, o := range c.Others {
		if p.links[o.Device] != nil && !c.Have.Version.Contains(o.Version) {
			return
		}
	}
	p.kept++
}

func (p *puller) takeAll(ctx context.Context, cases []index.Case, takes []plan.Action) error {
	from, err := p.origins(ctx, takes)
	if err != nil {
		return err
	}
	at := make(map[index.Path]index.Case, len(cases))
	for _, c := range cases {
		at[c.Path] = c
	}
	for i, a := range takes {
		c, from := at[a.Want.Path], from[i]
		if done, err := p.redirect(ctx, c, a); done || err != nil {
			if err != nil {
				return err
			}
			continue
		}
		if needsContent(a) && !from.rec.Live() && a.Want.Size > 0 && !p.canFetch(c, a.Want.Root) {
			// Nobody who is here has it: go by what those say who are.
			c.Others = slices.DeleteFunc(slices.Clone(c.Others), func(o index.Holding) bool { return p.links[o.Device] == nil })
			p.misses(at[c.Path], a.Want.Root)
			a = p.plan.Decide(c)
		}
		if a.Verb != plan.Take {
			continue
		}
		if a.Want.Kind == index.Deleted { // it waits for its turn
			p.mixed = append(p.mixed, c.Path)
			continue
		}
		if err := p.parents(ctx, a.Want.Path); err != nil {
			return err
		}
		jb, err := p.jobOf(ctx, c, a)
		if err != nil {
			return err
		}
		if err := p.start(ctx, jb, from); err != nil {
			return err
		}
	}
	if len(p.direct) >= groupFiles || len(p.adopted) >= commitAtMost {
		return p.flush(ctx)
	}
	return nil
}

// misses notes who would have to be here.
func (p *puller) misses(c index.Case, root index.Hash) {
	for _, o := range c.Others {
		if o.Kind == index.Regular && o.Root == root && !slices.Contains(p.away, o.Device) {
			p.away = append(p.away, o.Device)
		}
	}
}

// canFetch reports whether a device that is here holds the content.
func (p *puller) canFetch(c index.Case, root index.Hash) bool {
	return slices.ContainsFunc(c.Others, func(o index.Holding) bool {
		return o.Kind == index.Regular && o.Root == root && p.links[o.Device] != nil
	})
}

func needsContent(a plan.Action) bool {
	return a.Want.Kind == index.Regular && !a.Have.SameContent(a.Want)
}

// jobOf turns an action into a step and the records that follow from it.
func (p *puller) jobOf(ctx context.Context, c index.Case, a plan.Action) (*job, error) {
	j := &job{step: plan.Step{Have: a.Have, Want: a.Want}, verb: "received"}
	if !a.Have.Live() {
		j.step.Have = index.Record{Seq: a.Have.Seq}
	}
	j.records = []index.Record{{File: a.Want, Seq: a.Have.Seq}}
	if needsContent(a) {
		j.source = a.Want
		for _, o := range c.Others {
			if o.Kind == index.Regular && o.Root == a.Want.Root && p.links[o.Device] != nil {
				j.holders = append(j.holders, o.Device)
				if len(j.source.Blocks) == 0 {
					j.source.Blocks = o.Blocks
				}
			}
		}
	}
	if a.Loser {
		if err := p.setAside(ctx, j, a.Have); err != nil {
			return j, err
		}
	}
	return j, nil
}

// setAside finds the name under which a losing version is kept, unless it is kept
// already, by whatever name: who lost an index names other authors.
func (p *puller) setAside(ctx context.Context, j *job, loser index.Record) error {
	if kept, err := p.keptAside(ctx, loser.File); kept || err != nil {
		return err
	}
	for _, exact := range []bool{false, true} {
		path := p.plan.ConflictPath(loser.File, exact)
		cs, err := p.f.store.Cases(ctx, p.f.id, []index.Path{path})
		if err != nil {
			return err
		}
		c := cs[0]
		if c.Have.Live() && c.Have.SameContent(loser.File) {
			return nil // it is kept there already
		}
		other := func(h index.Holding) bool { return h.Live() && !h.SameContent(loser.File) }
		if c.Have.Live() || !exact && slices.ContainsFunc(c.Others, other) {
			continue
		}
		kept := loser.File
		kept.Path = path
		kept.Version = p.plan.Observe(c.Have.File, kept).Version
		j.step.Aside = path
		j.aside = &index.Record{File: kept, Seq: c.Have.Seq}
		return nil
	}
	return nil
}

// keptAside reports whether a conflict copy of a file with the content of a loser is
// here, or will come.
func (p *puller) keptAside(ctx context.Context, loser index.File) (bool, error) {
	const page = 64
	after, mark, err := plan.ConflictsOf(loser.Path)
	if err != nil {
		return false, nil //nolint:nilerr // no room for such a name: it has another one
	}
	for {
		cases, err := p.f.store.Children(ctx, p.f.id, loser.Path.Parent(), after, page)
		if err != nil {
			return false, err
		}
		for _, c := range cases {
			if !strings.HasPrefix(c.Path.Name(), mark) {
				return false, nil
			}
			latest, _ := p.plan.Latest(c)
			if _, _, ok := plan.ParseConflict(c.Path); ok && c.Path != loser.Path && latest.SameContent(loser) {
				return true, nil
			}
			after = c.Path
		}
		if len(cases) < page {
			return false, nil
		}
	}
}

// start sends a job on the way that suits it.
func (p *puller) start(ctx context.Context, j *job, from origin) error {
	small := len(j.source.Blocks) > 0
	chosen := p.f.paces.choose(j.holders, !small)
	switch {
	case j.source.Kind == index.Absent || j.source.Size == 0:
		p.direct = append(p.direct, j)
		return nil
	case from.goes && !p.moved[from.rec.Path] && !p.f.flights.under(from.rec.Path) && !p.f.sources.has(from.rec.Path):
		p.move(j, from)
		return nil
	case !from.rec.Live() && len(j.holders) == 0:
		return nil // nobody who has it is here
	case !from.rec.Live() && len(chosen) == 0:
		if j.asked {
			p.f.board.extra(j)
		}
		return nil // who has it is slow, and has enough to do
	}
	j.holders = chosen
	if !small {
		return p.fly(ctx, j, from.rec)
	}
	j.from = from.rec
	p.group = append(p.group, j)
	p.bytes += j.source.Size
	if len(p.group) < groupFiles && p.bytes < groupBytes {
		return nil
	}
	if err := p.flush(ctx); err != nil {
		return err
	}
	return p.sendGroup(ctx)
}

// move makes a job one that takes a file along from where it is to be deleted:
// nothing is copied, and nothing is read.
func (p *puller) move(j *job, from origin) {
	p.moved[from.rec.Path] = true
	j.step.From = from.rec
	j.verb = "moved"
	j.source = index.File{}
	j.records = append(j.records, index.Record{File: from.gone, Seq: from.rec.Seq})
	p.direct = append(p.direct, j)
}

// parents makes sure that the directories above a path are there, or will be: a
// directory that was deleted here lives on when something new is in it.
func (p *puller) parents(ctx context.Context, path index.Path) error {
	dir := path.Parent()
	if dir.IsRoot() || p.dirs[dir] {
		return nil
	}
	if err := p.parents(ctx, dir); err != nil {
		return err
	}
	cs, err := p.f.store.Cases(ctx, p.f.id, []index.Path{dir})
	if err != nil {
		return err
	}
	p.dirs[dir] = true
	if cs[0].Have.Kind == index.Directory {
		return nil
	}
	jb, err := p.jobOf(ctx, cs[0], p.plan.Shelter(cs[0]))
	if err != nil {
		return err
	}
	p.direct = append(p.direct, jb)
	return nil
}

// flush commits what needs no disk, and hands over what needs no content.
func (p *puller) flush(ctx context.Context) error {
	if len(p.adopted) > 0 {
		stale, err := p.f.commit(ctx, p.adopted)
		if err != nil {
			return err
		}
		p.result.look = append(p.result.look, stale...)
		p.adopted = nil
		p.did.Store(true)
	}
	if len(p.direct) == 0 {
		return nil
	}
	jobs := p.direct
	p.direct = nil
	return p.handOver(ctx, jobs)
}

// handOver has jobs put in place, and notes that this pass did something: what
// is decided next may depend on it.
func (p *puller) handOver(ctx context.Context, jobs []*job) error {
	p.did.Store(true)
	return p.f.handOver(ctx, jobs)
}

// remove takes away what is gone elsewhere: after all that is new is in place,
// and what lies in a directory before the directory.
func (p *puller) remove(ctx context.Context) error {
	var jobs []*job
	var after index.Path
	var batch []index.Record
	toll := plan.Toll{}
	remove := func(cases []index.Case) {
		for _, c := range cases {
			j, ok := p.removal(c)
			if !ok {
				continue
			}
			if c.Have.Kind != index.Directory {
				toll.Deleted++
			}
			batch = append(batch, j.records[0])
			jobs = append(jobs, j)
		}
	}
	for ctx.Err() == nil {
		cases, err := p.f.store.Needs(ctx, p.f.id, after, pageOf, true)
		if err != nil {
			return err
		}
		if len(cases) == 0 {
			break
		}
		after = cases[len(cases)-1].Path
		remove(cases)
	}
	cases, err := p.f.store.Cases(ctx, p.f.id, p.mixed)
	if err != nil {
		return err
	}
	remove(cases)
	slices.SortStableFunc(jobs, func(a, b *job) int { return a.step.Want.Path.Compare(b.step.Want.Path) })
	if err := p.flush(ctx); err != nil || ctx.Err() != nil {
		return errors.Join(err, ctx.Err())
	}
	if p.f.hearing.Load() > 0 || p.f.heard.Load() != p.heard {
		// Something was heard since this pass began: what goes may be needed for
		// what comes, because it was only moved. The next pass knows.
		p.result.again = p.result.again || len(jobs) > 0
		return nil
	}
	held := batchOf(batch)
	if !p.f.brakes.lets(brakeDelete, p.f.e.now(), toll, p.f.board.files(), held) {
		p.f.hold(brakeDelete, held, toll, nil)
		return nil
	}
	p.f.release(brakeDelete, true)
	slices.Reverse(jobs)
	for len(jobs) > 0 {
		n := min(len(jobs), groupFiles)
		if err := p.handOver(ctx, jobs[:n]); err != nil {
			return err
		}
		jobs = jobs[n:]
	}
	return nil
}

// removal returns the job that a deletion elsewhere asks for here, if any.
func (p *puller) removal(c index.Case) (*job, bool) {
	if p.moved[c.Path] || p.f.flights.under(c.Path) || p.f.undoing.has(c.Path) || p.f.sources.has(c.Path) || p.f.board.resting(c.Path, p.f.e.now()) {
		return nil, false
	}
	a := p.plan.Decide(c)
	switch {
	case a.Verb == plan.Keep:
		p.keep(c)
	case a.Verb == plan.Adopt:
		p.adopted = append(p.adopted, index.Record{File: a.Want, Seq: a.Have.Seq, Identity: a.Have.Identity})
	case a.Want.Kind == index.Deleted:
		return &job{
			step:    plan.Step{Have: a.Have, Want: a.Want},
			records: []index.Record{{File: a.Want, Seq: a.Have.Seq}},
			verb:    "deleted",
		}, true
	default:
		p.result.again = true // something to take after all: the next pass does
	}
	return nil, false
}

// replaces reports whether an action takes a file's content away without
// keeping it beside the new one.
func replaces(a plan.Action) bool {
	return a.Verb == plan.Take && a.Have.Kind == index.Regular && a.Want.Kind != index.Deleted &&
		!a.Loser && !a.Have.SameContent(a.Want)
}

// brake counts what would be replaced, before anything is.
func (p *puller) brake(ctx context.Context) error {
	if here, need := p.f.board.sizes(); here == 0 || need <= 200 {
		return nil
	}
	var after index.Path
	var batch []index.Record
	toll := plan.Toll{}
	for {
		cases, err := p.f.store.Needs(ctx, p.f.id, after, pageOf, false)
		if err != nil {
			return err
		}
		if len(cases) == 0 {
			break
		}
		after = cases[len(cases)-1].Path
		for _, c := range cases {
			if a := p.plan.Decide(c); replaces(a) {
				toll.Replaced++
				batch = append(batch, index.Record{File: a.Want})
			}
		}
	}
	held := batchOf(batch)
	if p.f.brakes.lets(brakeTake, p.f.e.now(), toll, p.f.board.files(), held) {
		p.f.release(brakeTake, true)
		return nil
	}
	p.f.hold(brakeTake, held, toll, nil)
	p.braked = true
	return nil
}
