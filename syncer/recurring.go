package syncer

import (
	"context"
	"slices"
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
	mu    sync.Mutex // guards the rest
	paths map[index.Path]bool
	waits []*recurrence
}

// recurrence is when some files can be looked at again: those that are so within a second
// are together.
type recurrence struct {
	due   time.Time
	paths []index.Path
}

// note keeps a file in mind until it is due; it returns what has to be waited for, if that
// is news.
func (r *recurring) note(p index.Path, due time.Time) *recurrence {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.paths[p] || len(r.paths) >= recurringAtMost {
		return nil
	}
	if r.paths == nil {
		r.paths = make(map[index.Path]bool)
	}
	r.paths[p] = true
	for _, w := range r.waits {
		if late := w.due.Sub(due); late >= 0 && late < time.Second {
			w.paths = append(w.paths, p)
			return nil
		}
	}
	w := &recurrence{due, []index.Path{p}}
	r.waits = append(r.waits, w)
	return w
}

// over ends a wait, and returns the files to look at again.
func (r *recurring) over(w *recurrence) []index.Path {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waits = slices.DeleteFunc(r.waits, func(o *recurrence) bool { return o == w })
	return w.paths
}

// recurs has a file looked at again once what is saved cannot bear its times any more.
func (f *folder) recurs(p index.Path, wait time.Duration) {
	w := f.recur.note(p, f.e.now().Add(wait))
	if w == nil {
		return
	}
	f.goWork(f.work, func(ctx context.Context) {
		t := time.NewTimer(wait)
		defer t.Stop()
		select {
		case <-t.C:
			f.send(hinted{paths: f.recur.over(w)})
		case <-ctx.Done():
		}
	})
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
	r.paths, r.waits = nil, nil
}
