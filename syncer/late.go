package syncer

import (
	"context"
	"slices"
	"sync"

	"kith/index"
)

// late are the paths that no look at everything has got to since the folder was
// opened: what lies there, or below, may have been put there by an earlier life that
// ended before it could say so.
type late struct {
	mu    sync.Mutex                     // guards paths
	paths map[index.Path][]index.Holding // with what the others held there when it was to be looked at first
}

// begin notes what the first look at everything left for later, and what others held below
// directories among that.
func (l *late) begin(left []index.Case) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paths = make(map[index.Path][]index.Holding, len(left))
	for _, c := range left {
		l.paths[c.Path] = c.Others
	}
}

// looked notes what a later look at everything left once more: what else it left was
// looked at before.
func (l *late) looked(left []index.Path) {
	l.mu.Lock()
	defer l.mu.Unlock()
	still, under := make(map[index.Path][]index.Holding), make(map[index.Path]bool, len(left))
	for _, p := range left {
		under[p] = true
		if l.hasLocked(p) {
			still[p] = l.paths[p]
		}
	}
	for p, held := range l.paths {
		if withinAny(p, under) {
			still[p] = held
		}
	}
	l.paths = still
}

// held returns what the others held at a path when it was to be looked at first, of
// which they may hold something newer by now.
func (l *late) held(p index.Path) []index.Holding {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.paths[p]
}

func (l *late) has(p index.Path) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hasLocked(p)
}

func (l *late) hasLocked(p index.Path) bool {
	for {
		if _, ok := l.paths[p]; ok || p.IsRoot() {
			return ok
		}
		p = p.Parent()
	}
}

// end notes that paths are recorded as they are.
func (l *late) end(batch []index.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range batch {
		delete(l.paths, r.Path)
	}
}

func (l *late) clear() { l.begin(nil) }

// leaveLate notes what is left for later.
func (s *scanner) leaveLate(ctx context.Context, left []index.Path) error {
	if s.f.looked.Load() {
		s.f.late.looked(left)
		return nil
	}
	if len(left) == 0 {
		s.f.late.begin(nil)
		return nil
	}
	slices.SortFunc(left, index.Path.Compare)
	cases, err := s.f.store.Cases(ctx, s.f.id, slices.Compact(left))
	if err != nil {
		return err
	}
	for _, c := range cases {
		if !c.Path.IsRoot() && !directoryAt(c) {
			continue
		}
		below, err := s.neededBelow(ctx, c.Path)
		if err != nil {
			return err
		}
		cases = append(cases, below...)
	}
	s.f.late.begin(cases)
	return nil
}

// directoryAt reports whether somebody has a directory at a path.
func directoryAt(c index.Case) bool {
	return c.Have.Kind == index.Directory ||
		slices.ContainsFunc(c.Others, func(o index.Holding) bool { return o.Kind == index.Directory })
}

// neededBelow returns what others hold below a directory, and we do not as far as our
// index knows: an earlier life may have put it there.
func (s *scanner) neededBelow(ctx context.Context, dir index.Path) (all []index.Case, err error) {
	for after := dir; ; after = all[len(all)-1].Path {
		page, err := s.f.store.Needs(ctx, s.f.id, after, pageOf, false)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(page, func(c index.Case) bool { return !c.Path.Within(dir) })
		if i >= 0 {
			page = page[:i]
		}
		all = append(all, page...)
		if len(page) < pageOf {
			return all, nil
		}
	}
}
