package syncer

import (
	"context"
	"encoding/json"
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
	noting gate // who writes the note, and then remembers what it says

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

// wasLeft reports whether what the disk says of a file was noted to be left of an earlier
// record's: a power cut brought it back from under what was saved there since.
func (r *remains) wasLeft(had index.Record, seen index.Identity) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	m, ok := r.left[had.Path]
	return ok && !m.of(had) && !m.Unwanted && m.Seen == seen
}

// leftOf returns what lies in the place of a record's file, of which a power cut left what
// the disk says: some content, which is not that of the record, or nothing.
func leftOf(had index.Record, seen index.Identity) index.Record {
	had.Identity, had.Root = seen, index.Hash{}
	if seen == (index.Identity{}) {
		had.Kind = index.Absent
	}
	return had
}

// load reads what earlier lives noted, but for what was saved over, or taken away, since, unless
// a power cut may have undone that.
func (r *remains) load(ctx context.Context, f *folder) error {
	leave, err := r.noting.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
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
			if !left[p].of(recs[i]) && !f.doubt.Load().has(recs[i]) {
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
	return r.change(ctx, f, func(left map[index.Path]remain) bool {
		was, ok := left[had.Path]
		ok = ok && was.of(had)
		if ok && was.Seen == seen {
			return false
		}
		left[had.Path] = remain{Seq: had.Seq, Seen: seen, Unwanted: ok && was.Unwanted}
		return true
	})
}

// any reports whether a power cut left something anywhere.
func (r *remains) any() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.left) > 0
}

// takeBack notes, durably, that a person took back what was found.
func (r *remains) takeBack(ctx context.Context, f *folder, unwanted []found) error {
	return r.change(ctx, f, func(left map[index.Path]remain) bool {
		for _, d := range unwanted {
			left[d.had.Path] = remain{Seq: d.had.Seq, Seen: d.seen.Identity, Unwanted: true}
		}
		return len(unwanted) > 0
	})
}

// follow notes, durably, that records are about to get new versions and sequence
// numbers: a file does not live up to its record under these either.
func (r *remains) follow(ctx context.Context, f *folder, had, batch []index.Record) error {
	return r.change(ctx, f, func(left map[index.Path]remain) (news bool) {
		for i, next := range batch {
			if m, ok := left[next.Path]; ok && m.of(had[i]) {
				m.Seq, m.Next, news = had[i].Seq, next.Version, true
				left[next.Path] = m
			}
		}
		return news
	})
}

// setAside notes, durably, that what a power cut left of a record's file lies aside now, as
// what another record has.
func (r *remains) setAside(ctx context.Context, f *folder, had, aside index.Record) error {
	if r.of(had) == nil {
		return nil
	}
	return r.change(ctx, f, func(left map[index.Path]remain) bool {
		left[aside.Path] = remain{Seq: had.Seq, Next: aside.Version, Seen: aside.Identity}
		return true
	})
}

// drop forgets the remains at some paths: something whole lies there again.
func (r *remains) drop(ctx context.Context, f *folder, paths ...index.Path) {
	if !slices.ContainsFunc(paths, r.has) {
		return
	}
	err := r.change(ctx, f, func(left map[index.Path]remain) bool {
		n := len(left)
		for _, p := range paths {
			delete(left, p)
		}
		return len(left) < n
	})
	if err != nil {
		f.log.Debug("the note of what a power cut left stays", "err", err) // it names a record that is no more
	}
}

// change notes what change makes of the remains, if it makes any difference; only then it
// is remembered.
func (r *remains) change(ctx context.Context, f *folder, change func(left map[index.Path]remain) (news bool)) error {
	var left map[index.Path]remain
	return r.noting.note(ctx, f, &r.mu, noteRemains, func() any {
		left = make(map[index.Path]remain, len(r.left))
		maps.Copy(left, r.left)
		if !change(left) {
			return nil
		}
		return left
	}, func() { r.left = left })
}
