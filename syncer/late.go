package syncer

import (
	"sync"

	"kith/index"
)

// late are the paths that no look at everything has got to since the folder was
// opened: what lies there, or below, may have been put there by an earlier life that
// ended before it could say so.
type late struct {
	mu    sync.Mutex                     // guards paths
	paths map[index.Path][]index.Holding // with what the others held there when it was to be looked at first
}

// begin notes what the first look at everything left for later.
func (l *late) begin(left []index.Case) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paths = make(map[index.Path][]index.Holding, len(left))
	for _, c := range left {
		l.paths[c.Path] = c.Others
	}
}

// looked notes what a later look at everything left once more: what else it left was
// looked at before.
func (l *late) looked(left []index.Path) {
	l.mu.Lock()
	defer l.mu.Unlock()
	still := make(map[index.Path][]index.Holding)
	for _, p := range left {
		if l.hasLocked(p) {
			still[p] = l.paths[p]
		}
	}
	l.paths = still
}

// held returns what the others held at a path when it was to be looked at first, of
// which they may hold something newer by now.
func (l *late) held(p index.Path) []index.Holding {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.paths[p]
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

func (l *late) clear() { l.begin(nil) }
