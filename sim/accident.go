package sim

import (
	"context"
	"maps"
	"slices"
	"time"

	"kith/index"
)

// amnesia: a device lost its index, or has an older one, which knew so much.
func (l *ledger) amnesia(d *device, knew map[claim]known) {
	seen, fits, moved := d.bodies(), d.fits(), d.takenForMoved()
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.latest[d.nth])
	clear(l.files[d.nth])
	l.unfair, l.blank, l.back[d.nth] = true, true, true
	for _, b := range seen {
		if t := l.texts[b]; t != nil {
			t.wild = "it lay where an index was lost"
			t.known = false
		}
	}
	stays := func(f index.File) bool { return !l.followedElsewhere(d, f) }
	for body, files := range fits {
		if t := l.texts[body]; t != nil && !slices.ContainsFunc(files, stays) {
			t.frail = true
		}
	}
	l.forgets(d, knew)
	l.disguise(d, moved)
	l.forgotWhatStays(d)
	for _, t := range l.texts {
		if t.over {
			t.wild = "an index was lost"
		}
		t.told = t.told && t.in != d.nth
		maps.DeleteFunc(t.names, func(at place, _ bool) bool { return at.nth == d.nth })
	}
}

// fits returns what the index of a device has of the files that lie just as it says, by
// their contents.
func (d *device) fits() map[string][]index.File {
	all := map[string][]index.File{}
	for path, o := range d.tree() {
		recs, err := d.store().Get(context.Background(), d.w.folder, []index.Path{index.MustPath(path)}, false)
		if err != nil || o.kind != index.Regular || recs[0].Kind != index.Regular {
			continue
		}
		r, root := recs[0], rootOf(o.body)
		if r.Size == int64(len(o.body)) && r.Modified == o.time && r.Mode == o.mode && (root.IsZero() || root == r.Root) {
			all[o.body] = append(all[o.body], r.File)
		}
	}
	return all
}

// followedElsewhere reports whether others know something that replaced what a device has,
// and nothing of its having been brought back after that: what lies as its index says is
// what that says, and is replaced once more.
func (l *ledger) followedElsewhere(d *device, have index.File) bool {
	replaced := false
	for of, c := range l.claims {
		if of.path != have.Path || !contains(c.file.Version, have.Version) || contains(have.Version, c.file.Version) || !l.toldOf(d, of) {
			continue
		}
		if c.file.Kind == index.Regular && c.file.Root == have.Root {
			return false
		}
		replaced = true
	}
	return replaced
}

// setBack: the disk under an index lost the last commits, which it had said it has.
// What lies there stays what it is.
func (l *ledger) setBack(d *device, knew map[claim]known) {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.latest[d.nth])
	clear(l.files[d.nth])
	l.forgets(d, knew)
	l.forgotWhatStays(d)
	l.unfair, l.back[d.nth] = true, true
	for _, t := range l.texts {
		t.told = t.told && t.in != d.nth
		maps.DeleteFunc(t.names, func(at place, _ bool) bool { return at.nth == d.nth })
		// Where the record of a move is gone, and what the move displaced is back, that
		// looks like an edit of what was moved, and follows it.
		t.frail = t.frail || t.wild != ""
	}
}

// unexplained: an index lost that its device had put there what lies on the disk. So it
// passes for what somebody saved there, also where others have replaced it, or do before
// they meet.
func (l *ledger) unexplained(d *device) {
	lies := d.tree()
	maps.DeleteFunc(lies, func(path string, o object) bool { return o.kind == index.Directory || d.has(path, o) })
	l.mu.Lock()
	defer l.mu.Unlock()
	for body := range contents(lies) {
		if t := l.texts[body]; t != nil {
			t.wild = "an index lost how it came there"
		}
	}
}

// has reports whether a device's index has an object at a path, as far as that can be told.
func (d *device) has(path string, o object) bool {
	r := d.record(index.MustPath(path))
	if o.kind == index.Symlink {
		return r.Kind == o.kind && r.Target == o.body
	}
	root := rootOf(o.body)
	return r.Kind == o.kind && r.Size == int64(len(o.body)) && (root.IsZero() || root == r.Root)
}

// madeAnew: all files of a disk were written once more, by a program that gave them
// their old times. Its index knows none of these objects before it found it; and what a
// power cut had left, and was written again, is what somebody wants there.
func (l *ledger) madeAnew(d *device) {
	lies := d.bodies()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.texts {
		maps.DeleteFunc(t.names, func(at place, _ bool) bool { return at.nth == d.nth })
	}
	for _, body := range lies {
		if t := l.texts[body]; t != nil {
			t.known = false
		}
	}
}

// bodies returns the contents of all files on a disk.
func (d *device) bodies() []string {
	var texts []string
	for _, body := range d.tree() {
		texts = append(texts, body.body)
	}
	return texts
}

// disturb changes a disk as no person and no engine does, and writes down what
// may be missing after it, or lie there again.
func (l *ledger) disturb(d *device, why string, fn func()) {
	before, hadKept := d.tree(), d.versions()
	fn()
	after, kept := d.tree(), d.versions()
	elsewhere, older, later, halves, inPlace := l.elsewhere(d), d.datedBack(before), d.datedAhead(after), d.passForHalves(after), d.writtenInPlace(after)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unfair, l.dark[d.nth] = true, true
	l.moment = l.w.since()
	was, here := contents(before), contents(after)
	maps.Copy(was, hadKept)
	under, half := uncoveredOnly(before, after), halfMoved(before, after)
	for body := range was {
		t := l.texts[body]
		if t == nil || here[body] && !(t.moved && half[body] || !t.moved && under[body]) {
			continue
		}
		t.frail = true
		if !here[body] && !kept[body] && !elsewhere[body] {
			t.lost = why
		}
	}
	l.unsettle(d, before)
	for body := range older {
		if t := l.texts[body]; t != nil {
			t.frail = true
		}
	}
	l.leavings(d, why, before, after, later, halves, inPlace)
	maps.DeleteFunc(l.keeps[d.nth], func(body string, _ time.Duration) bool { return !kept[body] })
	for body := range here {
		if t := l.texts[body]; t != nil && t.over && !was[body] {
			t.wild = why
		}
	}
	// What a person took away just before may be back: it may not have reached the
	// disk, or is taken for what did not.
	for _, t := range l.texts {
		if t.over && t.by == d.nth && !t.past {
			t.wild = why
		}
	}
}

// datedBack returns the contents of files that are no newer, by their time, than what a
// device's index has there, and are something else: somebody saved them after the clock
// had been set back, and after a power cut they pass for what had lain there before.
func (d *device) datedBack(tree map[string]object) map[string]bool {
	older := map[string]bool{}
	for path, o := range tree {
		recs, err := d.store().Get(context.Background(), d.w.folder, []index.Path{index.MustPath(path)}, false)
		if err == nil && o.kind == index.Regular && recs[0].Kind == index.Regular && recs[0].Root != rootOf(o.body) && o.time <= recs[0].Modified {
			older[o.body] = true
		}
	}
	return older
}

// datedAhead returns the paths of files that bear a later time than a device's index has
// there, or had before it was deleted or moved: as far as it can tell, somebody saved them
// since.
func (d *device) datedAhead(tree map[string]object) map[string]bool {
	later := map[string]bool{}
	for path, o := range tree {
		r := d.record(index.MustPath(path))
		had := r.Modified
		if r.Kind == index.Deleted {
			had = r.Identity.Modified
		}
		if o.kind == index.Regular && (r.Kind == index.Regular || r.Kind == index.Deleted) && o.time > had {
			later[path] = true
		}
	}
	return later
}

// passForHalves returns the paths of files that are the very objects that a device's index
// has, as they were before, with a later time: they were written in place, and dated back. As
// far as it can tell, they are half of that.
func (d *device) passForHalves(tree map[string]object) map[string]bool {
	halves := map[string]bool{}
	for path, o := range tree {
		r, is := d.record(index.MustPath(path)), d.look(path).Identity
		if o.kind == index.Regular && r.Kind == index.Regular && is.Inode == r.Identity.Inode && is.Changed <= r.Identity.Changed && o.time > r.Modified {
			halves[path] = true
		}
	}
	return halves
}

// writtenInPlace returns the paths of files that are the very objects that a device's index
// has, with a time no later. Of what was written there since, and survives an accident, nobody
// can tell that it is not half of what the index has.
func (d *device) writtenInPlace(tree map[string]object) map[string]bool {
	same := map[string]bool{}
	for path, o := range tree {
		r, is := d.record(index.MustPath(path)), d.look(path).Identity
		if o.kind == index.Regular && r.Kind == index.Regular && is.Inode == r.Identity.Inode && is.Modified <= r.Identity.Modified {
			same[path] = true
		}
	}
	return same
}

// playedBack: the disk of a receiver, and not its index, is what it was before. That
// is as if somebody there had done it, whom nobody hears.
func (l *ledger) playedBack(d *device, before map[string]object) {
	after := d.tree()
	l.mu.Lock()
	defer l.mu.Unlock()
	for path := range union(before, after) {
		if before[path] != after[path] {
			l.scribble[path] = true
		}
	}
}

// broughtBack: a disk is what it was before, and the index with it. What was moved, or
// something else had taken the place of, lies in its old place: to all others it is gone
// from there.
func (l *ledger) broughtBack(d *device, before map[string]object) {
	after := d.tree()
	l.mu.Lock()
	defer l.mu.Unlock()
	stays := map[string]bool{} // of what lies there: whether it has stayed in one of its places
	for path, o := range after {
		stays[o.body] = stays[o.body] || before[path].body == o.body
	}
	for body := range contents(before) {
		if in, lies := stays[body]; lies && !in && l.texts[body] != nil {
			l.texts[body].frail = true
		}
	}
}

// uncoveredOnly returns what lies after an accident only where something else had taken
// its place: there it is to be replaced once more.
func uncoveredOnly(before, after map[string]object) map[string]bool {
	only := map[string]bool{}
	for path, o := range after {
		lay, there := before[path]
		under, known := only[o.body]
		only[o.body] = there && lay.body != o.body && (under || !known)
	}
	return only
}

// halfMoved returns what lay in several places, and lies after an accident in some of them
// only: where it had been moved elsewhere, and half of that was heard, its new name is
// missed, and from its old one it is to go.
func halfMoved(before, after map[string]object) map[string]bool {
	half, elsewhere := map[string]bool{}, map[string]bool{}
	for path, o := range before {
		if after[path].body != o.body {
			half[o.body] = true
		}
	}
	for path, o := range after {
		if before[path].body != o.body {
			elsewhere[o.body] = true
		}
	}
	maps.DeleteFunc(half, func(body string, _ bool) bool { return elsewhere[body] })
	return half
}

// contents returns what lies in a tree.
func contents(tree map[string]object) map[string]bool {
	all := map[string]bool{}
	for _, o := range tree {
		all[o.body] = true
	}
	return all
}

// unsettle: what a person moved just before, and no index knew by its new name, or
// saved with an old size and time, may pass for what the accident left.
func (l *ledger) unsettle(d *device, before map[string]object) {
	known := map[*text]bool{}
	for path, o := range before {
		if t := l.texts[o.body]; t != nil && t.names[place{d.nth, path}] {
			known[t] = true
		}
	}
	for _, t := range l.texts {
		t.frail = t.frail || t.moved && !known[t] || t.sly != nil
	}
}

// leavings writes down what lies where something else lay before an accident.
func (l *ledger) leavings(d *device, why string, before, after map[string]object, later, halves, inPlace map[string]bool) {
	for _, path := range slices.Sorted(maps.Keys(after)) {
		o, t := after[path], l.texts[after[path].body]
		lay, there := before[path]
		if t != nil && ignored(path) {
			t.lost = why // in a file that nobody else ever sees
		}
		if o.kind == index.Directory || there && lay.kind == o.kind && lay.body == o.body {
			if t != nil && t.sly != nil && !t.told && inPlace[path] {
				t.hidden("saved right before " + why + ", with the size and the time of what lay there before")
			}
			continue
		}
		if t != nil && !t.torn {
			t.wild = why
			if was := l.texts[lay.body]; was != nil && (was.sly == t || halves[path] && !t.told) {
				t.torn = true // by its size and time it may as well be half of what had replaced it
			}
			continue
		}
		original := l.texts[lay.body]
		if was, torn := d.torn[path]; torn {
			original = l.texts[was] // it may have lain elsewhere, or not there any more
		}
		// Under a name by which our index does not know it, nobody can tell that it was
		// another file. What was touched since it was looked at is as good as saved, unless
		// nothing is left of it. What is left of several files may be the same bytes.
		saved := later[path] && o.body != ""
		known := !saved && original != nil && original.told && !original.over && original.names[place{d.nth, path}]
		l.texts[o.body] = &text{torn: true, of: original, known: known && (t == nil || t.known), wild: why, lost: why}
	}
}

// elsewhere returns what the other disks have, in use or as earlier versions.
func (l *ledger) elsewhere(not *device) map[string]bool {
	all := map[string]bool{}
	for _, d := range l.w.devices {
		if d == not {
			continue
		}
		for _, o := range d.tree() {
			all[o.body] = true
		}
		for body := range d.versions() {
			all[body] = true
		}
	}
	return all
}
