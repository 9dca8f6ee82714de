package syncer

import (
	"maps"
	"slices"

	"kith/index"
)

// machine is what a folder is about, without anything of the outside: it takes
// what happened and answers what to do next. It has no clock and does no I/O.
//
//	closed ──open──▶ looking for the first time ──scanned──▶ live ⇄ scanning, pulling
//	   ▲                                                      │
//	   └───────────── paused, or unavailable ◀────────────────┘
type machine struct {
	paused  bool
	opening bool
	open    bool
	away    string // why the folder cannot be reached; empty if it can
	looked  bool   // a look at everything has succeeded since it was opened

	look     region // look there next
	scanning bool

	// Where looks failed. They are done again together: otherwise there are more and
	// more of them for as long as they fail.
	failed region

	// How many paths looks found that have to be looked at again: in all, of these
	// those that are due, and those that the look under way takes up.
	unsettled, due, taken int

	needs   bool // others may hold what is not here
	pulling bool
}

// What happened.
type (
	event any

	// configured: the folder's settings are these now.
	configured struct{ folder Folder }
	// opened: the attempt to open the tree ended.
	opened struct {
		tree Tree
		err  error
	}
	// lost: the folder cannot be reached any more.
	lost struct{ err error }
	// hinted: something may have changed there.
	hinted struct {
		paths      []index.Path
		everything bool
		again      int // so many of them because a look found them unsettled
	}
	// scanned: a look at the disk ended.
	scanned struct{ result scanResult }
	// retried: it is time to look again where that failed.
	retried struct{}
	// learnt: others' holdings changed, or who can be asked, or it is time to try again.
	learnt struct{}
	// pulled: a pass over what is needed ended.
	pulled struct{ result pullResult }
	// ticked: some seconds went by.
	ticked struct{ scanDue bool }
)

// What to do.
type (
	effect any

	doOpen  struct{}
	doClose struct{} // end all work and conversations of this folder
	doGreet struct{} // tell the others that the folder is open
	doScan  struct {
		paths      []index.Path
		everything bool
	}
	doScanLater struct{} // where looks failed, after a while
	doPull      struct{}
	doCheck     struct{} // is it still there?
)

// live reports whether the folder takes part.
func (m *machine) live() bool { return m.open && m.looked && !m.paused && m.away == "" }

// step takes one event and returns what to do because of it.
func (m *machine) step(ev event) []effect {
	switch ev := ev.(type) {
	case configured:
		return m.configure(ev.folder.Paused)
	case opened:
		m.opening = false
		if ev.err != nil {
			return m.goAway(ev.err.Error())
		}
		m.open, m.away, m.looked, m.look = true, "", false, region{everything: true}
	case lost:
		return m.goAway(ev.err.Error())
	case hinted:
		m.due += ev.again
		m.look.add(ev.paths, ev.everything)
	case scanned:
		return m.afterScan(ev.result)
	case retried:
		m.retry()
	case learnt:
		m.needs = true
	case pulled:
		m.pulling = false
		m.needs = m.needs || ev.result.again
		m.look.add(ev.result.look, ev.result.everything)
	case ticked:
		if !m.open && !m.opening && !m.paused {
			m.opening = true
			return []effect{doOpen{}}
		}
		if ev.scanDue {
			m.look.add(nil, true)
		}
		if m.open && !m.paused {
			return append(m.next(), doCheck{})
		}
	}
	return m.next()
}

func (m *machine) configure(paused bool) []effect {
	was := m.paused
	m.paused = paused
	switch {
	case paused && !was:
		m.close()
		return []effect{doClose{}}
	case !paused && !m.open && !m.opening:
		m.opening = true
		return []effect{doOpen{}}
	}
	return m.next()
}

// goAway stops all work until the folder is back. Nothing is concluded from its
// absence: it will be looked at anew.
func (m *machine) goAway(reason string) []effect {
	if m.paused {
		return nil
	}
	m.close()
	m.away = reason
	return []effect{doClose{}}
}

func (m *machine) close() {
	m.open, m.looked, m.away = false, false, ""
	m.look, m.failed, m.needs = region{}, region{}, false
	m.unsettled, m.due, m.taken = 0, 0, 0
}

// unsettledAfter returns how many paths are unsettled once a look is over.
func (m *machine) unsettledAfter(r scanResult) int { return max(0, m.unsettled+r.unsettled-m.taken) }

func (m *machine) afterScan(r scanResult) []effect {
	m.scanning = false
	if !m.open {
		return nil
	}
	m.unsettled, m.taken = m.unsettledAfter(r), 0
	if r.err != nil {
		return append(m.next(), m.later(r)...)
	}
	m.look.add(r.look, false)
	var todo []effect
	if r.everything && !m.looked {
		m.looked = true
		todo = append(todo, doGreet{})
	}
	m.needs = true
	return append(todo, m.next()...)
}

// later keeps in mind where a look failed, until it is time to look there again.
func (m *machine) later(r scanResult) []effect {
	waits := !m.failed.empty()
	m.failed.add(r.paths, r.everything)
	if waits {
		return nil
	}
	m.unsettled++
	return []effect{doScanLater{}}
}

// retry has everything looked at again where that failed.
func (m *machine) retry() {
	if m.failed.empty() {
		return // it was said before the folder was closed
	}
	m.due++
	m.look.add(slices.Collect(maps.Keys(m.failed.paths)), m.failed.everything)
	m.failed = region{}
}

// next starts what is due and not under way.
func (m *machine) next() []effect {
	var todo []effect
	if !m.open || m.paused {
		return nil
	}
	if !m.scanning && !m.look.empty() {
		m.scanning = true
		m.taken, m.due = m.due, 0
		todo = append(todo, m.look.scan())
		m.look = region{}
	}
	if m.looked && !m.pulling && m.needs {
		m.pulling, m.needs = true, false
		todo = append(todo, doPull{})
	}
	return todo
}
