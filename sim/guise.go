package sim

import (
	"context"

	"kith/index"
)

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
