package plan

import (
	"fmt"
	"slices"

	"kith/index"
)

// world is a handful of devices without disks and wires. Each has a tree and an
// index, hears the others' indexes record by record, and carries out what is
// decided the way an engine does. Stories and histories both live in it.
type world struct {
	devices []*device
	paths   []index.Path // by number; a parent has a lower number than its children
	parents []int        // by number; -1: the folder itself
	numbers map[index.Path]int

	decide     func(Folder, index.Case) Action
	reassert   func(Folder, index.Case) index.File
	say        func(d *device, format string, args ...any) // nil: silent
	redirected func(from, to int)                          // nil: nobody wants to know
	reasserted func(d *device, dir int)                    // nil: likewise
	broken     error                                       // the first law that was broken on the way
}

// object is what lies at a path of a tree.
type object struct {
	kind     index.Kind
	size     int64
	modified int64
	mode     uint32
	target   string
	root     index.Hash
}

func objectOf(f index.File) object {
	if !f.Live() {
		return object{}
	}
	return object{f.Kind, f.Size, f.Modified, f.Mode, f.Target, f.Root}
}

func (o object) at(p index.Path) index.File {
	return index.File{Path: p, Kind: o.kind, Size: o.size, Modified: o.modified, Mode: o.mode, Target: o.target, Root: o.root}
}

// device is one member of the only folder.
type device struct {
	w      *world
	nth    int
	name   string
	id     index.DeviceID
	folder Folder
	linked []bool // by device: there is a conversation
	some   bool   // it browses: it does not keep all

	tree  []object       // by path
	have  []index.Record // by path
	log   []int          // paths in the order in which they were committed
	heard [][]index.File // by device and path
	upTo  []int          // by device: how much of its log was heard

	news    []int  // paths to decide about
	newsful []bool // by path: it is among the news
	batch   []Action
	others  []index.Holding
}

func newWorld(names []string, roles []index.Role) *world {
	w := &world{numbers: map[index.Path]int{}, decide: Folder.Decide, reassert: Folder.Reassert}
	var members []index.Member
	for i, name := range names {
		id := index.DeviceID{byte(i + 1)}
		members = append(members, index.Member{Device: id, Name: name, Role: roles[i]})
	}
	for i, m := range members {
		d := &device{w: w, nth: i, name: m.Name, id: m.Device}
		d.folder = Folder{
			Self:    index.Actor{Device: m.Device.Short(), Epoch: 1},
			Receive: m.Role == index.Receive,
			Members: members,
		}
		d.linked = make([]bool, len(names))
		d.heard = make([][]index.File, len(names))
		d.upTo = make([]int, len(names))
		w.devices = append(w.devices, d)
	}
	w.link(func(int, int) bool { return true })
	return w
}

// link says anew who is connected with whom.
func (w *world) link(up func(i, j int) bool) {
	for i, d := range w.devices {
		for j, e := range w.devices[:i] {
			d.linked[j] = up(i, j)
			e.linked[i] = d.linked[j]
		}
	}
}

// number returns the number of a path, and gives it one if it is new.
func (w *world) number(p index.Path) int {
	if n, ok := w.numbers[p]; ok {
		return n
	}
	parent := -1
	if up := p.Parent(); !up.IsRoot() {
		parent = w.number(up)
	}
	n := len(w.paths)
	w.numbers[p] = n
	w.paths = append(w.paths, p)
	w.parents = append(w.parents, parent)
	for _, d := range w.devices {
		d.tree = append(d.tree, object{})
		d.have = append(d.have, index.Record{})
		d.newsful = append(d.newsful, false)
		for i := range d.heard {
			d.heard[i] = append(d.heard[i], index.File{})
		}
	}
	return n
}

// within reports whether path n lies strictly below path dir.
func (w *world) within(n, dir int) bool {
	for n = w.parents[n]; n > dir; n = w.parents[n] {
	}
	return n == dir
}

func (w *world) breaks(format string, args ...any) {
	if w.broken == nil {
		w.broken = fmt.Errorf(format, args...)
	}
}

func (d *device) say(format string, args ...any) {
	if d.w.say != nil {
		d.w.say(d, format, args...)
	}
}

// commit writes what now lies at path n into d's index.
func (d *device) commit(n int, f index.File) {
	f.Path = d.w.paths[n]
	old := d.have[n]
	if back := old.Version.Contains(f.Version); back && !old.Away() && !f.Away() {
		d.w.breaks("%s goes back at %s: from %v to %v", d.name, f.Path, old.Version, f.Version)
	}
	if had, has := old.Version.Count(d.folder.Self), f.Version.Count(d.folder.Self); has < had {
		d.w.breaks("%s forgets %d of its changes of %s", d.name, had-has, f.Path)
	}
	d.compare(n, f)
	d.log = append(d.log, n)
	d.have[n] = index.Record{File: f, Seq: index.Seq(len(d.log))}
	if d.needs(n) {
		d.tell(n)
	}
}

// compare checks that nothing known to d has the version of f and looks otherwise.
func (d *device) compare(n int, f index.File) {
	check := func(g index.File) {
		if g.Kind != index.Absent && !g.Away() && !f.Away() && g.Version.Compare(f.Version) == index.Equal && !f.Same(g) {
			d.w.breaks("%s: one version %v, two contents: %+v and %+v", f.Path, f.Version, objectOf(f), objectOf(g))
		}
	}
	check(d.have[n].File)
	for i := range d.heard {
		check(d.heard[i][n])
	}
}

// hear lets d learn, in the order of commits, up to limit more changes of e. It
// returns how many there were.
func (d *device) hear(e *device, limit int) int {
	count := 0
	for count < limit && d.upTo[e.nth] < len(e.log) {
		n := e.log[d.upTo[e.nth]]
		d.upTo[e.nth]++
		f := e.have[n].File
		if e.have[n].Seq != index.Seq(d.upTo[e.nth]) {
			continue // a later change of the same path is still to come
		}
		count++
		d.compare(n, f)
		d.heard[e.nth][n] = f
		if d.needs(n) {
			d.tell(n)
		}
	}
	return count
}

// needs reports whether a sender is known to hold what d's version of a path
// does not contain.
func (d *device) needs(n int) bool {
	for i, e := range d.w.devices {
		f := &d.heard[i][n]
		if e.folder.Receive || f.Kind == index.Absent || f.Away() {
			continue
		}
		if d.have[n].Kind == index.Sought || !d.have[n].Version.Contains(f.Version) {
			return true
		}
	}
	return false
}

func (d *device) tell(n int) {
	if !d.newsful[n] {
		d.newsful[n] = true
		d.news = append(d.news, n)
	}
}

// about gathers what d knows about a path.
func (d *device) about(n int) index.Case {
	d.others = d.others[:0]
	for i, e := range d.w.devices {
		if f := d.heard[i][n]; f.Kind != index.Absent {
			d.others = append(d.others, index.Holding{Device: e.id, File: f})
		}
	}
	return index.Case{Path: d.w.paths[n], Have: d.have[n], Others: d.others}
}

// save is a person who puts something at a path, and the scan that finds it.
func (d *device) save(n int, o object) {
	d.tree[n] = o
	d.commit(n, d.folder.Observe(d.have[n].File, o.at(d.w.paths[n])))
}

// remove is a person who deletes what lies at a path, and all below it, and the
// scan that finds it: children before their parents.
func (d *device) remove(n int) {
	var gone []int
	for m := n; m < len(d.tree); m++ {
		if d.tree[m].kind != index.Absent && (m == n || d.w.within(m, n)) {
			gone = append(gone, m)
		}
	}
	slices.SortFunc(gone, func(a, b int) int { return d.w.paths[b].Compare(d.w.paths[a]) })
	for _, m := range gone {
		d.tree[m] = object{}
		d.commit(m, d.folder.Gone(d.have[m].File))
	}
}

// get is a person who wants what is known of a path to come here.
func (d *device) get(n int) {
	if sought, ok := d.folder.Seek(d.about(n)); ok {
		d.say("seeks %s", d.w.paths[n])
		d.commit(n, sought)
	}
}

// letGo is a person who leaves a path to others.
func (d *device) letGo(n int) {
	for m := n + 1; m < len(d.tree); m++ {
		if d.tree[m].kind != index.Absent && d.w.within(m, n) {
			return // a directory stays while something is in it
		}
	}
	known, ok := d.folder.LetGo(d.about(n), func(other index.DeviceID) bool {
		e := d.w.devices[other[0]-1]
		return d.linked[e.nth] && Counts(d.id, e.id, e.some)
	})
	if ok {
		d.say("lets go of %s", d.w.paths[n])
		d.tree[n] = object{}
		d.commit(n, known)
	}
}

// browses makes d a device that keeps only some paths.
func (d *device) browses(keep ...index.Path) {
	d.some = true
	d.folder.Keeps = KeepSome(keep, nil)
}

func never() bool { return false }

// settle lets everybody hear everything and act, until nothing changes any more.
// It returns the number of rounds, or limit if there is no end.
func (w *world) settle(limit int) int {
	for round := range limit {
		changed := false
		for _, d := range w.devices {
			for _, e := range w.devices {
				if d.linked[e.nth] && d.hear(e, len(e.log)) > 0 {
					changed = true
				}
			}
		}
		for _, d := range w.devices {
			if d.act(never) {
				changed = true
			}
		}
		if !changed {
			return round
		}
	}
	return limit
}
