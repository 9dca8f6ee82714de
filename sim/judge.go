package sim

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kith/index"
	"kith/syncer"
)

// object is what lies at a path of a disk.
type object struct {
	kind index.Kind
	mode uint32
	time int64
	body string // content of a file, target of a link
}

func (o object) text(times bool) string {
	if !times {
		o.time = 0
	}
	return fmt.Sprintf("%s %o %d %q", o.kind, o.mode, o.time, brief(o.body))
}

// tree returns what lies on a device's disk, by path.
func (d *device) tree() map[string]object {
	out := map[string]object{}
	for _, e := range d.disk.Listing() {
		if e.Kind == index.Directory {
			out[e.Path.String()] = object{kind: e.Kind, mode: e.Mode}
			continue
		}
		o := object{kind: e.Kind, mode: e.Mode, time: e.Modified, body: e.Target}
		if e.Kind == index.Regular {
			data, err := d.disk.Read(e.Path.String())
			if err != nil {
				continue
			}
			o.body = string(data)
		}
		out[e.Path.String()] = o
	}
	return out
}

// versions returns the contents of a device's earlier versions.
func (d *device) versions() map[string]bool {
	out := map[string]bool{}
	kept, err := d.disk.Versions(index.Path{})
	if err != nil && len(kept) == 0 {
		return out
	}
	for _, k := range kept {
		var b bytes.Buffer
		if d.disk.Export(k, &b) == nil {
			out[b.String()] = true
		}
	}
	return out
}

// shows reports whether a text is to be seen at a device, but for what programs leave behind.
func (d *device) shows(body string) bool {
	tree := d.tree()
	maps.DeleteFunc(tree, func(p string, _ object) bool { return ignored(p) })
	return visible(tree, body)
}

// ignored are names that programs leave behind and that never travel, and what the
// rules that people write leave out.
func ignored(path string) bool {
	name := path[strings.LastIndexByte(path, '/')+1:]
	return strings.HasSuffix(name, "~") || strings.HasPrefix(name, "~") || name == "4913" || atHome(path) || inDen(path)
}

// judge holds the world against the laws, once it has come to rest.
func (l *ledger) judge() {
	trees := make([]map[string]object, len(l.w.devices))
	versions := make([]map[string]bool, len(l.w.devices))
	for i, d := range l.w.devices {
		trees[i], versions[i] = d.tree(), d.versions()
		for p := range trees[i] {
			if ignored(p) {
				delete(trees[i], p)
			}
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sort()
	l.converged(trees)
	l.nothingLost(trees, versions)
	l.nothingBack(trees)
	l.noDoubles(trees)
	l.several(trees)
	l.noFalseConflict(trees)
	l.keptLongEnough(versions)
	for i, d := range l.w.devices {
		l.indexIsTrue(d, trees[i], trees)
	}
	for _, t := range l.texts {
		t.past = t.past || t.over
	}
	clear(l.hands)
	clear(l.dark)
	clear(l.back)
	maps.DeleteFunc(l.awaited, func(at place, _ returning) bool { return !l.keptOut(at, trees[at.nth]) })
	l.blank = false
}

// sort tells what may lie anywhere: what was taken away by one person, while another one
// changed something at the same place, or where it had been saved: an edit that followed
// a file which was moved may have stayed there, too. And such an edit replaces what
// passes for moved, which is an earlier version then.
func (l *ledger) sort() {
	for _, t := range l.texts {
		if t.guise > 0 {
			t.hidden("taken for what was moved, by an index that was brought back, and nobody could say so")
		}
		t.frail = t.frail || t.from != "" && len(l.hands[fold(t.from)]) > 1
		t.from = ""
		switch {
		case !t.over || t.wild != "":
		case len(l.hands[fold(t.at)]) > 1 || followed(t) && len(l.hands[fold(t.born)]) > 1:
			t.wild = "several people changed it"
		case l.contested(t):
			t.wild = "a conflict copy whose name somebody else claimed"
		}
	}
}

// followed reports whether an engine had moved a text, and not to a conflict copy.
func followed(t *text) bool {
	return t.born != "" && t.born != t.at && !strings.Contains(t.at, "(conflict, ")
}

// converged: all hold the same.
func (l *ledger) converged(trees []map[string]object) {
	for i, tree := range trees[1:] {
		d := l.w.devices[i+1]
		for _, p := range slices.Sorted(maps.Keys(union(trees[0], tree))) {
			if l.scribbled(p) || d.def.Has("receive") && (ownCopy(p, tree) || trees[0][p].kind != index.Directory && l.keepsInside(p, tree)) {
				continue
			}
			a, b := trees[0][p], tree[p]
			if a.text(!l.coarse) == b.text(!l.coarse) || l.narrow && l.unholdable(p, trees) || l.remains(a.body) || l.remains(b.body) || l.unattainable(p, trees) {
				continue
			}
			if d.def.Has("receive") && l.unfair && (a.kind == index.Absent && l.forgotten(p) || l.outlived(d, p)) {
				continue
			}
			l.breaksLocked("not the same: at %q, %s has %s, %s has %s", p, l.w.devices[0].def.Name, a.text(!l.coarse), d.def.Name, b.text(!l.coarse))
		}
	}
}

func union[K comparable, V any](a, b map[K]V) map[K]V {
	all := make(map[K]V, len(a)+len(b))
	maps.Copy(all, a)
	maps.Copy(all, b)
	return all
}

// unholdable reports whether some disk takes a path, or a directory above it, for
// another one that is there too, or would list it as another one.
func (l *ledger) unholdable(p string, trees []map[string]object) bool {
	for at := p; at != ""; at = parent(at) {
		path := index.MustPath(at)
		for i, tree := range trees {
			if l.w.devices[i].def.Has("respells") && l.w.devices[i].disk.Spelled(path) != path {
				return true
			}
			if alias(at, tree) {
				return true
			}
		}
	}
	return false
}

// crowded reports whether a disk that is blind to case has something else in the
// place of a path, or of a directory above it.
func crowded(p string, tree map[string]object) bool {
	for at := p; at != ""; at = parent(at) {
		if alias(at, tree) {
			return true
		}
	}
	return false
}

// alias reports whether a tree has a path that only spells another one differently.
func alias(p string, tree map[string]object) bool {
	for q := range tree {
		if q != p && fold(q) == fold(p) {
			return true
		}
	}
	return false
}

// anyRemains reports whether what a power cut left lies somewhere.
func (l *ledger) anyRemains(trees []map[string]object) bool {
	for _, tree := range trees {
		for _, o := range tree {
			if l.remains(o.body) {
				return true
			}
		}
	}
	return false
}

// wasKept reports whether an earlier version of this was had for as long as they are.
func (l *ledger) wasKept(body string) bool {
	now := l.w.passed()
	return slices.ContainsFunc(l.keeps, func(k map[string]time.Duration) bool {
		since, ok := k[body]
		return ok && now-since >= 30*24*time.Hour
	})
}

// nothingLost: what was saved, and not knowingly taken away, can be seen by all.
func (l *ledger) nothingLost(trees []map[string]object, versions []map[string]bool) {
	for _, body := range slices.Sorted(maps.Keys(l.texts)) {
		t := l.texts[body]
		if t.over || t.lost != "" {
			continue
		}
		var missing, aside []string
		told, received := false, false // somebody has it who is listened to, or only receives
		for i, d := range l.w.devices {
			if visible(trees[i], body) {
				told, received = told || !d.def.Has("receive"), received || d.def.Has("receive")
			}
			if visible(trees[i], body) || d.def.Has("receive") && (l.scribbles() || l.crowdedOut(body, i, trees)) {
				continue
			}
			missing = append(missing, d.def.Name)
			if versions[i][body] {
				aside = append(aside, d.def.Name)
			}
		}
		switch {
		case len(missing) == 0 || l.narrow && len(missing) < len(l.w.devices):
		case len(missing) < len(l.w.devices) && l.anyRemains(trees): // for that they wait
		case t.frail && received && !told: // nobody takes anything from a receiver
		case t.frail && slices.ContainsFunc(versions, func(v map[string]bool) bool { return v[body] }):
		case t.frail && l.wasKept(body):
		default:
			l.breaksLocked("lost: %q is missed by %v, an earlier version at %v", brief(body), missing, aside)
		}
	}
}

func visible(tree map[string]object, body string) bool {
	for _, o := range tree {
		if o.kind != index.Directory && o.body == body {
			return true
		}
	}
	return false
}

// nothingBack: what somebody took away, having seen it, does not come back.
func (l *ledger) nothingBack(trees []map[string]object) {
	for i, tree := range trees {
		for _, p := range slices.Sorted(maps.Keys(tree)) {
			t := l.texts[tree[p].body]
			if t != nil && tree[p].kind != index.Directory && t.over && t.wild == "" && !l.scribbles() && !l.unattainable(p, trees) {
				l.breaksLocked("back again: %s has %q at %s, which somebody took away", l.w.devices[i].def.Name, brief(tree[p].body), p)
			}
		}
	}
}

// unattainable reports whether what somewhere lies at a path is left of something, or
// passes for something, that nobody has any more: the others wait for that.
func (l *ledger) unattainable(p string, trees []map[string]object) bool {
	return slices.ContainsFunc(trees, func(tree map[string]object) bool {
		t := l.texts[tree[p].body]
		if t == nil || !t.torn {
			return false
		}
		whole := t.whole()
		return whole == nil || !slices.ContainsFunc(trees, func(o map[string]object) bool { return l.anywhere(whole, o) })
	})
}

// whole returns what a text is left of, or passes for; nil if that was nothing.
func (t *text) whole() *text {
	for t != nil && t.torn {
		if t.sly != nil {
			t = t.sly
		} else {
			t = t.of
		}
	}
	return t
}

func (l *ledger) anywhere(t *text, tree map[string]object) bool {
	for _, o := range tree {
		if o.kind != index.Directory && l.texts[o.body] == t {
			return true
		}
	}
	return false
}

func (l *ledger) scribbles() bool { return len(l.scribble) > 0 }

// noDoubles: a text that nobody copied or moved lies in one place.
func (l *ledger) noDoubles(trees []map[string]object) {
	if l.moves && len(l.writers) > 1 {
		return // what one moves while another one changes it may end in both places
	}
	for i, tree := range trees {
		at := map[string]string{}
		for _, p := range slices.Sorted(maps.Keys(tree)) {
			o := tree[p]
			if o.kind == index.Directory {
				continue
			}
			if first, twice := at[o.body]; twice {
				if t := l.texts[o.body]; t != nil && t.wild == "" {
					l.breaksLocked("twice: %s has %q at %s and at %s", l.w.devices[i].def.Name, brief(o.body), first, p)
				}
			}
			at[o.body] = p
		}
	}
}

// several notes what lies in more than one place.
func (l *ledger) several(trees []map[string]object) {
	for _, t := range l.texts {
		t.twice = false
	}
	for _, tree := range trees {
		met := map[string]bool{}
		for _, o := range tree {
			if t := l.texts[o.body]; t != nil && o.kind != index.Directory {
				t.twice = t.twice || met[o.body]
				met[o.body] = true
			}
		}
	}
}

// noFalseConflict: where only one person does anything, nobody disagrees.
func (l *ledger) noFalseConflict(trees []map[string]object) {
	if len(l.writers) > 1 || l.unfair {
		return
	}
	for i, tree := range trees {
		for _, p := range slices.Sorted(maps.Keys(tree)) {
			if t := l.texts[tree[p].body]; t != nil && t.spare {
				continue // kept beside what somebody took back
			}
			if strings.Contains(p, "(conflict, ") {
				l.breaksLocked("false conflict: %s has %s, and only one person did anything", l.w.devices[i].def.Name, p)
			}
		}
	}
}

// keptLongEnough: what an engine took away is among the earlier versions, for 30 days
// by the clocks that say when that was, and how long ago.
func (l *ledger) keptLongEnough(versions []map[string]bool) {
	now := l.w.passed()
	for i, keeps := range l.keeps {
		for _, body := range slices.Sorted(maps.Keys(keeps)) {
			if now-keeps[body] < 30*24*time.Hour && !versions[i][body] {
				l.breaksLocked("not kept: %s took %q away, and has no earlier version of it", l.w.devices[i].def.Name, brief(body))
			}
		}
	}
}

// indexIsTrue: the index says what lies on the disk, or what is awaited there.
func (l *ledger) indexIsTrue(d *device, tree map[string]object, trees []map[string]object) {
	said := map[string]bool{}
	err := d.store().List(context.Background(), l.w.folder, index.Path{}, func(r index.Record) error {
		if !r.Live() {
			return nil
		}
		p := r.Path.String()
		if ignored(p) {
			return nil
		}
		said[p] = true
		o, there := tree[p]
		switch {
		case l.remains(o.body):
		case !there && l.unattainable(p, trees):
		case !there && l.unfair && l.narrow && crowded(p, tree): // what a power cut took has no place any more
		case !there && l.keptOut(place{d.nth, p}, tree):
		case !there || o.kind != r.Kind:
			l.breaksLocked("index untrue: the one of %s says there is a %s at %s, and there is a %s", d.def.Name, r.Kind, p, o.kind)
		case r.Kind == index.Regular && int64(len(o.body)) != r.Size,
			r.Kind == index.Regular && !rootOf(o.body).IsZero() && rootOf(o.body) != r.Root,
			r.Kind == index.Symlink && o.body != r.Target:
			l.breaksLocked("index untrue: the one of %s says something else than what %s holds: %q", d.def.Name, p, brief(o.body))
		}
		return nil
	})
	if err != nil {
		l.breaksLocked("index untrue: the one of %s cannot be read: %v", d.def.Name, err)
	}
	for _, p := range slices.Sorted(maps.Keys(tree)) {
		if !said[p] {
			l.breaksLocked("index untrue: the one of %s does not know of %s", d.def.Name, p)
		}
	}
}

// calm is how long nothing may have happened for a status to be believed.
const calm = 4 * time.Second

// glance holds what devices say of themselves against what is so: who says that
// all are in step, a while after the last thing that happened, holds the same as
// those it is connected with.
func (l *ledger) glance() {
	l.mu.Lock()
	quiet := l.w.since()-l.moment > calm
	l.mu.Unlock()
	if !quiet || l.w.sc.Slow > 1 || l.narrow {
		return
	}
	for _, d := range l.w.devices {
		if d.def.Has("receive") || d.hinderedNow() {
			continue
		}
		for _, o := range l.w.devices {
			if o.def.Has("receive") || o.hinderedNow() || !d.vouches(o) || !o.vouches(d) {
				continue
			}
			l.alike(d, o)
		}
	}
}

// vouches reports whether a device says that it, and another one that it is
// connected with, are in step.
func (d *device) vouches(o *device) bool {
	s := d.status()
	return s.Phase == syncer.InStep && slices.ContainsFunc(s.Members, func(m syncer.MemberStatus) bool {
		return m.Device == o.id && m.Connected && m.InStep
	})
}

func (l *ledger) alike(d, o *device) {
	a, b := d.tree(), o.tree()
	for _, p := range slices.Sorted(maps.Keys(union(a, b))) {
		if ignored(p) || d.unaware(p) || o.unaware(p) || l.disguised(a[p].body) || l.disguised(b[p].body) {
			continue
		}
		if a[p].text(!l.coarse) != b[p].text(!l.coarse) {
			l.breaks("untrue status: %s and %s say that they are in step, and at %s one has %s, the other %s", d.def.Name, o.def.Name, p, a[p].text(!l.coarse), b[p].text(!l.coarse))
		}
	}
}

func (d *device) hinderedNow() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.broken.eio || d.broken.storeFull
}

func (d *device) store() syncer.Store {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.index
}
