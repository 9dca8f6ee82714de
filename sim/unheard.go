package sim

import (
	"maps"

	"kith/index"
)

// unheard is where a disk changed and its watcher did not say so: nobody can know of
// that before somebody has looked there again. The value tells which loss it was.
type unheard struct {
	at    map[index.Path]int
	count int
}

// loses reports whether the watcher loses events about some paths, and keeps in mind
// where a device is unaware because of that, or, as it hears of them, not any more.
func (d *device) loses(paths []index.Path) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := &d.unheard
	lost := d.broken.deaf && d.w.roll("deaf", d.def.Name)%2 == 0
	if lost {
		u.count++
	}
	for _, p := range paths {
		if lost {
			u.lost(p)
		} else {
			u.looked(p, u.count)
		}
	}
	return lost
}

func (u *unheard) lost(p index.Path) {
	if u.at == nil {
		u.at = map[index.Path]int{}
	}
	u.at[p] = u.count
}

// looked: somebody looked at and below a path after so many losses.
func (u *unheard) looked(under index.Path, count int) {
	maps.DeleteFunc(u.at, func(p index.Path, nth int) bool { return p.Within(under) && nth <= count })
}

// looks begins a look at and below a path, and returns what ends it.
func (d *device) looks(under index.Path) (end func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	count := d.unheard.count
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.unheard.looked(under, count)
	}
}

// unaware reports whether a device cannot know what lies at a path of its disk.
func (d *device) unaware(path string) bool {
	p := index.MustPath(path)
	d.mu.Lock()
	defer d.mu.Unlock()
	for at := range d.unheard.at {
		if p.Within(at) {
			return true
		}
	}
	return false
}
