package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"kith/index"
)

// ledger writes down what people saved, saw and took away, and what became of it.
// It shares no code with the engine: it knows texts, not versions.
type ledger struct {
	w      *world
	narrow bool // some disk cannot hold all names
	coarse bool // some disk keeps coarse times

	mu       sync.Mutex // guards the rest
	broken   []string
	texts    map[string]*text
	halves   map[string]bool // what is there while a program saves
	saving   map[place]int   // where programs save just now
	keeps    []map[string]time.Duration
	claims   map[claim]*claimed             // by path and version
	latest   []map[index.Path]index.Version // by device
	files    []map[index.Path]bool          // by device: what its index has as a file
	writers  map[int]bool                   // devices at which somebody did something
	unfair   bool                           // a disk or an index went back in time
	scribble map[string]bool                // paths that people at receivers touched
	hands    map[string]map[int]bool        // by folded path: the devices at which somebody changed it since the last rest
	taken    map[string]bool                // folded paths from which somebody took something away
	cleared  []cleared                      // what was removed where files are not always to be seen
	moves    bool                           // somebody moved something
	dark     map[int]bool                   // devices that had an accident since the last rest
	blank    bool                           // an index was lost since the last rest
	back     map[int]bool                   // devices that lost theirs, or have an older one, since the last rest
	moment   time.Duration                  // of the latest disturbance
	acted    map[place]time.Duration        // when the person at a device did something last at a path
	awaited  map[place]returning            // what is to come back there, as a person took back that it went
}

// text is something that a person saved, every time another one.
type text struct {
	over  bool           // somebody who saw it replaced or deleted it
	at    string         // there,
	by    int            // at this device
	from  string         // where somebody had taken it away who then saved it elsewhere: to all others it was moved
	born  string         // where it was saved first
	twice bool           // it lay in two places at the last rest
	left  int            // where somebody took one of several away, and left others: the device, from 1
	past  bool           // before the last rest
	frail bool           // an accident took it from a disk: an earlier version will do
	moved bool           // somebody gave it another name
	wild  string         // why it may lie anywhere, or nowhere; empty if not
	lost  string         // why it may be gone; empty if it may not
	torn  bool           // what a power cut left of something,
	of    *text          // of this
	known bool           // of something that the index knew
	told  bool           // it was committed to the index of where it was saved,
	in    int            // at this device, which may forget it
	sly   *text          // it has the size and the time of this, which lay there before
	guise int            // the device, from 1, whose index was brought back, and takes it for what was moved
	names map[place]bool // where indexes said that it lay, having found it there
	stays int            // somebody took back that it went: at this device, from 1
	spare bool           // kept beside what somebody took back, or the other way round
	root  index.Hash
}

// place is a path of a device.
type place struct {
	nth  int
	path string
}

// sight is what a person saw at a path.
type sight struct{ path, body string }

// cleared is a directory that somebody removed at a device.
type cleared struct {
	dir string // folded
	by  int
}

func newLedger(w *world) *ledger {
	l := &ledger{w: w, texts: map[string]*text{}, halves: map[string]bool{}, saving: map[place]int{}, claims: map[claim]*claimed{}, writers: map[int]bool{}, scribble: map[string]bool{}, hands: map[string]map[int]bool{}, dark: map[int]bool{}, back: map[int]bool{}, taken: map[string]bool{}, acted: map[place]time.Duration{}, awaited: map[place]returning{}}
	for _, d := range w.sc.Devices {
		l.files = append(l.files, map[index.Path]bool{})
		l.narrow = l.narrow || d.Has("caseblind") || d.Has("respells")
		l.coarse = l.coarse || d.Has("coarse")
		l.keeps = append(l.keeps, map[string]time.Duration{})
		l.latest = append(l.latest, map[index.Path]index.Version{})
	}
	return l
}

// breaks notes that a law was broken.
func (l *ledger) breaks(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.breaksLocked(format, args...)
}

func (l *ledger) breaksLocked(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if len(l.broken) < 20 && !slices.Contains(l.broken, line) {
		l.broken = append(l.broken, line)
	}
}

func (l *ledger) acts(d *device, path string) {
	l.writers[d.nth] = true
	l.moment = l.w.since()
	l.acted[place{d.nth, path}] = l.moment
	for p := path; p != ""; p = parent(p) {
		if t := l.texts[l.awaited[place{d.nth, p}].body]; t != nil && t.stays == d.nth+1 {
			t.frail = true // who saves there, or makes a directory, before it is back takes its place
		}
	}
	l.touches(d, path)
	if d.def.Has("receive") {
		l.scribble[path], l.scribble["swap.tmp"] = true, true
	}
}

// touches notes that what lies at a path is of the hands of somebody at a device.
func (l *ledger) touches(d *device, path string) {
	if l.hands[fold(path)] == nil {
		l.hands[fold(path)] = map[int]bool{}
	}
	l.hands[fold(path)][d.nth] = true
}

// scribbled reports whether somebody at a receiver changed something there, or in
// what it lies in, or in it.
func (l *ledger) scribbled(path string) bool {
	path = fold(path)
	for p := range l.scribble {
		if p = fold(p); p == path || strings.HasPrefix(p, path+"/") || strings.HasPrefix(path, p+"/") {
			return true
		}
	}
	return false
}

// fold is the name that a disk blind to case has for a path.
func fold(path string) string { return index.MustPath(path).Fold() }

// stirred notes that a person did something with some paths. Who has something in a
// directory has a hand in that: somebody else may have a file in its place.
func (l *ledger) stirred(d *device, paths []string) {
	had := d.records(paths)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unmoved(d, had)
	for _, p := range paths {
		l.acts(d, p)
		for p = parent(p); p != ""; p = parent(p) {
			l.touches(d, p)
		}
	}
}

// records returns what the index of a device has at those of some words that are paths.
func (d *device) records(words []string) (all []index.Record) {
	for _, word := range words {
		if p, err := index.ParsePath(word); err == nil {
			all = append(all, d.record(p))
		}
	}
	return all
}

// unmoved: after a power cut, and perhaps before anything was looked at, somebody changes
// what lies at some paths. What the index has there because it had been moved there is
// replaced by that, and where the cut took it back to it may be what belongs elsewhere.
func (l *ledger) unmoved(d *device, had []index.Record) {
	for _, t := range l.texts {
		t.frail = t.frail || l.dark[d.nth] && t.moved && slices.ContainsFunc(had, func(r index.Record) bool { return r.Kind == index.Regular && r.Root == t.root })
	}
}

// lenient reports whether devices need not agree on everything: not where a disk
// cannot hold all names, or people change what is only to be received.
func (l *ledger) lenient() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.narrow || len(l.scribble) > 0 || l.unfair && slices.ContainsFunc(l.w.sc.Devices, func(d Device) bool { return d.Has("receive") })
}

// remains reports whether a body is what a power cut left.
func (l *ledger) remains(body string) bool {
	t := l.texts[body]
	return t != nil && t.torn
}

// onlyRemains reports whether somewhere lies what a power cut left of something
// that nobody else has: nobody can be in step with that, and nobody says so.
func (l *ledger) onlyRemains() bool {
	for _, d := range l.w.devices {
		for _, o := range d.tree() {
			l.mu.Lock()
			is := l.remains(o.body)
			l.mu.Unlock()
			if is {
				return true
			}
		}
	}
	return false
}

// stir notes that something happened just now.
func (l *ledger) stir() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.moment = l.w.since()
}

// saved: a person saved body at a path, where old lay if over.
func (l *ledger) saved(d *device, path, body, old string, over bool) {
	another := over && l.another(d, old)
	if over && old != body {
		l.takes(d, path, old)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acts(d, path)
	if t := l.texts[body]; t != nil {
		if t.over && l.movesFrom(t.at, d, path) {
			t.from = t.at
		}
		t.wild = "saved more than once"
		t.over = t.over && over && old == body // what lies there already is no change
	} else {
		l.texts[body] = &text{root: rootOf(body), born: path}
	}
	// After a power cut, what is saved before the first look may pass for what the
	// cut left, if its time says so.
	l.texts[body].frail = l.texts[body].frail || l.dark[d.nth]
	if d.def.Has("receive") {
		l.texts[body].lost = "a receiver's own"
		l.texts[body].wild = "a receiver's own"
	}
	if over && old != body {
		l.replaced(d, path, old, another)
	}
	l.meets(d, path, body)
}

// movesFrom reports whether a text that was taken away at a path, and is saved at another
// one by who did that, seems to be moved.
func (l *ledger) movesFrom(from string, d *device, to string) bool {
	at := fold(from)
	return at != fold(to) && l.taken[at] && l.hands[at][d.nth]
}

// another reports whether a text that lay in two places at the last rest is still to be
// seen at a device. One that came to lie in two places since then may be on its way from
// the one to the other: who takes away what is left there may mean the text, or not.
func (l *ledger) another(d *device, body string) bool {
	shows := d.shows(body)
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.texts[body]
	if t != nil && !t.twice && shows && t.wild == "" {
		t.wild = "one of two was taken away"
	}
	return t != nil && t.twice && shows
}

// takes: somebody is about to take a text away. Where a program was killed that had just put
// it there, and no index says so, the next one cannot know that it ever lay there.
func (l *ledger) takes(d *device, path, body string) {
	if life := d.alive(); life != nil && !life.dead.Load() || d.record(d.disk.Spelled(index.MustPath(path))).Live() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.texts[body]; t != nil {
		t.wild = "taken away before an index knew that it lay there"
	}
}

// replaced: somebody who saw a text made it go. If another one of it was there, too,
// and still is, that is meant to stay.
func (l *ledger) replaced(d *device, path, body string, another bool) {
	if at := (place{d.nth, path}); l.awaited[at].body == body {
		delete(l.awaited, at) // it was back
	}
	if t := l.texts[body]; t != nil {
		if d.def.Has("receive") { // nobody listens to a receiver
			if t.frail && !l.elsewhere(d)[body] {
				t.lost = "an accident took it from a disk, and then somebody at a receiver took the last one"
			}
			return
		}
		if another && (t.left == 0 || t.left == d.nth+1) {
			t.left = d.nth + 1
			return
		}
		t.over, t.at, t.by = true, path, d.nth
		if another {
			t.wild = "several people took one of it away, perhaps not the same"
		}
		if l.dark[d.nth] {
			t.wild = "taken away after a power cut, before anything was looked at"
		}
		if l.blank {
			t.wild = "taken away while somebody had forgotten whose it was"
		}
		if t.of != nil {
			t.of.lost, t.of.wild = "somebody took its remains away", "somebody took its remains away"
		}
	}
}

// united: somebody moved one of several of a text over another one. There is one less, and
// that one is meant to stay. But if the text was on its way from the one place to the other,
// to be replaced there by what somebody else has in its place, it lies there as it did, and
// is replaced.
func (l *ledger) united(d *device, path, body string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !d.def.Has("receive") {
		l.replaced(d, path, body, true)
		if t := l.texts[body]; t != nil && !t.twice && len(l.hands[fold(path)]) > 1 {
			t.frail = true
		}
	}
}

func (l *ledger) removed(d *device, seen []sight) {
	another := make([]bool, len(seen))
	for i, s := range seen {
		another[i] = l.another(d, s.body)
		l.takes(d, s.path, s.body)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, s := range seen {
		l.acts(d, s.path)
		l.taken[fold(s.path)] = true
		l.replaced(d, s.path, s.body, another[i])
		if t := l.texts[s.body]; t != nil && t.over && l.settledUnheard(d, index.MustPath(s.path), t.root) {
			t.wild = "taken away by who did not know yet how others had settled that it lies there"
		}
	}
}

// emptied: somebody removed what lay at a path, and all below it. On a disk that cannot
// exchange, a file that is just being replaced is not there to be seen: who removes its
// directory takes it away unseen, as with any program that was killed at that.
func (l *ledger) emptied(d *device, path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if d.def.Has("noexchange") {
		l.cleared = append(l.cleared, cleared{fold(path), d.nth})
	}
}

// wasCleared reports whether somebody at a device removed a directory above a path in
// this way.
func (l *ledger) wasCleared(d *device, path string) bool {
	return slices.ContainsFunc(l.cleared, func(c cleared) bool {
		return c.by == d.nth && strings.HasPrefix(fold(path), c.dir+"/")
	})
}

// moved: somebody moved what lay at and below a path to another one. Who moves a directory
// has a hand in all that lies in it, where it lay and where it lies.
func (l *ledger) moved(d *device, seen []sight, from, to string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.moves = true
	for _, s := range seen {
		l.acts(d, s.path)
		l.touches(d, fold(to)+strings.TrimPrefix(fold(s.path), fold(from)))
		if t := l.texts[s.body]; t != nil {
			t.moved, t.wild = true, "moved"
			t.frail = t.frail || l.dark[d.nth]
			if t.sly != nil && !t.told { // a rename hides that something was written, too
				t.hidden("moved before anything looked at it, with the size and the time of what lay there before")
			}
			if t.of != nil {
				t.of.lost, t.of.wild = "somebody moved its remains", "somebody moved its remains"
				t.known = false
			}
		}
	}
}

// touched: somebody changed the time or the permissions, which is as good as
// saving it again.
func (l *ledger) touched(d *device, path string) {
	body, ok := d.read(path)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acts(d, path)
	if t := l.texts[body]; ok && t != nil {
		t.wild = "touched"
		t.frail = t.frail || l.dark[d.nth] // as what is saved then
		t.known = false                    // what a power cut left was saved again
		if t.of != nil {
			t.of.frail, t.of.wild = true, "somebody touched its remains"
		}
	}
}

func (l *ledger) wild(body, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.texts[body]; t != nil {
		t.wild = why
		t.known = false // whatever it was, a person wants it there
	}
}

// frail: an earlier version of this will do.
func (l *ledger) frail(body string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.texts[body]; t != nil {
		t.frail = true
	}
}

// wasMoved reports whether somebody moved this.
func (l *ledger) wasMoved(body string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.texts[body]
	return t != nil && t.moved
}

// placed: an engine put body at a path.
func (l *ledger) placed(d *device, p index.Path, body string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.texts[body]
	switch {
	case t == nil && l.halves[body] && l.exact() && l.saving[place{d.nth, p.String()}] == 0:
		l.breaksLocked("half a file: %s shows at %s %q", d.def.Name, p, brief(body))
	case t == nil && !l.halves[body]:
		l.breaksLocked("nobody's: %s shows at %s %q, which nobody saved", d.def.Name, p, brief(body))
	case t != nil && t.torn && t.known && !l.halves[body]:
		l.breaksLocked("torn: %s shows at %s what a power cut left elsewhere of a file that was known", d.def.Name, p)
	}
}

// exact reports whether half-written files can be told from whole ones: not
// where the times of a disk say nothing.
func (l *ledger) exact() bool {
	return !l.unfair && !l.coarse && !slices.ContainsFunc(l.w.sc.Steps, func(s Step) bool { return s.Verb == "leap" })
}

// kept: an engine made body an earlier version.
func (l *ledger) kept(d *device, body string) {
	at := d.onDisk(l.w.passed()) // from then on its age is counted
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keeps[d.nth][body] = at
}

// putBack: a disk that was opened took what it had only half replaced out of the
// earlier versions, and put it where it had been.
func (l *ledger) putBack(d *device, had map[string]bool) {
	kept, here := d.versions(), contents(d.tree())
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.keeps[d.nth], func(body string, _ time.Duration) bool { return had[body] && !kept[body] && here[body] })
}

func rootOf(body string) index.Hash {
	if len(body) == 0 || len(body) > 16<<10 {
		return index.Hash{}
	}
	return index.RootOf([]index.Block{{Hash: index.Sum([]byte(body)), Size: uint32(len(body))}})
}

func brief(body string) string {
	if len(body) > 60 {
		return fmt.Sprintf("%s… (%d bytes)", body[:40], len(body))
	}
	return body
}
