package syncer

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kith/index"
	"kith/peer/wire"
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
	settles bool         // a conflict, by a change of our own
	asked   bool         // by a person: no pass would find it again
	gone    bool         // and what it brings back is nowhere to be seen on our disk
	strayed bool         // and what is there instead is left of a file that had been moved elsewhere

	lost     index.File // what a power cut took here, where this brings what followed upon that
	perished []perished // what holders lost themselves
	heard    uint64     // how much had been heard when it was decided
}

// perished is a content that a power cut took from a device whose index has it.
type perished struct {
	at   index.DeviceID
	root index.Hash
}

// lostBy notes that a holder lost what a job needs itself, if that is why it does not send it.
func (j *job) lostBy(d index.DeviceID, why error) {
	if lost := (perished{d, j.source.Root}); errors.Is(why, wire.ErrPerished) && !slices.Contains(j.perished, lost) {
		j.perished = append(j.perished, lost)
	}
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

// wants returns the files that a job puts in place.
func (j *job) wants() []index.File {
	if j.aside == nil {
		return []index.File{j.step.Want}
	}
	return []index.File{j.step.Want, j.aside.File}
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
	edited  map[index.Path]bool // by an edit that follows a move: what else is claimed there is for the next pass
	kept    int64               // paths left for others to settle
	away    []index.DeviceID    // who holds what nobody has who is here
	group   []*job
	bytes   int64
	slots   chan struct{} // one for each group under way
	small   sync.WaitGroup
	direct  []*job
	adopted []index.Record
	mixed   []index.Path // somebody has a file there, but a deletion wins over it, which waits for its turn
	braked  bool         // replacements wait for a person
	heard   uint64       // how much had been heard when the pass began
	stood   int          // and how often a person had made stand what others would take away
	nothing bool         // is needed of what others hold
	did     atomic.Bool
}

// pull looks through all that others hold and we do not, and brings it here. It
// returns when small things are in place; large files go on by themselves.
func (f *folder) pull(ctx context.Context) pullResult {
	p := &puller{
		f: f, plan: f.shape.Load().plan, tree: f.openTree(), links: f.board.links(f.e.now()), heard: f.heard.Load(), stood: f.brakes.stands(),
		dirs:   make(map[index.Path]bool),
		moved:  make(map[index.Path]bool),
		edited: make(map[index.Path]bool),
		slots:  make(chan struct{}, groups),
	}
	err := p.run(ctx)
	p.small.Wait()
	if err == nil {
		err = p.remove(ctx)
	}
	if err == nil {
		err = p.drop(ctx)
	}
	if err == nil && p.nothing && ctx.Err() == nil && f.board.allHeard() && f.board.noExtras() && f.flights.count() == 0 {
		f.discard(f.begun.takeAll())
	}
	if err != nil && ctx.Err() == nil {
		f.log.Warn("cannot bring in what others hold", "err", err)
		f.after(ctx, 5*time.Second, learnt{})
	}
	f.board.kept(p.kept, p.away)
	f.awaitNaps(ctx)
	return p.result
}

// drop drops the problems of paths at which nothing has to be done here any more:
// what could not be brought was taken back elsewhere.
func (p *puller) drop(ctx context.Context) error {
	paths := p.f.board.blocked(p.f.e.now())
	if len(paths) == 0 {
		return nil
	}
	cases, err := p.f.store.Cases(ctx, p.f.id, paths)
	if err != nil {
		return err
	}
	for _, c := range cases {
		if p.plan.Decide(c).Verb == plan.Keep && !p.f.flights.under(c.Path) {
			p.f.board.solved(problemPath + c.Path.String())
			p.f.board.solved(problemMiss + c.Path.String())
			p.f.board.rested(c.Path)
		}
	}
	return nil
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
			p.nothing = after.IsRoot()
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

// findHolders finds who here has the content of a job.
func (p *puller) findHolders(c index.Case, j *job) {
	for _, o := range c.Others {
		if o.Kind == index.Regular && o.Root == j.source.Root && p.links[o.Device] != nil && !slices.Contains(j.perished, perished{o.Device, o.Root}) {
			j.holders = append(j.holders, o.Device)
			if len(j.source.Blocks) == 0 {
				j.source.Blocks = o.Blocks
			}
		}
	}
}

// page judges a page of cases and starts what they ask for.
func (p *puller) page(ctx context.Context, cases []index.Case) error {
	var takes []plan.Action
	for _, c := range cases {
		if p.edited[c.Path] || p.f.rules.Load().ignores(c.Path, false) {
			continue
		}
		a := p.plan.Decide(c)
		if a.Verb != plan.Keep && a.Want.Kind == index.Deleted {
			p.mixed = append(p.mixed, c.Path)
			continue
		}
		if p.f.flights.under(c.Path) || p.f.undoing.has(c.Path) || p.f.board.resting(c.Path, p.f.e.now()) {
			continue
		}
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
	wait, err := p.clearGrounds(ctx, cases, takes)
	if err != nil {
		return err
	}
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
		if a.Verb != plan.Take || wait[c.Path] || p.plan.Robs(at[c.Path], a) {
			continue
		}
		if a.Want.Kind == index.Deleted {
			p.mixed = append(p.mixed, c.Path)
			continue
		}
		if ready, err := p.parents(ctx, a.Want.Path, p.takes); !ready || err != nil {
			if err != nil {
				return err
			}
			continue // what others do there is heard, and tried then
		}
		if done, err := p.rename(ctx, c, a, from); done || err != nil {
			if err != nil {
				return err
			}
			continue
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
	j := &job{step: plan.Step{Have: a.Have, Want: a.Want}, verb: "received", settles: a.Loser, heard: p.heard}
	if !a.Have.Live() {
		j.step.Have = index.Record{Seq: a.Have.Seq}
	}
	j.records = []index.Record{{File: a.Want, Seq: a.Have.Seq}}
	if needsContent(a) {
		j.source = a.Want
		p.findHolders(c, j)
	}
	if a.Loser {
		if err := p.setAside(ctx, j, a.Have); err != nil {
			return j, err
		}
	}
	return j, nil
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
	p.f.discard(p.f.begun.before(j.step.Want, false))
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

// flush commits what needs no disk, and hands over what needs no content.
func (p *puller) flush(ctx context.Context) error {
	if len(p.adopted) > 0 {
		p.stillThere(ctx)
		stale, err := p.f.commitAnew(ctx, p.adopted)
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
