package syncer

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"kith/index"
)

// stillThere takes out of what is to be adopted what the disk does not have any more as
// our index has it: somebody who deleted or saved it did not know of what would be
// adopted, so that has to be found first.
func (p *puller) stillThere(ctx context.Context) {
	var live []index.Record
	var paths []index.Path
	for _, r := range p.adopted {
		if r.Live() && p.f.remains.of(r) == nil {
			live, paths = append(live, r), append(paths, r.Path)
		}
	}
	changed := make(map[index.Path]bool)
	p.f.openTree().StatAll(paths, func(i int, e index.Entry, err error) {
		switch r := live[i]; {
		case err != nil || e.Err != nil:
			changed[r.Path] = errors.Is(err, fs.ErrNotExist)
		default:
			changed[r.Path] = e.Kind != r.Kind || r.Kind == index.Regular && (e.Identity.Size != r.Identity.Size || e.Identity.Modified != r.Identity.Modified)
		}
	})
	p.adopted = slices.DeleteFunc(p.adopted, func(r index.Record) bool {
		if changed[r.Path] {
			p.f.rest(ctx, r.Path, nil)
			p.result.look = append(p.result.look, r.Path)
		}
		return changed[r.Path]
	})
}
