package syncer

import (
	"context"
	"slices"

	"kith/index"
)

// within parts what is said to have changed from the directories to walk for it: where
// our index has none that it could lie in, one has been made and nobody said so. It is
// told before what lies in it; else others would have to make one, beside what they
// have there.
func (s *scanner) within(ctx context.Context, paths []index.Path) (rest, walk []index.Path, err error) {
	var above []index.Path
	seen := make(map[index.Path]bool)
	for _, p := range paths {
		if s.rules.Skips(p, false) {
			continue
		}
		for dir := p.Parent(); !dir.IsRoot() && !seen[dir]; dir = dir.Parent() {
			seen[dir] = true
			above = append(above, dir)
		}
	}
	recs, err := s.f.store.Get(ctx, s.f.id, above, false)
	if err != nil {
		return nil, nil, err
	}
	none := make(map[index.Path]struct{})
	for i, dir := range above {
		if recs[i].Kind != index.Directory {
			none[dir] = struct{}{}
		}
	}
	walk = outermost(none)
	rest = slices.DeleteFunc(slices.Clone(paths), func(p index.Path) bool { return slices.ContainsFunc(walk, p.Within) })
	return rest, walk, nil
}
