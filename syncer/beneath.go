package syncer

import (
	"context"
	"slices"

	"kith/index"
	"kith/syncer/plan"
)

// grounds are where something comes that is no directory. One may have lain there that
// was never here: then what lay in it is noted to be gone first, as by who saw that (see
// instead). Who hears only half from us would put the directory back for what is in it.
type grounds map[index.Path]bool

func groundsOf(takes []plan.Action) grounds {
	g := grounds{}
	for _, a := range takes {
		if a.Want.Live() && a.Want.Kind != index.Directory {
			g[a.Want.Path] = true
		}
	}
	return g
}

// above returns the grounds that a path lies below.
func (g grounds) above(p index.Path) (above []index.Path) {
	for !p.IsRoot() {
		if p = p.Parent(); g[p] {
			above = append(above, p)
		}
	}
	return above
}

// hold adds the grounds that a path lies below.
func (g grounds) hold(wait map[index.Path]bool, p index.Path) {
	for _, ground := range g.above(p) {
		wait[ground] = true
	}
}

// clearGrounds notes that what others say is gone is so, below where takes of a page of
// cases bring something that is no directory. It returns where it is too early for that:
// there nothing can come yet.
func (p *puller) clearGrounds(ctx context.Context, page []index.Case, takes []plan.Action) (wait map[index.Path]bool, err error) {
	g := groundsOf(takes)
	if len(g) == 0 {
		return nil, nil
	}
	below, err := p.below(ctx, page, g)
	if err != nil {
		return nil, err
	}
	wait = make(map[index.Path]bool)
	var gone []index.Record
	for _, c := range below {
		a := p.plan.Decide(c)
		if a.Verb != plan.Adopt || a.Want.Kind != index.Deleted {
			continue
		}
		gone = append(gone, index.Record{File: a.Want, Seq: a.Have.Seq, Identity: a.Have.Identity})
		if p.busy(c) {
			g.hold(wait, c.Path)
		}
	}
	gone = slices.DeleteFunc(gone, func(r index.Record) bool {
		return slices.ContainsFunc(g.above(r.Path), func(ground index.Path) bool { return wait[ground] })
	})
	if len(gone) == 0 {
		return wait, nil
	}
	slices.SortFunc(gone, func(a, b index.Record) int { return b.Path.Compare(a.Path) })
	stale, err := p.f.commitAnew(ctx, gone)
	for _, path := range stale {
		g.hold(wait, path)
	}
	p.result.look = append(p.result.look, stale...)
	p.did.Store(true)
	return wait, err
}

// below returns the cases of the page, and of what is needed besides, that lie below some
// grounds of the page.
func (p *puller) below(ctx context.Context, page []index.Case, g grounds) (below []index.Case, err error) {
	add := func(cases []index.Case) {
		for _, c := range cases {
			if len(g.above(c.Path)) > 0 && !p.f.rules.Load().ignores(c.Path, false) {
				below = append(below, c)
			}
		}
	}
	add(page)
	first, end := slices.IndexFunc(page, func(c index.Case) bool { return g[c.Path] }), page[len(page)-1].Path
	more := func(after index.Path, gone bool) error {
		atMost := pageOf
		if after == end {
			atMost = 1 // mostly nothing lies below, and what comes next is read with its own page
		}
		for after.Compare(end) < 0 || g[after] || len(g.above(after)) > 0 {
			cases, err := p.f.store.Needs(ctx, p.f.id, after, atMost, gone)
			if len(cases) == 0 || err != nil {
				return err
			}
			add(cases)
			after, atMost = cases[len(cases)-1].Path, pageOf
		}
		return nil
	}
	if err := more(end, false); err != nil {
		return nil, err
	}
	err = more(page[first].Path, true)
	return below, err
}
