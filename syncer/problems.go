package syncer

import (
	"slices"
	"strings"
	"time"

	"kith/index"
)

// The kinds of problem, each the beginning of a key.
const (
	problemWatch = "watch:" // changes are not noticed at once
	problemStore = "store:" // the index
	problemSeen  = "seen:"  // something on this disk cannot be taken
	problemOdd   = "odd:"   // something on this disk that nobody would expect to travel
	problemRules = "rules:" // an ignore file that cannot be read
	problemPast  = "past:"  // a history that is full, or that others tell of and cannot be
	problemPath  = "path:"  // something of others cannot be put here
	problemMiss  = "miss:"  // somebody holds it, and does not send it
	problemQuota = "quota:" // a member tells of more than is remembered
)

const (
	maxShown = 100           // problems listed by name
	maxKept  = 10 * maxShown // problems of a kind that are remembered; of the rest only that there are more
)

// problem notes a problem. Of each kind so many are remembered: who makes up one
// makes up many. A path that isn't among them is tried again like the others, and
// noted then if there is room.
func (b *scoreboard) problem(key string, p Problem) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.problems[key]; !known {
		kind := kindOfProblem(key)
		if b.kinds[kind] >= maxKept {
			b.more[kind] = true
			return
		}
		b.kinds[kind]++
	}
	b.problems[key] = p
	if b.renewed != nil {
		b.renewed[key] = true
	}
	b.refresh()
}

func (b *scoreboard) solved(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(key)
}

// forget drops a problem. It is called with the lock held.
func (b *scoreboard) forget(key string) {
	if _, known := b.problems[key]; !known {
		return
	}
	delete(b.problems, key)
	kind := kindOfProblem(key)
	if b.kinds[kind]--; b.kinds[kind] < maxKept/2 {
		delete(b.more, kind)
	}
}

// blocked returns the paths that could not be brought, and are to be tried again by now.
func (b *scoreboard) blocked(now time.Time) []index.Path {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []index.Path
	for key := range b.problems {
		if kind := kindOfProblem(key); kind != problemPath && kind != problemMiss {
			continue
		}
		_, name, _ := strings.Cut(key, ":")
		path, err := index.ParsePath(name)
		if err != nil {
			continue
		}
		asked := slices.ContainsFunc(b.extras, func(j *job) bool { return j.step.Want.Path == path })
		if !asked && !now.Before(b.naps[path].until) {
			all = append(all, path)
		}
	}
	slices.SortFunc(all, index.Path.Compare)
	return slices.Compact(all)
}

// kindOfProblem returns the kind that a key begins with.
func kindOfProblem(key string) string {
	kind, _, _ := strings.Cut(key, ":")
	return kind + ":"
}

// startScan and endScan frame a look at everything: what it does not meet again
// is no problem any more.
func (b *scoreboard) startScan() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.renewed, b.scanAll = make(map[string]bool), true
}

func (b *scoreboard) endScan() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key := range b.problems {
		if _, seen := seenIn(key); (seen || kindOfProblem(key) == problemRules) && !b.renewed[key] {
			b.forget(key)
		}
	}
	b.renewed, b.scanAll = nil, false
	b.refresh()
}

// seenIn returns the name that a problem of something on this disk is about.
func seenIn(key string) (name string, ok bool) {
	for _, kind := range []string{problemSeen, problemOdd} {
		if name, ok := strings.CutPrefix(key, kind); ok {
			return name, true
		}
	}
	return "", false
}

// forgetSeen drops the problems of what lay at and below a path, but for those
// that were met again just now.
func (b *scoreboard) forgetSeen(under index.Path, met map[string]bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key := range b.problems {
		name, ok := seenIn(key)
		below := under.IsRoot() || name == under.String() || strings.HasPrefix(name, under.String()+"/")
		if ok && below && !met[key] {
			b.forget(key)
		}
	}
	b.refresh()
}
