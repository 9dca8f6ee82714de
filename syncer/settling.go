package syncer

import (
	"maps"
	"slices"
	"sync"
	"time"

	"kith/index"
)

// settling remembers since when paths are in a state that may not last: gone, or
// just being written.
type settling struct {
	mu    sync.Mutex // guards the rest
	paths map[index.Path]span
	was   map[index.Path]index.Record // what lay at paths that are gone, or lies at those that came
}

// span is when a path was first, and last, met in its state.
type span struct {
	first, last time.Time
	over        bool // a look since then did not meet it so; it may be for a moment
}

// remember keeps what lay at a path that is gone, and may turn up elsewhere, or what lies at
// one that came.
func (s *settling) remember(r index.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.was == nil {
		s.was = make(map[index.Path]index.Record)
	}
	s.was[r.Path] = r
}

// remembered returns what is remembered, in the order of the paths.
func (s *settling) remembered() []index.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.was), byPath)
}

// lately returns what is remembered of paths that came into that state after a time, and are
// in it as far as is known, in the order of the paths.
func (s *settling) lately(after time.Time) []index.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []index.Record
	for p, r := range s.was {
		if met := s.paths[p]; !met.over && met.first.After(after) {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, byPath)
	return all
}

func byPath(a, b index.Record) int { return a.Path.Compare(b.Path) }

// age returns how long ago a path was first met in that state; it is zero, and
// counts from now, when this is the first time.
func (s *settling) age(p index.Path, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.paths == nil {
		s.paths = make(map[index.Path]span)
	}
	met, ok := s.paths[p]
	if !ok {
		met.first = now
	}
	met.last, met.over = now, false
	s.paths[p] = met
	return now.Sub(met.first)
}

// note has a path met in that state just now, whenever it was before.
func (s *settling) note(p index.Path, now time.Time) {
	s.forget(p)
	s.age(p, now)
}

// within reports whether a path, or one below it, was in that state when somebody looked
// there last.
func (s *settling) within(dir index.Path) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p, met := range s.paths {
		if p.Within(dir) && !met.over {
			return true
		}
	}
	return false
}

// since returns when a path was first met in that state; zero if it was not.
func (s *settling) since(p index.Path) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paths[p].first
}

func (s *settling) forget(p index.Path) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.paths, p)
	delete(s.was, p)
}

// unmetFor is how long paths are remembered that no look meets in that state any more.
const unmetFor = time.Minute

// lookedAt notes which paths a look that began at a time was at: those that it did not
// meet in that state are not in it now, and after a while they are forgotten. What was
// written, and is gone again, would be remembered for ever.
func (s *settling) lookedAt(begun time.Time, at func(index.Path) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p, met := range s.paths {
		switch unmet := begun.Sub(met.last); {
		case unmet <= 0 || !at(p):
		case unmet > unmetFor:
			delete(s.paths, p)
			delete(s.was, p)
		default:
			met.over = true
			s.paths[p] = met
		}
	}
}

func everywhere(index.Path) bool { return true }

func (s *settling) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paths, s.was = nil, nil
}
