package syncer

import (
	"sync"
	"time"

	"kith/index"
)

// recurringAtMost is how many such files are kept in mind: one by one, since they are saved
// while a clock is set. Many at once came with their times.
const recurringAtMost = 1000

// recurring are files with times that are yet to come, on a disk that keeps them in whole
// seconds: once its clock gets there, what is saved over them may look the same.
type recurring struct {
	mu    sync.Mutex // guards paths
	paths map[index.Path]bool
}

// note keeps a file in mind; it reports whether that is news.
func (r *recurring) note(p index.Path) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.paths[p] || len(r.paths) >= recurringAtMost {
		return false
	}
	if r.paths == nil {
		r.paths = make(map[index.Path]bool)
	}
	r.paths[p] = true
	return true
}

// recurs has a file looked at again once what is saved cannot bear its times any more.
func (f *folder) recurs(p index.Path, wait time.Duration) {
	if f.recur.note(p) {
		f.lookLater(wait, time.Second, hinted{paths: []index.Path{p}})
	}
}

// has reports whether a file may have been saved again although it looks the same.
func (r *recurring) has(p index.Path) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.paths[p]
}

// forget forgets a file of which that is over.
func (r *recurring) forget(p index.Path) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.paths, p)
}

func (r *recurring) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.paths = nil
}
