package doctor

import "fmt"

// Below these, a volume is all but full.
const (
	littleRoom = 1 << 30   // bytes
	noRoom     = 100 << 20 // bytes
)

// fewWatches is a limit of watches that a person's folders soon exceed.
const fewWatches = 16 << 10

// watches tells whether the system lets enough directories be watched.
func (d *diagnosis) watches() {
	if d.Watches == 0 || d.Watches >= fewWatches {
		return
	}
	d.add(Finding{Warning, fmt.Sprintf("Only %d directories can be watched for changes", d.Watches),
		"beyond that, changes are found only by looking now and then", "raise the limit",
		"echo fs.inotify.max_user_watches=524288 | sudo tee /etc/sysctl.d/60-kith.conf && sudo sysctl --system"})
}

// folders tells about each folder: its volume, its state, its problems.
func (d *diagnosis) folders() {
	for _, f := range d.Folders {
		before := len(d.found)
		d.room(f)
		if f.Bad {
			d.add(Finding{Error, fmt.Sprintf("%s: %s", f.Name, f.State), f.Reason, f.Next, ""})
		}
		for _, p := range f.Problems {
			d.add(Finding{Warning, fmt.Sprintf("%s: %s is not in step", f.Name, p.Path), p.Reason, p.Next, ""})
		}
		if f.More > 0 {
			d.add(Finding{Level: Warning, What: fmt.Sprintf("%s: %d more paths are not in step", f.Name, f.More), Next: "kith status shows them"})
		}
		if f.Conflicts > 0 {
			d.add(Finding{Level: Note, What: fmt.Sprintf("%s: conflicts that wait for a decision: %d", f.Name, f.Conflicts), Next: "kith conflicts shows them"})
		}
		if len(d.found) == before {
			d.add(Finding{Level: OK, What: fmt.Sprintf("%s: %s", f.Name, f.State)})
		}
	}
}

func (d *diagnosis) room(f Folder) {
	switch {
	case f.Free < 0:
	case f.Need > 0 && f.Free-f.Need < noRoom, f.Free < noRoom:
		why := fmt.Sprintf("%s is free on the volume of %s", size(f.Free), f.Dir)
		if f.Need > 0 {
			why += fmt.Sprintf(", and %s are still to come", size(f.Need))
		}
		d.add(Finding{Error, f.Name + ": there is no room", why, "make room on that disk; Kith goes on by itself", ""})
	case f.Free < littleRoom:
		d.add(Finding{Note, f.Name + ": there is little room", size(f.Free) + " is free on the volume of " + f.Dir,
			"make room on that disk before it is full", ""})
	}
}

func size(n int64) string {
	switch {
	case n >= 10e9:
		return fmt.Sprintf("%d GB", n/1e9)
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	}
	return fmt.Sprintf("%d MB", n/1e6)
}
