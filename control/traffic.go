package control

import (
	"slices"
	"sync"
	"time"

	"kith/index"
	"kith/syncer"
)

// How far back the record of traffic goes, and how finely. Only slots in which
// something moved take memory, and each names at most so many sources apart.
const (
	fineSlots   = 10 * 60 // of a second: ten minutes
	coarseSlots = 24 * 60 // of a minute: a day
	maxSources  = 128
)

// source is a device in a folder. The zero source stands for those beyond
// maxSources together.
type source struct {
	folder index.FolderID
	device index.DeviceID
}

// amount is how many bytes moved.
type amount struct{ down, up int64 }

// recorder keeps how much content came from and went to each device, in each
// folder, over the last ten minutes by the second and the last day by the minute.
type recorder struct {
	mu     sync.Mutex // guards the rest
	last   map[source]amount
	fine   ring
	coarse ring
}

func newRecorder() *recorder {
	return &recorder{
		last:   make(map[source]amount),
		fine:   ring{step: 1, slots: make([]slot, fineSlots+1)}, // one is under way
		coarse: ring{step: 60, slots: make([]slot, coarseSlots+1)},
	}
}

// take notes what moved since it was called last. It is to be called whenever
// the figures may have changed; what moved counts for the moment of the call.
func (r *recorder) take(now time.Time, all []syncer.Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := make(map[source]amount)
	for _, st := range all {
		for _, t := range st.Traffic {
			key, total := source{st.Folder, t.Device}, amount{t.Down, t.Up}
			next[key] = total
			moved := since(r.last[key], total)
			if moved == (amount{}) {
				continue
			}
			r.fine.add(now, key, moved)
			r.coarse.add(now, key, moved)
		}
	}
	r.last = next
}

// since returns what was added to counters. One that is lower than it was began
// anew: its folder was stopped and started.
func since(was, now amount) amount {
	if now.down < was.down || now.up < was.up {
		return now
	}
	return amount{now.down - was.down, now.up - was.up}
}

// lately returns what moved in the last so many parts of time, oldest first, for
// each source that keep selects. The last part is still under way.
func (r *recorder) lately(now time.Time, part time.Duration, parts int, keep func(source) bool) map[source][]amount {
	r.mu.Lock()
	defer r.mu.Unlock()
	from := &r.fine
	if part*time.Duration(parts) > fineSlots*time.Second {
		from = &r.coarse
	}
	each := int64(part / time.Second)
	first := now.Unix()/each - int64(parts) + 1
	out := make(map[source][]amount)
	for _, s := range from.slots {
		i := s.at*from.step/each - first
		if i < 0 || i >= int64(parts) {
			continue
		}
		for _, e := range s.moved {
			if !keep(e.source) {
				continue
			}
			if out[e.source] == nil {
				out[e.source] = make([]amount, parts)
			}
			out[e.source][i].down += e.down
			out[e.source][i].up += e.up
		}
	}
	return out
}

// ring holds the latest slots, each for so many seconds.
type ring struct {
	step  int64
	slots []slot
}

// slot is what moved in one stretch of time.
type slot struct {
	at    int64 // seconds since 1970, divided by the ring's step
	moved []entry
}

type entry struct {
	source
	amount
}

func (r *ring) add(now time.Time, key source, moved amount) {
	at := now.Unix() / r.step
	s := &r.slots[int(at%int64(len(r.slots)))]
	if s.at != at {
		*s = slot{at: at}
	}
	i := s.find(key)
	if i < 0 && len(s.moved) >= maxSources {
		key = source{}
		i = s.find(key)
	}
	if i < 0 {
		i = len(s.moved)
		s.moved = append(s.moved, entry{source: key})
	}
	s.moved[i].down += moved.down
	s.moved[i].up += moved.up
}

func (s *slot) find(key source) int {
	return slices.IndexFunc(s.moved, func(e entry) bool { return e.source == key })
}
