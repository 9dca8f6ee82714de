package syncer

import (
	"context"
	"errors"
	"slices"

	"kith/index"
	"kith/syncer/plan"
)

// remove takes away what is gone elsewhere: after all that is new is in place,
// and what lies in a directory before the directory.
func (p *puller) remove(ctx context.Context) error {
	var jobs []*job
	var after index.Path
	var batch []index.Record
	losses := plan.Losses{}
	later := make(map[index.Path]bool) // above a path whose turn it is not
	remove := func(cases []index.Case) error {
		for _, c := range cases {
			if p.busy(c) {
				for up := c.Path; !up.IsRoot(); {
					up = up.Parent()
					later[up] = true
				}
				continue
			}
			j, err := p.removal(ctx, c)
			if err != nil {
				return err
			}
			if j == nil {
				continue
			}
			if c.Have.Kind != index.Directory {
				losses[c.Path] = plan.Toll{Deleted: 1}
			}
			batch = append(batch, j.records[0])
			jobs = append(jobs, j)
		}
		return nil
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
		if err := remove(cases); err != nil {
			return err
		}
	}
	cases, err := p.f.store.Cases(ctx, p.f.id, p.mixed)
	if err != nil {
		return err
	}
	if err := remove(cases); err != nil {
		return err
	}
	p.inOrder(later)
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
	if p.outdated() {
		return nil
	}
	held := batchOf(batch)
	if !p.f.brakes.lets(brakeDelete, p.f.e.now(), losses, p.f.board.files(), held) {
		p.f.hold(brakeDelete, batch, losses.Toll())
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

// inOrder has what never was here told to be gone in the same order in which it would go:
// what lies in a directory before the directory, also where it is to go later. Who has
// all of it, and hears only half, would keep the directory for what is in it.
func (p *puller) inOrder(later map[index.Path]bool) {
	p.adopted = slices.DeleteFunc(p.adopted, func(r index.Record) bool { return r.Kind == index.Deleted && later[r.Path] })
	slices.SortStableFunc(p.adopted, func(a, b index.Record) int { return b.Path.Compare(a.Path) })
}

// busy reports whether a path has to be left alone in this pass. That it could not be
// fetched lately is no reason: where nothing lies, it is only noted that it is gone.
func (p *puller) busy(c index.Case) bool {
	path := c.Path
	return p.moved[path] || p.f.flights.under(path) || p.f.undoing.has(path) || p.f.sources.has(path) ||
		c.Have.Live() && p.f.board.resting(path, p.f.e.now()) ||
		p.f.late.has(path) && p.f.unread(path) // what lies there may be what was deleted
}

// removal returns the job that a deletion elsewhere asks for here; nil if it asks for none.
func (p *puller) removal(ctx context.Context, c index.Case) (*job, error) {
	a := p.plan.Decide(c)
	switch {
	case a.Verb == plan.Keep:
		p.keep(c)
	case a.Verb == plan.Adopt:
		p.adopted = append(p.adopted, index.Record{File: a.Want, Seq: a.Have.Seq, Identity: a.Have.Identity})
	case a.Want.Kind == index.Deleted:
		j, err := p.jobOf(ctx, c, a)
		j.verb = "deleted"
		return j, err
	default:
		p.result.again = true // something to take after all: the next pass does
	}
	return nil, nil
}
