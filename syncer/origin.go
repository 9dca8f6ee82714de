package syncer

import (
	"context"

	"kith/index"
	"kith/syncer/plan"
)

// redirect has an edit follow a file that was moved here meanwhile.
func (p *puller) redirect(ctx context.Context, c index.Case, a plan.Action) (bool, error) {
	if a.Have.Kind != index.Deleted || a.Want.Kind != index.Regular || !p.canFetch(c, a.Want.Root) {
		return false, nil
	}
	recs, err := p.f.store.WithRoot(ctx, p.f.id, []index.Hash{a.Have.Root})
	if err != nil || !recs[0].Live() || p.f.flights.under(recs[0].Path) || p.f.board.resting(recs[0].Path, p.f.e.now()) {
		return false, err
	}
	to, err := p.f.store.Cases(ctx, p.f.id, []index.Path{recs[0].Path})
	if err != nil || to[0].Have.Seq != recs[0].Seq {
		return false, err
	}
	edit, gone, ok := p.plan.Redirect(c, to[0])
	if !ok || edit.Verb != plan.Take {
		return false, nil
	}
	if torn := p.f.remains.of(edit.Have); torn != nil {
		edit.Have = leftOf(edit.Have, *torn)
	}
	jb, err := p.jobOf(ctx, c, edit)
	if err != nil {
		return false, err
	}
	jb.source.Path = c.Path // where the others have it
	jb.records = append(jb.records, index.Record{File: gone.Want, Seq: c.Have.Seq})
	p.edited[edit.Want.Path] = true
	return true, p.start(ctx, jb, origin{})
}

// origin is a file here that has the content which another path needs.
type origin struct {
	rec  index.Record
	goes bool       // it is to be deleted, so it can be moved instead
	gone index.File // as what it is then recorded
}

// origins finds, for each action that needs content, a file here that has it.
func (p *puller) origins(ctx context.Context, takes []plan.Action) ([]origin, error) {
	roots := make([]index.Hash, len(takes))
	for i, a := range takes {
		if needsContent(a) && a.Want.Size > 0 {
			roots[i] = a.Want.Root
		}
	}
	recs, err := p.f.store.WithRoot(ctx, p.f.id, roots)
	if err != nil {
		return nil, err
	}
	from := make([]origin, len(takes))
	var paths []index.Path
	var of []int
	for i, r := range recs {
		if r.Live() && !roots[i].IsZero() {
			from[i].rec = r
			paths, of = append(paths, r.Path), append(of, i)
		}
	}
	cases, err := p.f.store.Cases(ctx, p.f.id, paths)
	if err != nil {
		return nil, err
	}
	for k, c := range cases {
		a := p.plan.Decide(c)
		o := &from[of[k]]
		whole := p.f.remains.of(o.rec) == nil && !p.f.undoing.has(c.Path)
		o.goes = whole && a.Verb == plan.Take && a.Want.Kind == index.Deleted && a.Have.Seq == o.rec.Seq
		o.gone = a.Want
	}
	return from, nil
}
