package disk

import "slices"

// ranges is a set of bytes of a file: stretches in order that do not touch.
type ranges []stretch

type stretch struct{ from, to int64 }

// add puts a stretch into the set.
func (r *ranges) add(from, to int64) {
	if from >= to {
		return
	}
	s := *r
	i := len(s) // most blocks come in order
	if i > 0 && s[i-1].to >= from {
		i, _ = slices.BinarySearchFunc(s, from, func(s stretch, from int64) int {
			if s.to < from {
				return -1
			}
			return 1
		})
	}
	j := i
	for j < len(s) && s[j].from <= to {
		from, to = min(from, s[j].from), max(to, s[j].to)
		j++
	}
	*r = slices.Replace(s, i, j, stretch{from, to})
}

// covers reports whether all of a stretch is in the set.
func (r ranges) covers(from, to int64) bool {
	if from >= to {
		return true
	}
	for _, s := range r {
		if s.to > from {
			return s.from <= from && to <= s.to
		}
	}
	return false
}
