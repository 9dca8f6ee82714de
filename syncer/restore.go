package syncer

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"kith/index"
	"kith/syncer/plan"
)

// restore takes up what earlier passes and people left to be brought here.
func (p *puller) restore(ctx context.Context) error {
	extras := p.f.board.takeExtras()
	lies := lying(extras)
	for _, j := range extras {
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
			p.f.over(j) // something newer was found there meanwhile, or it was counted anew: a look tells
			p.f.board.solved(problemPath + path.String())
			p.result.look = append(p.result.look, path)
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
		here := lies[j.source.Root]
		if j.source.Kind != index.Absent && len(j.holders) == 0 && !here.Live() {
			whole := held(cs[0], j.step.Have.File, nil) // what others have just so was not torn
			before, ok := p.fallBack(cs[0], j)
			j.gone = j.gone || p.cleared(cs[0].Have)
			awaited := held(cs[0], j.source, j.perished) || j.lost.Live() && held(cs[0], j.lost, j.perished)
			if !(j.gone || whole || ok) || !p.f.board.allHeard() || awaited {
				p.f.board.extra(j)
				p.f.board.problem(problemPath+path.String(), Problem{Path: path.String(), Reason: "no connected device has what it should hold", Next: "connect one that has it"})
				continue
			}
			switch {
			case ok && !whole:
				p.f.log.Warn("what a power cut took is nowhere; what others had is brought back", "path", path.String())
				j = before
			case j.strayed && !whole:
				j = p.takeAway(cs[0], j)
			default:
				p.giveUp(j)
				continue
			}
		}
		if !j.step.Want.Live() && p.left(path) { // what it lay in may be gone, too
			p.f.remains.drop(ctx, p.f, path)
			p.f.over(j)
			p.adopted = append(p.adopted, j.records[0])
			p.result.everything = true // what took the place of that was held with it
			continue
		}
		stillSo := func(c index.Case) bool { return c.Have.Seq == cs[0].Have.Seq }
		if ready, err := p.parents(ctx, path, stillSo); !ready || err != nil {
			p.f.board.extra(j)
			if err != nil {
				return err
			}
			continue
		}
		if len(j.source.Blocks) == 0 && here.Live() && len(here.Blocks) <= inlineBlocks {
			j.source.Blocks = here.Blocks
		}
		p.result.everything = true
		if err := p.start(ctx, j, origin{rec: here}); err != nil {
			return err
		}
	}
	return nil
}

// lying returns what lies in the places of files that a power cut took, by its content:
// where the cut took back that files were moved, each may be what belongs elsewhere.
func lying(jobs []*job) map[index.Hash]index.Record {
	lies := make(map[index.Hash]index.Record)
	for _, j := range jobs {
		if have := j.step.Have; have.Kind == index.Regular && !have.Root.IsZero() {
			lies[have.Root] = have
		}
	}
	return lies
}

// cleared reports whether what a power cut had left of a record's file is not there any
// more: somebody deleted or moved it.
func (p *puller) cleared(had index.Record) bool {
	return p.f.remains.of(had) != nil && p.left(had.Path)
}

// left reports whether nothing lies at a path any more.
func (p *puller) left(path index.Path) bool {
	_, err := p.tree.Stat(path)
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, plan.ErrParent)
}

// held reports whether anybody, here or not, was ever heard to hold a file, but
// for those who are known to have lost it.
func held(c index.Case, file index.File, but []perished) bool {
	return slices.ContainsFunc(c.Others, func(o index.Holding) bool {
		return o.SameContent(file) && !slices.Contains(but, perished{o.Device, o.Root})
	})
}

// fallBack turns a job whose content is nowhere into one that brings what others
// have, or had before it: what a power cut left must not take the place of that.
func (p *puller) fallBack(c index.Case, j *job) (*job, bool) {
	want, _ := p.plan.Latest(index.Case{Path: c.Path, Others: c.Others})
	if !want.Live() || want.SameContent(j.source) {
		return nil, false
	}
	back := &job{step: j.step, verb: "received", asked: true, gone: j.gone, perished: slices.Clone(j.perished)}
	if want.Kind == index.Regular {
		back.source = want
		if p.findHolders(c, back); len(back.holders) == 0 {
			return nil, false
		}
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
	p.result.everything = p.result.everything || j.gone // what took the place of its directory was held with it
}

// takeAway turns a job whose content is nowhere into one that takes away what is left in
// its place of another file.
func (p *puller) takeAway(c index.Case, j *job) *job {
	p.f.log.Warn("what a power cut took is nowhere, and nothing is left of it", "path", c.Path.String())
	want := p.plan.Gone(c.Have.File)
	return &job{
		step:    plan.Step{Have: j.step.Have, Want: want},
		records: []index.Record{{File: want, Seq: c.Have.Seq}},
		verb:    "deleted", asked: true,
	}
}

// succeed turns a job whose content nobody has any more into one that brings what
// followed upon it, if somebody has that, and did not lose it as well: two who wait for
// what both lost would wait for ever.
func (p *puller) succeed(ctx context.Context, c index.Case, j *job) (*job, error) {
	a := p.plan.Decide(c)
	if a.Verb == plan.Keep { // to adopt, too, is to have what followed: only our index has that content
		return j, nil
	}
	a.Have = index.Record{File: j.step.Have.File, Identity: j.step.Have.Identity, Seq: c.Have.Seq}
	a.Loser = false
	next, err := p.jobOf(ctx, c, a)
	if err != nil {
		return j, err
	}
	if next.lost = j.lost; !j.lost.Live() {
		next.lost = j.source
	}
	next.perished, next.holders = slices.Clone(j.perished), nil
	p.findHolders(c, next)
	if next.source.Kind != index.Absent && len(next.holders) == 0 {
		return j, nil
	}
	next.asked, next.gone, next.strayed, next.verb = true, j.gone, j.strayed, j.verb
	return next, nil
}
