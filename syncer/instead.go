package syncer

import (
	"context"
	"slices"

	"kith/index"
)

// instead is what took the place of directories. Who hears of it before all that lay in
// them is said to be gone, or to have moved, puts the directories back for that.
type instead struct {
	meta, changed []found
	moves         []move
}

// insteadOfDirectory reports whether a file or a link lies where our index has a directory.
func (f found) insteadOfDirectory() bool {
	return f.had.Kind == index.Directory && f.seen.Kind != index.Directory && f.seen.Kind != index.Absent
}

// wasIn reports whether a path lay in a directory in whose place something else
// lies now: then it is gone for good.
func (s *scanner) wasIn(p index.Path) bool {
	return slices.ContainsFunc(s.over, func(o index.Path) bool { return p.Within(o) && p != o })
}

// setApart takes what took the place of directories out of what was found.
func (s *scanner) setApart(moves []move) (rest []move, apart instead) {
	s.meta, apart.meta = parted(s.meta, found.insteadOfDirectory)
	s.changed, apart.changed = parted(s.changed, found.insteadOfDirectory)
	rest, apart.moves = parted(moves, func(m move) bool { return m.to.insteadOfDirectory() })
	return rest, apart
}

// parted returns what is not so, and what is.
func parted[T any](all []T, so func(T) bool) (not, are []T) {
	for _, t := range all {
		if so(t) {
			are = append(are, t)
		} else {
			not = append(not, t)
		}
	}
	return not, are
}

// replaceDirectories writes that what lay in directories is gone, and then what took their
// place. Where that has to wait, so does the latter. It returns what else is gone.
func (s *scanner) replaceDirectories(ctx context.Context, apart instead, gone []index.Record, held bool) (rest []index.Record, err error) {
	rest, below := parted(gone, func(r index.Record) bool { return s.wasIn(r.Path) })
	if held {
		apart.putOff(pathsOf(below)) // until a person has decided, and everything is looked at
		rest = nil
	} else {
		looks := len(s.result.look)
		if err := s.commitGone(ctx, below); err != nil {
			return nil, err
		}
		s.lookAgain(busyFor, apart.putOff(slices.Concat(s.result.look[looks:], s.f.claims.under(s.over))))
	}
	s.meta, s.changed = apart.meta, append(s.changed, apart.changed...)
	if err := s.commitMeta(ctx); err != nil {
		return nil, err
	}
	return rest, s.commitMoves(ctx, apart.moves)
}

// putOff leaves out what took the place of directories in which some paths lay, and
// returns where that is.
func (a *instead) putOff(left []index.Path) (where []index.Path) {
	waits := func(d found) bool {
		if !slices.ContainsFunc(left, func(p index.Path) bool { return p.Within(d.seen.Path) && p != d.seen.Path }) {
			return false
		}
		where = append(where, d.seen.Path)
		return true
	}
	a.meta = slices.DeleteFunc(a.meta, waits)
	a.changed = slices.DeleteFunc(a.changed, waits)
	a.moves = slices.DeleteFunc(a.moves, func(m move) bool { return waits(m.to) })
	return where
}

func pathsOf(records []index.Record) []index.Path {
	paths := make([]index.Path, len(records))
	for i, r := range records {
		paths[i] = r.Path
	}
	return paths
}
