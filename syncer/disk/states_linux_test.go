package disk

import (
	"fmt"
	"slices"

	"kith/index"
)

// crashState is one way in which a disk may be found after the power was cut, or
// the process killed, when a number of changes had been made.
type crashState struct {
	made int
	name string
	disk *model
}

// aboutData reports whether a change is to what is in an object, not to names.
func (c mutation) aboutData() bool {
	return slices.Contains([]string{"write", "truncate", "touch", "chmod"}, c.verb)
}

func (c mutation) isSync() bool {
	return slices.Contains([]string{"sync", "sync file", "sync volume"}, c.verb)
}

// durableBy tells which changes of a log are durable at its end. A name is,
// once a directory that it concerns was flushed; a flush of a file makes its
// content durable and nothing else. What is durable takes along what it rests on.
func durableBy(log []mutation) []bool {
	durable := make([]bool, len(log))
	for i, c := range log {
		for _, s := range log[i+1:] {
			switch {
			case s.verb == "sync volume":
			case s.verb == "sync" && !c.aboutData() && (s.node == c.dir || s.node == c.to):
			case s.verb == "sync" && c.verb == "chmod" && s.node == c.node:
			case s.verb == "sync file" && c.aboutData() && s.node == c.node:
			default:
				continue
			}
			durable[i] = true
			break
		}
	}
	for i := len(log) - 1; i >= 0; i-- {
		if !durable[i] || log[i].aboutData() {
			continue
		}
		for j := range log[:i] {
			durable[j] = durable[j] || !log[j].aboutData() && !log[j].isSync() && log[i].restsOn(log[j])
		}
	}
	return durable
}

// restsOn reports whether c, about a name, cannot be on the disk without an
// earlier change: it is about the same object or name, or in a directory made by
// it. No file system lets an object lose a name before it got the other one.
func (c mutation) restsOn(before mutation) bool {
	for _, n := range []int{c.node, c.replaced} {
		if n != 0 && (n == before.node || n == before.replaced) {
			return true
		}
	}
	if c.verb == "rmdir" && before.dir == c.node { // it was emptied
		return true
	}
	if before.verb == "mkdir" && (c.dir == before.node || c.to == before.node) {
		return true
	}
	for _, s := range [][2]any{{c.dir, c.name}, {c.to, c.as}} {
		if s[0] != 0 && (s == [2]any{before.dir, before.name} || s == [2]any{before.to, before.as}) {
			return true
		}
	}
	return false
}

// upTo returns what lies there when the first n changes have been made. It is not
// to be changed.
func (r *recorder) upTo(n int) *model {
	for i := len(r.prefix); i <= n; i++ {
		if i == 0 {
			r.prefix = append(r.prefix, r.start.clone())
			continue
		}
		m := r.prefix[i-1].clone()
		m.apply(r.log[i-1])
		r.prefix = append(r.prefix, m)
	}
	return r.prefix[n]
}

// replay makes those changes of a log that keep returns true for, and what
// instead of others. The first so many are made as they are.
func (r *recorder) replay(first, n int, pick func(i int, c mutation) (mutation, bool)) *model {
	m := r.upTo(first).clone()
	for i, c := range r.log[first:n] {
		if c, ok := pick(first+i, c); ok {
			m.apply(c)
		}
	}
	return m
}

// states calls fn with every state that may be found when the first n changes
// have been made.
func (r *recorder) states(n int, fn func(crashState)) {
	log := r.log[:n]
	durable := durableBy(log)
	for i := range min(r.sure, n) {
		durable[i] = true
	}
	sure := slices.Index(append(durable, false), false) // until then all of them are made, whatever is found
	state := func(name string, pick func(i int, c mutation) (mutation, bool)) {
		fn(crashState{n, name, r.replay(sure, n, pick)})
	}
	fn(crashState{n, "all is there", r.upTo(n)})
	state("only what was flushed", func(i int, c mutation) (mutation, bool) { return c, durable[i] })
	flushed := 0
	for i, c := range log {
		if c.isSync() {
			flushed = i
		}
	}
	state("names up to the last flush, contents that were flushed", func(i int, c mutation) (mutation, bool) {
		return c, durable[i] || i < flushed && !c.aboutData()
	})
	last, wet := -1, false
	for i, c := range log {
		if c.verb == "write" && !durable[i] {
			last, wet = i, true
		}
		wet = wet || c.verb == "truncate" && !durable[i]
	}
	if wet {
		state("all names, no new bytes", func(i int, c mutation) (mutation, bool) { return c, durable[i] || !c.aboutData() })
		state("all names, zeros for bytes", func(i int, c mutation) (mutation, bool) {
			if c.verb == "write" && !durable[i] {
				c.data = make([]byte, len(c.data))
			}
			return c, true
		})
		state("all names, files without bytes", func(i int, c mutation) (mutation, bool) {
			if c.verb == "write" && !durable[i] {
				return mutation{verb: "truncate", node: c.node}, true
			}
			return c, durable[i] || c.verb != "truncate"
		})
	}
	for _, sector := range []int{512, 4096} {
		if last < 0 || len(log[last].data) <= sector {
			continue
		}
		state(fmt.Sprintf("the last write torn after %d bytes", sector), func(i int, c mutation) (mutation, bool) {
			if i == last {
				c.data = c.data[:sector]
			}
			return c, true
		})
	}
	for i := range log {
		if !durable[i] && !log[i].isSync() {
			r.without(i, durable, fn, n)
		}
	}
}

// without is the state in which one change that was not flushed is missing, with
// what rests on it: as if it had been put off until after those that follow.
func (r *recorder) without(i int, durable []bool, fn func(crashState), n int) {
	gone := map[int]bool{i: true}
	for j := i + 1; j < n; j++ {
		c := r.log[j]
		for k := range gone {
			if !durable[j] && !c.isSync() && !c.aboutData() && !r.log[k].aboutData() && c.restsOn(r.log[k]) {
				gone[j] = true
				break
			}
		}
	}
	m := r.replay(i, n, func(j int, c mutation) (mutation, bool) { return c, !gone[j] })
	fn(crashState{n, fmt.Sprintf("without %d (%s %s)", i, r.log[i].verb, r.log[i].name), m})
}

// tree describes what a person sees, by path: what it is, and how it is dressed.
func (m *model) tree() map[string]seen {
	all := map[string]seen{}
	m.each(top, "", func(path string, _ int, n *node) {
		s := seen{content: n.content()}
		if n.kind == index.Regular {
			s.dress = fmt.Sprintf("%o %d", n.mode, n.time)
		}
		all[path] = s
	})
	return all
}

// seen is one object as a person sees it. The zero value: nothing.
type seen struct{ content, dress string }
