package disk

import (
	"slices"
	"time"

	"kith/index"
)

// How long a path must be quiet before it is worth a look.
const (
	quietFor  = 60 * time.Millisecond
	restless  = 30              // changes within busyFor that make a path a restless one
	busyFor   = time.Minute     //
	longQuiet = 5 * time.Second // for restless ones
	patience  = 10 * time.Second
	memory    = 8192 // paths under observation; with more, directories stand for what is in them
)

// quiet collects what may have changed and hands it out once it has been quiet
// for a while. Time is whatever the caller says.
type quiet struct {
	stirring   map[index.Path]*stir
	everything bool
}

// stir is the recent history of one path.
type stir struct {
	waiting bool
	first   time.Time   // of what is waiting
	last    time.Time   // change
	rounds  []time.Time // when it was handed out, within busyFor
}

// hint notes that something may have changed at or under p.
func (q *quiet) hint(p index.Path, now time.Time) {
	if q.everything {
		return
	}
	if q.stirring == nil {
		q.stirring = map[index.Path]*stir{}
	}
	s := q.stirring[p]
	if s == nil {
		if len(q.stirring) >= memory {
			q.coarsen()
			q.hint(p.Parent(), now)
			return
		}
		s = &stir{}
		q.stirring[p] = s
	}
	if !s.waiting {
		s.waiting, s.first = true, now
	}
	s.last = now
}

// overflow notes that anything may have changed.
func (q *quiet) overflow() {
	q.everything = true
	q.stirring = nil
}

// crowd is from how many waiting paths on their directory stands for them when
// there is no more room.
const crowd = 64

// coarsen makes room: it forgets what only is remembered, then lets directories
// stand for the crowds waiting in them.
func (q *quiet) coarsen() {
	crowds := map[index.Path]int{}
	for p, s := range q.stirring {
		if s.waiting {
			crowds[p.Parent()]++
		}
	}
	waiting := map[index.Path]*stir{}
	for p, s := range q.stirring {
		if !s.waiting {
			continue
		}
		if up := p.Parent(); crowds[up] >= crowd {
			p = up
		}
		if twin := waiting[p]; twin != nil {
			s.last, s.first = later(twin.last, s.last), earlier(twin.first, s.first)
		}
		waiting[p] = s
	}
	q.stirring = waiting
	if len(waiting) > memory/2 {
		q.overflow()
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// due returns when a waiting path will have been quiet for long enough.
func (s *stir) due(now time.Time) time.Time {
	wait := quietFor
	if len(s.rounds) >= restless {
		wait = longQuiet
	}
	at := s.last.Add(wait)
	if limit := s.first.Add(patience); limit.Before(at) {
		return limit
	}
	return at
}

// take hands out what is due at a time, in the order of the paths.
func (q *quiet) take(now time.Time) (paths []index.Path, everything bool) {
	if q.everything {
		q.everything = false
		return nil, true
	}
	for p, s := range q.stirring {
		s.rounds = slices.DeleteFunc(s.rounds, func(at time.Time) bool { return now.Sub(at) > busyFor })
		switch {
		case s.waiting && !s.due(now).After(now):
			paths = append(paths, p)
			s.waiting, s.rounds = false, append(s.rounds, now)
		case !s.waiting && len(s.rounds) == 0:
			delete(q.stirring, p)
		}
	}
	slices.SortFunc(paths, index.Path.Compare)
	return outermost(paths), false
}

// outermost leaves out the paths below others. paths is in order.
func outermost(paths []index.Path) []index.Path {
	out := paths[:0]
	for _, p := range paths {
		if len(out) == 0 || !p.Within(out[len(out)-1]) {
			out = append(out, p)
		}
	}
	return out
}

// next returns when there will be something to take; ok is false if nothing waits.
func (q *quiet) next(now time.Time) (at time.Time, ok bool) {
	if q.everything {
		return now, true
	}
	for _, s := range q.stirring {
		if !s.waiting {
			continue
		}
		if d := s.due(now); !ok || d.Before(at) {
			at, ok = d, true
		}
	}
	return at, ok
}
