package syncer

import (
	"context"
	"strings"

	"kith/index"
	"kith/syncer/plan"
)

// makeRoom has the conflict copy of what is to lose its name take the place of a lesser one
// that has its plain name here. It reports whether that comes first.
func (p *puller) makeRoom(ctx context.Context, a plan.Action) (first bool, err error) {
	if !a.Loser {
		return false, nil
	}
	path := p.plan.ConflictPath(a.Have.File, false)
	cs, err := p.f.store.Cases(ctx, p.f.id, []index.Path{path})
	if err != nil {
		return false, err
	}
	take, ok := p.plan.Displace(cs[0], a.Have.File)
	if !ok || p.f.undoing.has(path) {
		return false, nil
	}
	if kept, err := p.keptAside(ctx, a.Have.File); kept || err != nil {
		return false, err
	}
	if p.edited[path] || p.f.flights.under(path) || p.f.board.resting(path, p.f.e.now()) {
		return true, nil
	}
	j, err := p.jobOf(ctx, cs[0], take)
	if err != nil {
		return false, err
	}
	p.edited[path] = true
	p.result.again = p.result.again || j.source.Size == 0 || len(j.source.Blocks) > 0 // others are told of as they land
	return true, p.start(ctx, j, origin{rec: a.Have})
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
		if c.Have.Live() || !exact && p.plan.Cedes(c, loser.File) {
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
