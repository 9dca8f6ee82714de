package index

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Epoch numbers the lives of a device's index of a folder. It is drawn at
// random (never zero) when the index is new, was lost, or was found to be older
// than what others remember of it: no counter is ever used twice for two things.
type Epoch uint32

// Actor is who counts in a version: a device in one epoch.
type Actor struct {
	Device Short
	Epoch  Epoch
}

// Compare orders actors.
func (a Actor) Compare(b Actor) int {
	return cmp.Or(cmp.Compare(a.Device, b.Device), cmp.Compare(a.Epoch, b.Epoch))
}

// Counter is the number of changes by one actor that a version contains.
type Counter struct {
	Actor Actor
	Count uint64
}

// Version says how many of each actor's changes are contained in a file. It is
// a version vector (Parker et al., 1983): sorted by actor, without zero counts.
// A Version is never changed in place.
type Version []Counter

// Order is how two versions stand to each other.
type Order int

// The four orders.
const (
	Equal Order = iota
	Older
	Newer
	Concurrent
)

func (o Order) String() string {
	return [...]string{"equal", "older", "newer", "concurrent"}[o]
}

// Compare says how v stands to w: Older means that w contains v and more.
func (v Version) Compare(w Version) Order {
	var more, less bool
	i, j := 0, 0
	for i < len(v) || j < len(w) {
		switch c := compareAt(v, i, w, j); {
		case c < 0:
			more = true
			i++
		case c > 0:
			less = true
			j++
		default:
			more = more || v[i].Count > w[j].Count
			less = less || v[i].Count < w[j].Count
			i++
			j++
		}
	}
	switch {
	case more && less:
		return Concurrent
	case more:
		return Newer
	case less:
		return Older
	}
	return Equal
}

// compareAt compares the actors at v[i] and w[j]; past the end counts as last.
func compareAt(v Version, i int, w Version, j int) int {
	switch {
	case i == len(v):
		return 1
	case j == len(w):
		return -1
	}
	return v[i].Actor.Compare(w[j].Actor)
}

// Contains reports whether v is w or newer.
func (v Version) Contains(w Version) bool {
	o := v.Compare(w)
	return o == Equal || o == Newer
}

// Join returns the least version that contains both.
func (v Version) Join(w Version) Version {
	out := make(Version, 0, max(len(v), len(w)))
	i, j := 0, 0
	for i < len(v) || j < len(w) {
		switch c := compareAt(v, i, w, j); {
		case c < 0:
			out = append(out, v[i])
			i++
		case c > 0:
			out = append(out, w[j])
			j++
		default:
			out = append(out, Counter{v[i].Actor, max(v[i].Count, w[j].Count)})
			i++
			j++
		}
	}
	return out
}

// Bump returns v with one more change by a.
func (v Version) Bump(a Actor) Version {
	i, found := slices.BinarySearchFunc(v, a, func(c Counter, a Actor) int { return c.Actor.Compare(a) })
	out := make(Version, 0, len(v)+1)
	out = append(out, v[:i]...)
	if found {
		out = append(out, Counter{a, v[i].Count + 1})
		return append(out, v[i+1:]...)
	}
	out = append(out, Counter{a, 1})
	return append(out, v[i:]...)
}

// Count returns how many changes by a are contained in v.
func (v Version) Count(a Actor) uint64 {
	i, found := slices.BinarySearchFunc(v, a, func(c Counter, a Actor) int { return c.Actor.Compare(a) })
	if !found {
		return 0
	}
	return v[i].Count
}

// MaxActors is how many actors a version from another device may name, and
// MaxCount how far each may count: more is refused.
//
// An actor that is over, because its epoch has ended, stays in the versions that it
// counted in: whatever a backup brings back of that time has to be found older than
// what followed it. So there is room for as many as no file ever meets, a change in a new
// epoch every day for years, and the bytes they take are what is limited elsewhere.
const (
	MaxActors = 2048
	MaxCount  = 1<<53 - 1
)

// Valid tells whether v is well formed: sorted, without doubles, zero counts or
// zero epochs, and within MaxActors and MaxCount.
func (v Version) Valid() error {
	if len(v) > MaxActors {
		return fmt.Errorf("version names %d actors, more than %d", len(v), MaxActors)
	}
	for i, c := range v {
		switch {
		case c.Count == 0 || c.Count > MaxCount:
			return fmt.Errorf("version counts %d for an actor", c.Count)
		case c.Actor.Epoch == 0:
			return fmt.Errorf("version has an actor without an epoch")
		case i > 0 && v[i-1].Actor.Compare(c.Actor) >= 0:
			return fmt.Errorf("version is not in order")
		}
	}
	return nil
}

// Roomy reports whether v leaves room for as much again: two such versions can be
// joined, and counted on for longer than any folder lasts, and the result is
// valid. What is not roomy was never counted, it was made up.
func (v Version) Roomy() bool {
	return len(v) < MaxActors/2 && !slices.ContainsFunc(v, func(c Counter) bool { return c.Count > MaxCount/2 })
}

func (v Version) String() string {
	var b strings.Builder
	for i, c := range v {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s.%x:%d", c.Actor.Device, uint32(c.Actor.Epoch), c.Count)
	}
	return b.String()
}
