package disk

import (
	"slices"
	"sync"
	"time"

	"kith/index"
)

// A program that has a file open goes on writing to it after it was displaced: no
// look at the moment of the swap can see that. So what was displaced is looked at
// for a while. If it was written to, it is an edit, and comes back into the tree.

const (
	lateWithin = time.Minute
	lateAtMost = 1024 // displaced files looked after; of more, the latest
)

// displaced is a file that was moved to the earlier versions.
type displaced struct {
	path   index.Path // where it lay
	stored string     // its name among the earlier versions
	id     index.Identity
	at     time.Time
}

// lateWriters are the files that were displaced lately.
type lateWriters struct {
	mu   sync.Mutex // guards list
	list []displaced
}

func (l *lateWriters) add(d displaced) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, d)
	l.list = l.list[max(0, len(l.list)-lateAtMost):]
}

// take returns those displaced after a time, and forgets the others.
func (l *lateWriters) take(since time.Time) []displaced {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.list) > 0 && l.list[0].at.Before(since) {
		l.list = l.list[1:]
	}
	return slices.Clone(l.list)
}

func (l *lateWriters) drop(d displaced) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = slices.DeleteFunc(slices.Clone(l.list), func(e displaced) bool { return e == d })
}

// left notes what was moved to a slot, and is what the plan saw.
func (b *batch) left(slot spot, got info) {
	if got.kind == index.Regular {
		b.late.add(displaced{path: slot.path, stored: slot.name, id: got.id, at: b.clock()})
	}
}

// LateEdits brings back into the tree what was displaced within the last minute
// and has been written to since: to its path if nothing lies there, and beside it
// as a conflict copy otherwise. It returns where that is.
func (t *Tree) LateEdits() []index.Path {
	var back []index.Path
	for _, d := range t.late.take(t.clock().Add(-lateWithin)) {
		if p, ok := t.lateEdit(d); ok {
			back = append(back, p)
		}
	}
	return back
}

func (t *Tree) lateEdit(d displaced) (index.Path, bool) {
	versions, err := t.versionsOf(d.path.Parent(), false)
	if err != nil {
		return index.Path{}, false
	}
	slot := spot{dir: versions, name: d.stored, path: d.path}
	defer slot.close()
	got, err := slot.look()
	if err != nil || got.kind != index.Regular || got.id.Inode != d.id.Inode {
		t.late.drop(d) // restored, thinned
		return index.Path{}, false
	}
	if got.sameObject(d.id, index.Regular) {
		return index.Path{}, false
	}
	parent, err := t.parent(d.path)
	if err != nil {
		return index.Path{}, false // the directory went as well: it stays an earlier version
	}
	at := spot{dir: parent, name: d.path.Name(), path: d.path}
	defer at.close()
	b := &batch{Tree: t, touched: map[uint64]*dir{}}
	p := d.path
	if err = slot.moveTo(at); isExist(err) {
		p, err = b.rescue(slot, at, got)
	}
	if err != nil {
		return index.Path{}, false // it stays an earlier version, and is tried again
	}
	t.late.drop(d)
	b.changed(slot.dir)
	b.changed(at.dir)
	b.flush() // if that fails, a power cut may undo the move, and nothing else
	return p, true
}
