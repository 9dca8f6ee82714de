package syncer

import (
	"maps"
	"slices"

	"kith/index"
)

// region is where to look: nowhere, at and below some paths, or everywhere.
type region struct {
	everything bool
	paths      map[index.Path]struct{}
}

// mostPaths is how many paths are remembered; more of them stand for everything. So many
// come together only while a look goes on for long, and the system tells of all that
// is made and removed meanwhile.
const mostPaths = 50_000

func (r region) empty() bool { return !r.everything && len(r.paths) == 0 }

func (r *region) add(paths []index.Path, everything bool) {
	r.everything = r.everything || everything
	if r.everything {
		r.paths = nil
		return
	}
	for _, p := range paths {
		if r.paths == nil {
			r.paths = make(map[index.Path]struct{})
		}
		r.paths[p] = struct{}{}
	}
	if len(r.paths) > mostPaths {
		r.add(nil, true)
	}
}

// scan returns the look that does it.
func (r region) scan() doScan {
	if r.everything {
		return doScan{everything: true}
	}
	return doScan{paths: outermost(r.paths)}
}

// outermost returns the paths in order, without those that lie in another one.
func outermost(set map[index.Path]struct{}) []index.Path {
	paths := slices.SortedFunc(maps.Keys(set), index.Path.Compare)
	kept := paths[:0]
	for _, p := range paths {
		if len(kept) == 0 || !p.Within(kept[len(kept)-1]) {
			kept = append(kept, p)
		}
	}
	return kept
}
