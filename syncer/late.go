package syncer

import (
	"sync"

	"kith/index"
)

// late are the paths that no look at everything has got to since the folder was
// opened: what lies there, or below, may have been put there by an earlier life that
// ended before it could say so.
type late struct {
	mu    sync.Mutex // guards paths
	paths map[index.Path]bool
}

// looked notes what a look at everything left for later. The first one counts all of
// it; what a later one leaves was looked at before, or is late already.
func (l *late) looked(left []index.Path, first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	still := make(map[index.Path]bool)
	for _, p := range left {
		if first || l.hasLocked(p) {
			still[p] = true
		}
	}
	l.paths = still
}

func (l *late) has(p index.Path) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hasLocked(p)
}

func (l *late) hasLocked(p index.Path) bool {
	for at := range l.paths {
		if p.Within(at) {
			return true
		}
	}
	return false
}

// end notes that paths are recorded as they are.
func (l *late) end(batch []index.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range batch {
		delete(l.paths, r.Path)
	}
}

func (l *late) clear() { l.looked(nil, true) }
