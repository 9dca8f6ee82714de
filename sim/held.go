package sim

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kith/index"
	"kith/syncer"
)

// What the brake holds waits for a person. Who takes it back has it all as it was before,
// everywhere, and loses nothing.

// held is a file that the brake may hold at a device: the index has a text there, and the
// disk shows another one, or nothing; or it has been told that others do.
type held struct {
	path string
	told string // what the index has there
	lies string // what the disk shows instead; empty for nothing
}

// onHold returns what the brake may hold of what a device's person did (here), and of what
// others did. What took the place of directories (instead) is held with what lay in them.
func (l *ledger) onHold(d *device) (here, there, instead []held) {
	tree := d.tree()
	l.mu.Lock()
	defer l.mu.Unlock()
	bodies, long := map[index.Hash]string{}, map[int64][]string{}
	for body, t := range l.texts {
		if !t.root.IsZero() {
			bodies[t.root] = body
		} else {
			long[int64(len(body))] = append(long[int64(len(body))], body)
		}
	}
	err := d.store().List(context.Background(), l.w.folder, index.Path{}, func(r index.Record) error {
		p := r.Path.String()
		body, known := bodies[r.Root]
		if all := long[r.Size]; !known && r.Kind == index.Regular && len(all) == 1 {
			body, known = all[0], true // of many blocks: told by its length
		}
		if r.Kind == index.Symlink {
			body, known = r.Target, true
		}
		o := tree[p]
		if r.Kind == index.Directory && o.kind != index.Directory && o.kind != index.Absent {
			instead = append(instead, held{path: p, lies: o.body})
		}
		if !r.Live() || r.Kind == index.Directory || ignored(p) || !known {
			return nil
		}
		t := l.texts[body]
		switch {
		case o.kind != r.Kind || o.body != body:
			here = append(here, held{p, body, o.body})
		case t != nil && t.over:
			there = append(there, held{p, body, body})
		}
		return nil
	})
	if err != nil {
		l.breaksLocked("index untrue: the one of %s cannot be read: %v", d.def.Name, err)
	}
	return here, there, instead
}

// likely returns what the brake holds of what it may hold, if nothing has changed since it did.
func (w *world) likely(here, there []held) (most, others []held) {
	return many(here, 20, func(h held) bool { return h.lies != "" }), many(there, 200, w.anyElse)
}

// many leaves out of what may be held those that are so, unless they are more than the brake
// lets pass.
func many(all []held, most int, so func(held) bool) []held {
	n := 0
	for _, h := range all {
		if so(h) {
			n++
		}
	}
	if n > most {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), so)
}

// anyElse reports whether somebody has something else where a device has a text.
func (w *world) anyElse(h held) bool {
	return slices.ContainsFunc(w.devices, func(d *device) bool {
		body, ok := d.read(h.path)
		return ok && body != h.told
	})
}

// answers has the person at a device let pass, or take back, what the brake holds there.
func (d *device) answers(verb string) (done bool) {
	l := d.alive()
	if l == nil || l.dead.Load() || d.status().Held == 0 {
		return false
	}
	ledger := d.w.ledger
	count := d.status().Held
	here, there, instead := ledger.onHold(d)
	most, others := d.w.likely(here, there)
	sure := count == len(most)+len(others)
	if sure {
		here, there = most, others
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	decide := l.engine.Approve
	if verb == "undo" {
		decide = l.engine.Undo
	}
	err := decide(ctx, d.w.folder)
	ledger.stir()
	d.w.note(true, d.def.Name, verb, fmt.Sprintf("%d of %d and %d: %v", count, len(here), len(there), err))
	sure = sure && err == nil && !l.dead.Load()
	if verb == "approve" {
		ledger.letPass(d, here)
		return err == nil
	}
	ledger.takenBack(d, here, there, instead, sure)
	return err == nil
}

// letPass: the person at a device let what happened to some files pass.
func (l *ledger) letPass(d *device, here []held) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range here {
		t := l.texts[h.told]
		switch {
		case t == nil:
		case t.stays == d.nth+1:
			t.over, t.wild = true, "taken back, and let pass after all"
		case !t.over:
			t.frail = true // nobody took it away, and somebody let that pass
		}
	}
}

// notedBy is how long nobody may have done anything to a file for the brake to hold what is to
// be seen there.
const notedBy = 4 * time.Second

// takenBack: the person at a device took back what happened to some files. sure: to all of
// these, and to no others.
func (l *ledger) takenBack(d *device, here, there, instead []held, sure bool) {
	rivals, elsewhere := map[string][]string{}, l.shown(d)
	for _, h := range here {
		for _, o := range l.w.devices {
			if body, ok := o.read(h.path); ok && !elsewhere[h.told] {
				l.wild(body, "nobody has what somebody took back, and this was there before it")
			}
		}
	}
	missed := map[place]string{}
	for _, h := range there {
		for _, o := range l.w.devices {
			if body, ok := o.read(h.path); !ok || body != h.told {
				missed[place{o.nth, h.path}] = h.told
			}
		}
		for p := h.path; p != ""; p = parent(p) {
			for _, o := range l.w.devices {
				if body, ok := o.read(p); ok && body != h.told {
					rivals[h.path] = append(rivals[h.path], body)
				}
			}
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.w.since()
	if len(there) > 0 {
		l.writers[d.nth] = true // who makes it stand disagrees with whoever saves there meanwhile
	}
	l.awaits(d, here, missed)
	for _, h := range here {
		last, acted := l.acted[place{d.nth, h.path}]
		sure = sure && !(acted && now-last < notedBy*time.Duration(max(1, l.w.sc.Slow/5)))
		rivals[h.path] = append(rivals[h.path], h.lies)
	}
	for _, h := range instead {
		rivals[h.path] = append(rivals[h.path], h.lies)
	}
	if d.def.Has("receive") {
		l.keepsDirectories(d)
	}
	for _, all := range [][]held{here, there, instead} {
		for _, h := range all {
			if d.def.Has("receive") {
				l.scribble[h.path] = true // nobody takes anything from there
			}
			if t := l.texts[h.told]; t != nil {
				t.wild = "somebody took back what happened to it"
				if sure && len(l.hands[fold(h.path)]) <= 1 && !d.def.Has("receive") && (h.lies == h.told || elsewhere[h.told]) {
					t.over, t.stays = false, d.nth+1
				}
			}
			for _, body := range rivals[h.path] {
				if t := l.texts[body]; t != nil {
					t.spare, t.frail, t.wild = true, true, "somebody took back that it was saved"
				}
			}
		}
	}
}

// keepsDirectories: the person at a receiver took back what was held there. The directories
// that others have told are gone were held with that, and stay, for the receiver alone.
func (l *ledger) keepsDirectories(d *device) {
	for of, gone := range l.claims {
		last := l.latest[d.nth][of.path]
		is := l.claims[claim{of.path, last.String()}]
		if gone.file.Kind != index.Directory && contains(last, gone.file.Version) && is != nil && is.file.Kind == index.Directory && is.file.By == d.id.Short() {
			l.scribble[of.path.String()] = true
		}
	}
}

// returning is a text that is to come back, and the device at which a person took back that
// it went.
type returning struct {
	body string
	by   int
}

// awaits: what the person at a device took back is to come back there (here), and where
// others miss it.
func (l *ledger) awaits(d *device, here []held, missed map[place]string) {
	if d.def.Has("receive") {
		return // nobody takes anything from there
	}
	for _, h := range here {
		l.awaited[place{d.nth, h.path}] = returning{h.told, d.nth}
	}
	for at, body := range missed {
		l.awaited[at] = returning{body, d.nth}
	}
}

// keptOut reports whether something else took the place to which a text is to come back, on a
// disk that takes the two names for one: it stays away from there as long as that lies there.
func (l *ledger) keptOut(at place, tree map[string]object) bool {
	_, awaited := l.awaited[at]
	_, there := tree[at.path]
	return awaited && !there && l.w.devices[at.nth].def.Has("caseblind") && crowded(at.path, tree)
}

// meets: a person saved a text at a path. What is to come back below that and was not there yet
// has not been taken away: it comes, and the text is kept beside the directory. And who saves
// where somebody else's is to come back disagrees with who took that back: both are kept.
func (l *ledger) meets(d *device, path, body string) {
	for at, r := range l.awaited {
		if at.nth != d.nth {
			continue
		}
		if strings.HasPrefix(at.path, path+"/") {
			l.texts[body].spare = true
		}
		if t := l.texts[r.body]; t != nil && at.path == path && r.by != d.nth {
			t.spare, l.texts[body].spare = true, true
		}
	}
}

// shown returns what all those who send show, but for one.
func (l *ledger) shown(but *device) map[string]bool {
	all := map[string]bool{}
	for _, d := range l.w.devices {
		if d != but && !d.def.Has("receive") {
			maps.Copy(all, contents(d.tree()))
		}
	}
	return all
}

// forgotWhatStays: an index lost what it knew, also that somebody took something back.
func (l *ledger) forgotWhatStays(d *device) {
	for _, t := range l.texts {
		if t.stays == d.nth+1 {
			t.lost = "an index forgot that it was taken back"
		}
	}
}

// answer has people see to what the brake holds, wherever it does.
func (w *world) answer() {
	for _, d := range w.devices {
		if d.status().Phase != syncer.Held {
			continue
		}
		verb := "approve"
		if w.roll("answer", d.def.Name)%2 == 0 {
			verb = "undo"
		}
		d.answers(verb)
	}
}
