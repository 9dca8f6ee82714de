package syncer

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"kith/index"
	"kith/peer/wire"
)

// What of a member's index is remembered at most, for each folder. Nobody who
// means well comes near; who does not would fill the disk with names.
const (
	usualEntries = 10_000_000
	entryBytes   = 400      // on the average; so many times the entries are the bytes
	leastRoom    = 64 << 20 // bytes to be left on the disk that holds the index

	recountEvery = time.Hour // how often a member is heard anew for being over it
	noteEvery    = 50_000    // entries told after which that is written down
)

var errNoRoom = errors.New("the disk that holds Kith's own data is almost full")

// quotas count what members told. What is told twice counts twice: only a member
// that tells its index from the start, and has not come to its end, tells every path
// once. So who is over the limit is heard anew once before it is believed to be.
type quotas struct {
	mu sync.Mutex // guards of
	of map[index.DeviceID]*tally
}

type tally struct {
	mu             sync.Mutex // guards the rest
	entries, bytes int64
	noted          int64 // entries as they were written down
	whole          bool  // told from the start, and not yet to the end: every path once
	over           bool
	recounted      time.Time
}

// verdict is what follows from a part of an index.
type verdict int

const (
	take    verdict = iota
	recount         // forget what it told, and hear it anew
	refuse          // it is over its quota
)

// sizeOf is about what an entry takes on the disk, in bytes.
func sizeOf(f index.File) int64 {
	return int64(64 + len(f.Path.String()) + len(f.Target) + 40*len(f.Blocks) + 16*len(f.Version))
}

// quota is noted under this name and the device's.
const quotaNote = "told:"

// tally returns what is counted for a device: what was noted, if this is the first time.
func (f *folder) tally(ctx context.Context, d index.DeviceID) (*tally, error) {
	f.quotas.mu.Lock()
	t := f.quotas.of[d]
	f.quotas.mu.Unlock()
	if t != nil {
		return t, nil
	}
	text, err := f.store.Value(ctx, f.id, quotaNote+d.String())
	if err != nil {
		return nil, err
	}
	t = new(tally)
	if entries, bytes, ok := strings.Cut(text, " "); ok {
		t.entries, _ = strconv.ParseInt(entries, 10, 64) // what cannot be read counts from zero
		t.bytes, _ = strconv.ParseInt(bytes, 10, 64)
		t.noted = t.entries
	}
	f.quotas.mu.Lock()
	defer f.quotas.mu.Unlock()
	if f.quotas.of == nil {
		f.quotas.of = make(map[index.DeviceID]*tally)
	}
	f.quotas.of[d] = t
	return t, nil
}

// entries is how many entries of each member are remembered.
func (f *folder) entries() int64 {
	if n := f.shape.Load().Entries; n > 0 {
		return n
	}
	return usualEntries
}

// admit counts a part of a member's index, and decides whether there is room for it.
// It is called by the goroutine that reads that member's words.
func (f *folder) admit(ctx context.Context, d index.DeviceID, u wire.Update) (verdict, error) {
	if room := f.e.cfg.Room; room != nil && len(u.Files) > 0 {
		if n := room(); n >= 0 && n < leastRoom {
			return refuse, errNoRoom
		}
	}
	t, err := f.tally(ctx, d)
	if err != nil {
		return refuse, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if u.From == 0 {
		t.entries, t.bytes, t.whole, t.over = 0, 0, true, false
	}
	if t.over && f.e.now().Sub(t.recounted) < recountEvery {
		return refuse, nil
	}
	t.entries += int64(len(u.Files))
	for _, file := range u.Files {
		t.bytes += sizeOf(file)
	}
	whole := t.whole
	if u.To >= u.Latest {
		t.whole = false
	}
	limit := f.entries()
	switch {
	case t.entries <= limit && t.bytes <= limit*entryBytes:
		f.board.solved(problemQuota + d.String())
		return take, f.noteTally(ctx, d, t, false)
	case (t.over || !whole) && f.e.now().Sub(t.recounted) >= recountEvery:
		t.recounted = f.e.now()
		return recount, nil
	}
	if t.recounted.IsZero() {
		t.recounted = f.e.now()
	}
	t.over = true
	f.log.Warn("a member tells of more than is remembered of one", "device", d.Brief(), "entries", t.entries, "bytes", t.bytes, "limit", limit)
	f.tellQuota(d, limit)
	return refuse, f.noteTally(ctx, d, t, true)
}

func (f *folder) tellQuota(d index.DeviceID, limit int64) {
	name := f.nameOf(d)
	f.board.problem(problemQuota+d.String(), Problem{
		Reason: fmt.Sprintf("%s tells of more than %s files (%d MB of names): what it tells beyond that is not taken over; all else goes on",
			name, grouped(limit), limit*entryBytes>>20),
		Next: fmt.Sprintf("if that cannot be right, take %s off the folder; if it is, write a larger number as \"entries\" of this folder into Kith's config.toml", name),
	})
}

// noteTally writes down what was counted, now and then.
func (f *folder) noteTally(ctx context.Context, d index.DeviceID, t *tally, now bool) error {
	if n := t.entries - t.noted; n >= 0 && n < noteEvery && !now {
		return nil
	}
	t.noted = t.entries
	return f.store.SetValue(ctx, f.id, quotaNote+d.String(), fmt.Sprintf("%d %d", t.entries, t.bytes))
}

// nameOf returns what a member is called.
func (f *folder) nameOf(d index.DeviceID) string {
	for _, m := range f.shape.Load().Members {
		if m.Device == d && m.Name != "" {
			return m.Name
		}
	}
	return d.Brief()
}

// grouped writes a number as people read it.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// refused reports whether a member is over its quota, and is not yet heard anew:
// that what it says next does not follow upon what was heard is no wonder.
func (f *folder) refused(d index.DeviceID) bool {
	f.quotas.mu.Lock()
	t := f.quotas.of[d]
	f.quotas.mu.Unlock()
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.over || f.e.now().Sub(t.recounted) >= recountEvery {
		return false
	}
	f.tellQuota(d, f.entries())
	return true
}
