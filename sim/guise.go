package sim

import (
	"context"

	"kith/index"
)

// What is written over with its old size and time is told from what lay there by its change
// time alone, and a power cut or a rename leaves none to go by.

// sly: this has the size and the time of what lay there before. After a power cut,
// and before the first look, it passes for what the cut left of that.
func (l *ledger) sly(d *device, path, body, old string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, was := l.texts[body], l.texts[old]
	if t == nil || was == nil {
		return
	}
	t.sly = was
	if l.dark[d.nth] {
		t.hidden("saved after a power cut, with the size and the time of what lay there before")
	}
	if was.torn && was.sly != nil && !was.sly.names[place{d.nth, path}] { // nothing has looked since that was hidden
		t.hidden("saved over what was hidden, with the size and the time of that")
	}
}

// renamed: an engine moves this, which it takes for what lay there when it looked last. A
// rename hides that something was written in between.
func (l *ledger) renamed(body string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.texts[body]; t != nil && t.sly != nil {
		t.hidden("written in the moment in which it was moved, with the size and the time of what lay there before")
	}
}

// hidden: nothing can tell that this took the place of what has its size and time.
func (t *text) hidden(why string) {
	t.torn, t.lost, t.wild = true, why, why
	t.sly.wild = why
}

// disguised reports whether a text is hidden.
func (l *ledger) disguised(body string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.texts[body]
	return t != nil && t.sly != nil && (t.torn || t.guise > 0)
}

// An index that was brought back from before a file was moved takes that for moved which
// has its object, its size and its time. What somebody wrote over it meanwhile, with the old
// size and time, leaves no other trace: the index that knew is gone. So it passes for what
// was moved, until the device finds out that it was set back; then it reads the file.

// takenForMoved returns the roots of the files of a device that pass for others. (A move of
// their directory alone would leave alone when the object was changed.)
func (d *device) takenForMoved() map[index.Hash]bool {
	all, left := map[index.Hash]bool{}, map[uint64]index.Record{}
	if d.def.Has("seesplace") { // it knows that it was brought back
		return all
	}
	err := d.store().List(context.Background(), d.w.folder, index.Path{}, func(r index.Record) error {
		if r.Kind == index.Regular && d.look(r.Path.String()).Kind == index.Absent {
			left[r.Identity.Inode] = r
		}
		return nil
	})
	if err != nil {
		return all // it has nothing
	}
	for path, o := range d.tree() {
		e := d.look(path)
		r, ok := left[e.Identity.Inode]
		if !ok || r.Size != e.Size || r.Identity.Modified != e.Identity.Modified || r.Root == rootOf(o.body) {
			continue
		}
		if r.Path.Name() != e.Path.Name() || d.look(r.Path.Parent().String()).Kind != index.Absent {
			all[rootOf(o.body)] = true
		}
	}
	return all
}

// disguise notes what passes for moved, by a device's index that was brought back.
func (l *ledger) disguise(d *device, moved map[index.Hash]bool) {
	l.notices(d)
	for _, t := range l.texts {
		if t.sly != nil && moved[t.root] {
			t.guise = d.nth + 1
		}
	}
}

// notices: a device knows that its index was set back, or has none, or another one.
func (l *ledger) notices(d *device) {
	for _, t := range l.texts {
		if t.guise == d.nth+1 {
			t.guise = 0
		}
	}
}

// renewed: a device begins a new epoch.
func (l *ledger) renewed(d *device) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.notices(d)
}
