package syncer

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"kith/index"
)

// noteRemains is where the index keeps what a power cut left of files, so that it
// is not taken for an edit after the next start either.
const noteRemains = "remains"

// remains are files that hold what a power cut left of them, while our index has
// what they should hold; or what a person took back, and does not want there.
type remains struct {
	mu   sync.Mutex // guards left
	left map[index.Path]remain
}

// remain tells which record a file does not live up to, and what the disk says of
// what is left.
type remain struct {
	Seq  index.Seq      `json:"seq"`
	Next index.Version  `json:"next,omitempty"` // the record may have got this since, and stands for the same
	Seen index.Identity `json:"seen"`

	Unwanted bool `json:"unwanted,omitempty"` // a person took it back
}

func (m remain) of(had index.Record) bool {
	return m.Seq == had.Seq || len(m.Next) > 0 && m.Next.Compare(had.Version) == index.Equal
}

// of returns what the disk said of what is left of a record's file; nil if the
// file is whole, for all we know.
func (r *remains) of(had index.Record) *index.Identity {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m, ok := r.left[had.Path]; ok && m.of(had) {
		return &m.Seen
	}
	return nil
}

// has reports whether a power cut left something of a file at a path, or nothing.
func (r *remains) has(p index.Path) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.left[p]
	return ok
}

// unwanted reports whether a person took back what is left of a record's file.
func (r *remains) unwanted(had index.Record) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	m, ok := r.left[had.Path]
	return ok && m.Unwanted && m.of(had)
}

// load reads what earlier lives noted, but for what was saved over, or taken away, since.
func (r *remains) load(ctx context.Context, f *folder) error {
	text, err := f.store.Value(ctx, f.id, noteRemains)
	if err != nil {
		return err
	}
	left := make(map[index.Path]remain)
	if text != "" {
		if err := json.Unmarshal([]byte(text), &left); err != nil {
			f.log.Warn("what a power cut left is not known any more", "err", err)
		}
	}
	for page := range slices.Chunk(slices.SortedFunc(maps.Keys(left), index.Path.Compare), pageOf) {
		recs, err := f.store.Get(ctx, f.id, page, false)
		if err != nil {
			return err
		}
		for i, p := range page {
			if !left[p].of(recs[i]) {
				delete(left, p)
			}
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = left
	return nil
}

// add notes what is left of a record's file, durably.
func (r *remains) add(ctx context.Context, f *folder, had index.Record, seen index.Identity) error {
	if was := r.of(had); was != nil && *was == seen {
		return nil
	}
	r.mu.Lock()
	if r.left == nil {
		r.left = make(map[index.Path]remain)
	}
	was := r.left[had.Path]
	r.left[had.Path] = remain{Seq: had.Seq, Seen: seen, Unwanted: was.Unwanted && was.of(had)}
	r.mu.Unlock()
	return r.save(ctx, f)
}

// any reports whether a power cut left something anywhere.
func (r *remains) any() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.left) > 0
}

// takeBack notes, durably, that a person took back what was found.
func (r *remains) takeBack(ctx context.Context, f *folder, unwanted []found) error {
	r.mu.Lock()
	if r.left == nil {
		r.left = make(map[index.Path]remain)
	}
	for _, d := range unwanted {
		r.left[d.had.Path] = remain{Seq: d.had.Seq, Seen: d.seen.Identity, Unwanted: true}
	}
	r.mu.Unlock()
	return r.save(ctx, f)
}

// follow notes, durably, that records are about to get new versions and sequence
// numbers: a file does not live up to its record under these either.
func (r *remains) follow(ctx context.Context, f *folder, had, batch []index.Record) error {
	noted := false
	r.mu.Lock()
	for i, next := range batch {
		if m, ok := r.left[next.Path]; ok && m.of(had[i]) {
			m.Seq, m.Next, noted = had[i].Seq, next.Version, true
			r.left[next.Path] = m
		}
	}
	r.mu.Unlock()
	if !noted {
		return nil
	}
	return r.save(ctx, f)
}

// setAside notes, durably, that what a power cut left of a record's file lies aside now, as
// what another record has.
func (r *remains) setAside(ctx context.Context, f *folder, had, aside index.Record) error {
	if r.of(had) == nil {
		return nil
	}
	r.mu.Lock()
	r.left[aside.Path] = remain{Seq: had.Seq, Next: aside.Version, Seen: aside.Identity}
	r.mu.Unlock()
	return r.save(ctx, f)
}

// drop forgets the remains at some paths: something whole lies there again.
func (r *remains) drop(ctx context.Context, f *folder, paths ...index.Path) {
	noted := false
	r.mu.Lock()
	for _, p := range paths {
		if _, ok := r.left[p]; ok {
			delete(r.left, p)
			noted = true
		}
	}
	r.mu.Unlock()
	if !noted {
		return
	}
	if err := r.save(ctx, f); err != nil {
		f.log.Debug("the note of what a power cut left stays", "err", err) // it names a record that is no more
	}
}

func (r *remains) save(ctx context.Context, f *folder) error {
	r.mu.Lock()
	text := ""
	var err error
	if len(r.left) > 0 {
		var b []byte
		b, err = json.Marshal(r.left)
		text = string(b)
	}
	r.mu.Unlock()
	if err != nil {
		return fmt.Errorf("note what a power cut left: %w", err)
	}
	return f.store.SetValue(ctx, f.id, noteRemains, text)
}
