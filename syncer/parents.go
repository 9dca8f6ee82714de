package syncer

import (
	"context"
	"slices"

	"kith/index"
	"kith/syncer/plan"
)

// parents makes sure that the directories above a path are there, or will be: a
// directory that was deleted here lives on when something new is in it. ready is
// false if others have to bring one of them back, or if what is known of the path by now
// does not need them. Who tells that a directory is gone told so of what lay in it before:
// so both are read at once, or a directory would live on for what went with it.
func (p *puller) parents(ctx context.Context, path index.Path, needed func(index.Case) bool) (ready bool, err error) {
	var above []index.Path
	for dir := path.Parent(); !dir.IsRoot() && !p.dirs[dir]; dir = dir.Parent() {
		above = append(above, dir)
	}
	if len(above) == 0 {
		return true, nil
	}
	slices.Reverse(above)
	cases, err := p.f.store.Cases(ctx, p.f.id, append(above, path))
	if err != nil {
		return false, err
	}
	for _, c := range cases[:len(above)] {
		if c.Have.Kind != index.Directory {
			if !needed(cases[len(above)]) {
				return false, nil
			}
			if ready, err := p.shelter(ctx, c); !ready || err != nil {
				return false, err
			}
		}
		p.dirs[c.Path] = true
	}
	return true, nil
}

// takes reports whether what is known of a path brings something here.
func (p *puller) takes(c index.Case) bool {
	a := p.plan.Decide(c)
	return a.Verb == plan.Take && a.Want.Live()
}

// shelter has a directory made for what is to lie in it. ready is false if others have
// to bring it back.
func (p *puller) shelter(ctx context.Context, c index.Case) (ready bool, err error) {
	a, ok := p.plan.Shelter(c)
	if !ok {
		return false, nil
	}
	if torn := p.f.remains.of(c.Have); torn != nil {
		if held(c, c.Have.File, nil) {
			return false, nil // first it is to be whole again
		}
		a.Have, a.Loser = leftOf(a.Have, *torn), false // what is left is no version of anything
	}
	jb, err := p.jobOf(ctx, c, a)
	if err != nil {
		return false, err
	}
	p.direct = append(p.direct, jb)
	return true, nil
}
