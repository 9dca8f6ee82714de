package syncer

import (
	"maps"
	"sync"
	"time"

	"kith/index"
)

// twiceWithin is how soon after a file was read a hint at it may be about a save that
// left it looking the same: a coarse unit of time, and as long as hints may take.
const twiceWithin = 10 * time.Second

// lately are the files that were read a moment ago, on a disk that keeps times in whole
// seconds. How old a time is does not say whether it may be given once more: the disk may
// go by another clock than ours.
type lately struct {
	mu   sync.Mutex // guards read
	read map[index.Path]time.Time
}

func (l *lately) note(p index.Path, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.read == nil {
		l.read = make(map[index.Path]time.Time)
	}
	l.read[p] = now
}

// has reports whether a file was read a moment ago.
func (l *lately) has(p index.Path, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok := l.read[p]
	return ok && now.Sub(at) < twiceWithin
}

// forget forgets what was read longer ago.
func (l *lately) forget(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.read, func(_ index.Path, at time.Time) bool { return now.Sub(at) >= twiceWithin })
}

// twice reports whether a file that somebody says has changed may have been saved again
// since it was read, although it looks the same.
func (s *scanner) twice(had index.Record, e index.Entry) bool {
	return !s.result.everything && coarse(e.Identity) && had.Identity == e.Identity && s.f.lately.has(e.Path, s.now)
}
