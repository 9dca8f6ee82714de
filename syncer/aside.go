package syncer

import (
	"context"
	"strings"

	"kith/index"
	"kith/syncer/plan"
)

// setAside finds the name under which a losing version is kept, unless it is kept
// already, by whatever name: who lost an index names other authors.
func (p *puller) setAside(ctx context.Context, j *job, loser index.Record) error {
	if kept, err := p.keptAside(ctx, loser.File); kept || err != nil {
		return err
	}
	for path, exact := range p.plan.ConflictPaths(loser.File) {
		cs, err := p.f.store.Cases(ctx, p.f.id, []index.Path{path})
		if err != nil {
			return err
		}
		c := cs[0]
		if c.Have.Live() && c.Have.SameContent(loser.File) {
			return nil // it is kept there already
		}
		if c.Have.Live() || !exact && p.plan.Taken(c, loser.File) || p.tree.Crowded(path) {
			continue
		}
		kept, ok := p.plan.Aside(c, loser.File)
		if !ok {
			return nil
		}
		j.step.Aside = path
		j.aside = &index.Record{File: kept, Seq: c.Have.Seq}
		return nil
	}
	return nil
}

// rename gives a conflict copy of others an exact name, where the disk takes its plain one
// for that of something else: so it is had by all, and by one name. done is false if this
// is no such copy.
func (p *puller) rename(ctx context.Context, c index.Case, a plan.Action, from origin) (done bool, err error) {
	none, ok := p.plan.Leave(c, a.Want)
	if !ok || !p.tree.Crowded(c.Path) {
		return false, nil
	}
	for path, exact := range p.plan.ConflictPaths(a.Want) {
		if !exact {
			continue
		}
		cs, err := p.f.store.Cases(ctx, p.f.id, []index.Path{path})
		if err != nil {
			return false, err
		}
		to := cs[0]
		kept, makes := p.plan.Aside(to, a.Want)
		latest, _ := p.plan.Latest(to)
		switch {
		case p.f.flights.under(path) || p.f.board.resting(path, p.f.e.now()):
			return true, nil
		case to.Have.Live() && to.Have.SameContent(a.Want), !to.Have.Live() && !makes:
			p.adopted = append(p.adopted, index.Record{File: none, Seq: c.Have.Seq})
			return true, nil
		case to.Have.Live() || p.tree.Crowded(path):
			continue
		case latest.Live() && latest.SameContent(a.Want):
			return true, nil // it comes from others
		}
		jb, err := p.jobOf(ctx, c, plan.Action{Verb: plan.Take, Have: to.Have, Want: kept})
		if err != nil {
			return false, err
		}
		jb.source.Path = c.Path // where the others have it
		return true, p.start(ctx, jb, origin{rec: from.rec})
	}
	return false, nil
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
