package syncer

import (
	"slices"
	"sync"

	"kith/index"
)

// claims are the paths that are being put in place just now: between the swap on
// disk and the commit, a scan that meets the new file must not take it for an
// edit.
type claims struct {
	mu    sync.Mutex // guards paths
	paths map[index.Path]int
}

func (c *claims) take(paths []index.Path) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paths == nil {
		c.paths = make(map[index.Path]int)
	}
	for _, p := range paths {
		c.paths[p]++
	}
}

func (c *claims) release(paths []index.Path) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range paths {
		if c.paths[p]--; c.paths[p] <= 0 {
			delete(c.paths, p)
		}
	}
}

// under returns the claimed paths at and below some others.
func (c *claims) under(dirs []index.Path) []index.Path {
	set := make(map[index.Path]bool, len(dirs))
	for _, d := range dirs {
		set[d] = true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []index.Path
	for p := range c.paths {
		if withinAny(p, set) {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, index.Path.Compare)
	return all
}

// withinAny reports whether a path, or a directory it lies in, is among some others. Both
// may be thousands.
func withinAny(p index.Path, set map[index.Path]bool) bool {
	for !set[p] {
		if p.IsRoot() {
			return false
		}
		p = p.Parent()
	}
	return true
}

// has reports whether a path is claimed.
func (c *claims) has(p index.Path) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.paths[p] > 0
}

func (c *claims) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paths = nil
}

// split returns the records whose paths are not claimed, and the paths of the rest.
func (c *claims) split(batch []index.Record) (free []index.Record, busy []index.Path) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.paths) == 0 {
		return batch, nil
	}
	for _, r := range batch {
		if c.paths[r.Path] > 0 {
			busy = append(busy, r.Path)
			continue
		}
		free = append(free, r)
	}
	return free, busy
}

// flights are the large files that are being fetched on their own.
type flights struct {
	mu    sync.Mutex          // guards the rest
	paths map[index.Path]bool // by path: is it large
	large int                 // how many of them are
	slow  map[index.Path]bool // what only slow devices send: others do not wait for it
}

// The most files that are fetched on their own at a time: medium ones share the
// link well, of large ones two keep it busy.
const (
	maxFlights = 8
	maxLarge   = 2
)

// depart reports whether a file may be fetched now; land must follow.
func (f *flights) depart(p index.Path, large bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, under := f.paths[p]; under || f.slow[p] || len(f.paths) >= maxFlights || large && f.large >= maxLarge {
		return false
	}
	if f.paths == nil {
		f.paths = make(map[index.Path]bool)
	}
	f.paths[p] = large
	if large {
		f.large++
	}
	return true
}

func (f *flights) land(p index.Path) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.paths[p] {
		f.large--
	}
	delete(f.paths, p)
	delete(f.slow, p)
}

// linger notes that paths are under way for long: they take no room among those
// that are not.
func (f *flights) linger(paths []index.Path) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.slow == nil {
		f.slow = make(map[index.Path]bool)
	}
	for _, p := range paths {
		if f.paths[p] {
			f.large--
		}
		delete(f.paths, p)
		f.slow[p] = true
	}
}

// under reports whether a path is being fetched.
func (f *flights) under(p index.Path) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, ok := f.paths[p]
	return ok || f.slow[p]
}

func (f *flights) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.paths) + len(f.slow)
}
