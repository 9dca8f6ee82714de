package syncer

import (
	"context"
	"errors"
	"sync"

	"kith/index"
)

// A shelf keeps records that are about to be asked for: a device that fetches
// small files asks for one after the other of the same directory.
type shelf struct {
	mu      sync.Mutex // guards the rest
	records map[index.Path]index.Record
	age     int                 // grows with every commit
	crowded map[index.Path]bool // directories too large to take along
}

const (
	shelfReach = 512  // records taken at a time
	shelfSize  = 8192 // records kept
)

// drop forgets the records that are being replaced.
func (s *shelf) drop(batch []index.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.age++
	for _, r := range batch {
		delete(s.records, r.Path)
	}
}

// take returns a record that is kept; near tells whether it is worth taking its
// neighbours along if it is not.
func (s *shelf) take(p index.Path) (rec index.Record, age int, ok, near bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rec, ok = s.records[p]
	return rec, s.age, ok, !s.crowded[p.Parent()]
}

// crowd notes that a directory is too large to take along.
func (s *shelf) crowd(dir index.Path) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.crowded == nil || len(s.crowded) > shelfReach {
		s.crowded = make(map[index.Path]bool)
	}
	s.crowded[dir] = true
}

// put keeps records read at an age, unless something was committed since.
func (s *shelf) put(records []index.Record, age int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.age != age {
		return
	}
	if s.records == nil || len(s.records) > shelfSize {
		s.records = make(map[index.Path]index.Record)
	}
	for _, r := range records {
		s.records[r.Path] = r
	}
}

// shelved returns our record of a path, and takes its neighbours along.
func (f *folder) shelved(ctx context.Context, p index.Path) (index.Record, error) {
	rec, age, ok, worth := f.shelf.take(p)
	if ok {
		return rec, nil
	}
	recs, err := f.store.Get(ctx, f.id, []index.Path{p}, false)
	if err != nil {
		return rec, err
	}
	if !worth || !recs[0].Live() {
		return recs[0], nil
	}
	enough := errors.New("enough")
	var near []index.Record
	err = f.store.List(ctx, f.id, p.Parent(), func(r index.Record) error {
		if near = append(near, r); len(near) == shelfReach {
			return enough
		}
		return nil
	})
	if err != nil && err != enough {
		return recs[0], err
	}
	if len(near) == shelfReach {
		f.shelf.crowd(p.Parent())
	}
	f.shelf.put(near, age)
	return recs[0], nil
}
