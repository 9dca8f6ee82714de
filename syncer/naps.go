package syncer

import (
	"time"

	"kith/index"
)

// A path that could not be brought rests for a while, twice as long each time.
const (
	firstRest  = 500 * time.Millisecond
	longestNap = 5 * time.Minute

	// What nobody tries again by then is not wanted any more, or nobody was here who has it.
	forgottenAfter = 2 * longestNap
)

type nap struct {
	until time.Time
	times int
	name  string // folded, if this disk could not hold the name
}

// resting reports whether a path is left alone just now.
func (b *scoreboard) resting(p index.Path, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, ok := b.naps[p]
	return ok && now.Before(n.until)
}

// rest sends a path to rest, longer each time.
func (b *scoreboard) rest(p index.Path, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.naps[p]
	wait := min(firstRest<<min(n.times, 20), longestNap)
	b.naps[p] = nap{until: now.Add(wait), times: n.times + 1}
	return wait
}

// nextNap returns when the next path has rested, unless somebody waits for that, or for
// one before it, already; ok makes the caller the one who does, until relieved is closed.
func (b *scoreboard) nextNap(now time.Time) (until time.Time, relieved <-chan struct{}, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for p, n := range b.naps {
		if now.Sub(n.until) > forgottenAfter {
			delete(b.naps, p) // nobody tried it again
			continue
		}
		if n.until.After(now) && (until.IsZero() || n.until.Before(until)) {
			until = n.until
		}
	}
	if until.IsZero() || !b.awaited.IsZero() && !until.Before(b.awaited) {
		return until, nil, false
	}
	if b.relieve != nil {
		close(b.relieve)
	}
	b.awaited, b.relieve = until, make(chan struct{})
	return until, b.relieve, true
}

// napOver: nobody waits any more for those who rest until then.
func (b *scoreboard) napOver(until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.awaited.Equal(until) {
		b.awaited, b.relieve = time.Time{}, nil
	}
}

// restUntil leaves a path alone whose name this disk cannot hold, or takes for one
// that is there.
func (b *scoreboard) restUntil(p index.Path, until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.naps[p] = nap{until, b.naps[p].times + 1, p.Fold()}
}

// freed lets paths be tried again that a disk may have taken for one that is gone
// now. It reports whether there are any.
func (b *scoreboard) freed(gone index.Path) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	any := false
	for p, n := range b.naps {
		if n.name != "" && n.name == gone.Fold() {
			delete(b.naps, p)
			any = true
		}
	}
	return any
}

// rested lets a path be tried again as if nothing had been.
func (b *scoreboard) rested(p index.Path) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.naps, p)
}

func (b *scoreboard) tries(p index.Path) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.naps[p].times
}
