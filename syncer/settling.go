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
	was   map[index.Path]index.Record // what lay at paths that are gone
}

// span is when a path was first, and last, met in its state.
type span struct{ first, last time.Time }

// remember keeps what lay at a path that is gone: it may turn up elsewhere.
func (s *settling) remember(r index.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.was == nil {
		s.was = make(map[index.Path]index.Record)
	}
	s.was[r.Path] = r
}

// remembered returns what is remembered.
func (s *settling) remembered() []index.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.was))
}

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
	met.last = now
	s.paths[p] = met
	return now.Sub(met.first)
}

// note has a path met in that state just now, whenever it was before.
func (s *settling) note(p index.Path, now time.Time) {
	s.forget(p)
	s.age(p, now)
}

// within reports whether a path, or one below it, was met in that state.
func (s *settling) within(dir index.Path) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.paths {
		if p.Within(dir) {
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

// lookedAt forgets the paths that a look at everything, begun at a time, did not meet in
// that state, and no look shortly before it: what was written, and is gone again,
// would be remembered for ever.
func (s *settling) lookedAt(begun time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p, met := range s.paths {
		if begun.Sub(met.last) > unmetFor {
			delete(s.paths, p)
			delete(s.was, p)
		}
	}
}

func (s *settling) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paths, s.was = nil, nil
}
