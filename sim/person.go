package sim

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kith/index"
)

// act has the person at a device do something. What is not possible there just
// now is not done: people see that too.
func (w *world) act(d *device, id int, verb string, args []string) {
	arg := func(n int) string {
		if n < len(args) {
			return args[n]
		}
		return "a"
	}
	p, q := arg(0), arg(1)
	pace := time.Duration(number(args, 1, 1)) * time.Millisecond
	w.note(true, d.def.Name, "person "+verb, strings.Join(args, " "))
	text := fmt.Sprintf("%s writes %d", d.def.Name, id)
	switch verb {
	case "move", "swap":
		w.ledger.stirred(d, []string{p, q})
	case "flock", "flock-gone", "flock-old":
		w.ledger.stirred(d, flockOf(args))
	default:
		w.ledger.stirred(d, args)
	}
	switch verb {
	case "save":
		d.save(p, text)
	case "longer":
		if old, ok := d.read(p); ok && len(old) < 200 {
			d.save(p, old+" and "+text)
		}
	case "samesize":
		d.saveSameSize(p, id)
	case "common":
		d.save(p, "what everybody writes")
	case "big":
		d.save(p, strings.Repeat(text+"\n", 1+60000/len(text))+text)
	case "huge":
		d.save(p, hugeText(w.sc.Seed, id))
	case "half":
		d.saveInPieces(p, text, pace)
	case "delete":
		d.remove(p)
	case "mkdir":
		d.mkdirs(p)
	case "move":
		d.move(p, q)
	case "swap":
		d.move(p, "swap.tmp")
		d.move(q, p)
		d.move("swap.tmp", q)
	case "touch":
		if n := d.look(p); n.Kind == index.Regular {
			d.w.ledger.touched(d, p)
			d.disk.Touch(p, d.diskTime()) //nolint:errcheck // it was there just now
		}
	case "chmod":
		if n := d.look(p); n.Kind == index.Regular {
			d.w.ledger.touched(d, p)
			d.disk.Chmod(p, n.Mode^0o111) //nolint:errcheck // it was there just now
		}
	case "link":
		d.link(p, text)
	case "todir":
		if d.look(p).Kind == index.Regular {
			d.remove(p)
			d.save(p+"/inside", text)
		}
	case "tofile":
		if d.look(p).Kind == index.Directory {
			d.remove(p)
			d.save(p, text)
		}
	case "vim", "office", "git":
		d.program(verb, p, text, pace)
	case "restore":
		d.restore(p)
	case "rule":
		d.save(p, rulesOf(text))
	case "rule-emptied":
		d.ruleEmptied(rulesOf(text))
	case "rule-away":
		d.ruleAway(rulesOf(text))
	case "home":
		d.stay(p, text)
	case "den":
		d.saveInDen(p, text)
	case "den-gone":
		d.disk.Remove(p) //nolint:errcheck // then it was not there
	case "flock", "flock-gone", "flock-old":
		d.withFlock(verb, text, flockOf(args))
	case "undo", "approve":
		d.answers(verb)
	default:
		panic("nobody can " + verb)
	}
}

// look is what a person sees at a path; Kind Absent for nothing.
func (d *device) look(path string) index.Entry {
	p, err := index.ParsePath(path)
	if err != nil {
		return index.Entry{}
	}
	for _, n := range d.disk.Listing() {
		if n.Path == d.disk.Spelled(p) {
			return n
		}
	}
	return index.Entry{}
}

// free reports whether a disk has nothing at a path, by any spelling: a program that asks
// for a name is told of what the disk takes for it.
func (d *device) free(path string) bool {
	return d.look(path).Kind == index.Absent && !(d.def.Has("caseblind") &&
		slices.ContainsFunc(d.disk.Listing(), func(n index.Entry) bool { return n.Path.Fold() == fold(path) }))
}

// read reads a file, or a link.
func (d *device) read(path string) (string, bool) {
	switch n := d.look(path); n.Kind {
	case index.Regular:
		data, err := d.disk.Read(path)
		return string(data), err == nil
	case index.Symlink:
		return n.Target, true
	}
	return "", false
}

// mkdirs makes a directory and those above it; it reports whether it is there.
func (d *device) mkdirs(path string) bool {
	return path == "" || d.disk.Mkdir(path) == nil
}

func parent(path string) string { return path[:max(strings.LastIndexByte(path, '/'), 0)] }

func (d *device) save(path, text string) {
	if d.look(path).Kind == index.Directory || d.look(path).Kind == index.Symlink || !d.mkdirs(parent(path)) {
		return
	}
	lay := d.look(path).Identity
	old, over := d.readAny(path)
	if d.disk.Write(path, []byte(text)) == nil {
		d.w.ledger.saved(d, path, text, old, over)
		if old == text && d.look(path).Identity == lay {
			d.w.ledger.frail(text) // a coarse disk shows neither by a byte nor by a time that it was saved
		}
	}
}

// readAny reads what a disk has at a path by any spelling: what a save or a rename
// replaces.
func (d *device) readAny(path string) (string, bool) {
	if data, err := d.disk.Read(path); err == nil {
		return string(data), true
	}
	if d.def.Has("caseblind") {
		for _, n := range d.disk.Listing() {
			if n.Kind == index.Symlink && n.Path.Fold() == fold(path) {
				return n.Target, true
			}
		}
	}
	return d.read(path)
}

// saveSameSize saves other bytes, as many, and sets the old time: nothing but the
// disk's own book-keeping tells.
func (d *device) saveSameSize(path string, id int) {
	n := d.look(path)
	old, ok := d.read(path)
	if d.def.Has("coarse") {
		return // there, nothing at all tells
	}
	if !ok || n.Kind != index.Regular || len(old) < 12 || len(old) > 1000 {
		return
	}
	if d.w.ledger.wasMoved(old) && !d.knows(n) {
		return // nor does it where the rename has not been noticed yet
	}
	mark := fmt.Sprintf("<%d>", id)
	text := mark + strings.Repeat("~", 3) + old[len(mark)+3:]
	d.save(path, text)
	d.w.ledger.sly(d, path, text, old)
	if d.stepsAt(path) {
		d.w.ledger.frail(text) // the same object with its old size and time: once displaced, it looks as the plan saw it
	}
	if d.movesFrom(path) {
		d.w.ledger.renamed(text) // and so it does where it is moved to
	}
	d.disk.Touch(path, n.Modified) //nolint:errcheck // it was there just now
}

// knows reports whether the index of a device has this very object at its path.
func (d *device) knows(n index.Entry) bool {
	r := d.record(n.Path)
	return r.Kind == n.Kind && r.Identity.Inode == n.Identity.Inode
}

// record returns what the index of a device has at a path; Kind Absent if that is nothing.
func (d *device) record(p index.Path) index.Record {
	recs, err := d.store().Get(context.Background(), d.w.folder, []index.Path{p}, false)
	if err != nil {
		return index.Record{}
	}
	return recs[0]
}

// saveInPieces saves as many programs do: the file is empty for seven times pace, then
// half there for nine times.
func (d *device) saveInPieces(path, text string, pace time.Duration) {
	if k := d.look(path).Kind; k == index.Directory || k == index.Symlink || !d.mkdirs(parent(path)) {
		return
	}
	old, over := d.readAny(path)
	d.w.ledger.half("")
	d.w.ledger.half(text[:len(text)/2])
	defer d.w.ledger.saves(d, path)()
	if d.disk.Write(path, nil) != nil {
		return
	}
	d.w.ledger.saved(d, path, text, old, over) // from now on the person means this
	boot := d.boot()
	d.w.sleep(7 * pace)
	now, there := d.readAny(path)
	displaced := !there || now != ""
	if d.boot() == boot && displaced {
		d.w.ledger.forget("") // it lies elsewhere now, and stays empty
	}
	if d.boot() != boot || d.disk.Write(path, []byte(text[:len(text)/2])) != nil {
		d.w.ledger.forget(text)
		return
	}
	if there && displaced {
		d.w.ledger.writtenOver(d, path, now)
	}
	d.w.sleep(9 * pace)
	switch now, ok := d.readAny(path); {
	case d.boot() != boot:
		d.w.ledger.forget(text)
	case !ok || now != text[:len(text)/2]:
		d.w.ledger.forget(text)
		d.w.ledger.forget(text[:len(text)/2]) // it lies elsewhere now, and stays a half
	case d.disk.Write(path, []byte(text)) != nil:
		d.w.ledger.forget(text)
	}
}

func (d *device) remove(path string) {
	if d.look(path).Kind == index.Absent {
		return
	}
	texts := d.below(path)
	if d.disk.Remove(path) == nil {
		d.w.ledger.removed(d, texts)
		d.w.ledger.emptied(d, path)
	}
}

// below returns the contents of all files and links at and below a path.
func (d *device) below(path string) []sight {
	p := index.MustPath(path)
	var texts []sight
	for _, n := range d.disk.Listing() {
		if !n.Path.Within(d.disk.Spelled(p)) {
			continue
		}
		if text, ok := d.read(n.Path.String()); ok {
			texts = append(texts, sight{n.Path.String(), text})
		}
	}
	return texts
}

func (d *device) move(from, to string) {
	n := d.look(from)
	if n.Kind == index.Absent || from == to || strings.HasPrefix(to, from+"/") {
		return
	}
	if k := d.look(to).Kind; k == index.Directory || n.Kind == index.Directory && k != index.Absent || !d.mkdirs(parent(to)) {
		return
	}
	old, over := d.readAny(to)
	moved := d.below(from)
	if d.disk.Rename(from, to) != nil {
		return
	}
	d.w.ledger.moved(d, moved, from, to)
	switch {
	case !over:
	case slices.Contains(moved, sight{from, old}):
		d.w.ledger.united(d, to, old)
	default:
		d.w.ledger.removed(d, []sight{{to, old}})
	}
}

func (d *device) link(path, target string) {
	if d.look(path).Kind != index.Absent || !d.mkdirs(parent(path)) {
		return
	}
	if d.disk.Symlink(target, path) == nil {
		d.w.ledger.saved(d, path, target, "", false)
	}
}

// boot is the life of the machine: a power cut ends it, and all programs.
func (d *device) boot() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.boots
}

// program saves as well-known programs do, with rests of up to nine times pace
// between what they do.
func (d *device) program(name, path, text string, pace time.Duration) {
	old, there := d.read(path)
	if k := d.look(path).Kind; k != index.Regular {
		d.save(path, text)
		return
	}
	boot := d.boot()
	nap := func() bool { // false: the machine lost power, and the program with it
		d.w.sleep(time.Duration(1+d.w.roll("program", d.def.Name, path)%9) * pace)
		return d.boot() == boot
	}
	defer func() {
		if d.boot() != boot {
			d.w.ledger.abandoned(text, old)
		}
	}()
	same := func() bool {
		now, ok := d.read(path)
		return ok && now == old
	}
	ledger := d.w.ledger
	switch name {
	case "vim": // probe, move the old one away, write anew, remove the old one
		d.disk.Write("4913", nil) //nolint:errcheck // a probe, as vim does
		ledger.half("")
		d.disk.Remove("4913") //nolint:errcheck // and away
		if !nap() || !there || !same() || d.disk.Rename(path, path+"~") != nil || !nap() {
			return
		}
		if d.free(path) {
			if d.disk.Write(path, []byte(text)) == nil {
				ledger.saved(d, path, text, "", false)
			}
		}
		if now, ok := d.read(path + "~"); nap() && ok && now == old && d.disk.Remove(path+"~") == nil {
			ledger.removed(d, []sight{{path, old}})
		}
	case "office": // write beside, move the old one away, move the new one in, remove the old one
		tmp, bak := parent(path)+"/~WRD0001.tmp", parent(path)+"/~WRL0002.tmp"
		tmp, bak = strings.TrimPrefix(tmp, "/"), strings.TrimPrefix(bak, "/")
		if d.disk.Write(tmp, []byte(text)) != nil {
			return
		}
		ledger.saved(d, tmp, text, "", false)
		if !nap() {
			return
		}
		if there && same() {
			d.disk.Rename(path, bak) //nolint:errcheck // looked at below
		}
		if !nap() {
			return
		}
		if !d.free(path) || d.disk.Rename(tmp, path) != nil {
			ledger.homebound(text)
		}
		if now, ok := d.read(bak); nap() && ok && now == old && d.disk.Remove(bak) == nil {
			ledger.removed(d, []sight{{path, old}})
		}
	case "git": // a lock file that is written, then renamed over
		lock := path + ".lock"
		if d.disk.Write(lock, []byte(text)) != nil {
			return
		}
		ledger.saved(d, lock, text, "", false)
		if !nap() {
			return
		}
		if now, ok := d.read(path); ok && d.disk.Rename(lock, path) == nil {
			ledger.removed(d, []sight{{path, now}})
		}
	}
}

// restore brings the latest earlier version of a path back.
func (d *device) restore(path string) {
	p := index.MustPath(path)
	l := d.alive()
	if l == nil || l.dead.Load() || d.look(path).Kind == index.Directory {
		return
	}
	kept, err := d.disk.Versions(p)
	if err != nil || len(kept) == 0 || kept[0].Path != p || kept[0].Kind != index.Regular {
		return
	}
	var text strings.Builder
	old, over := d.readAny(path)
	if d.disk.Export(kept[0], &text) != nil || d.disk.Restore(kept[0], p) != nil {
		return
	}
	d.w.ledger.saved(d, path, text.String(), old, over)
	d.w.ledger.wild(text.String(), "restored")
	if d.w.ledger.says(d, p, text.String()) {
		d.w.ledger.frail(text.String()) // it lies there as its index has it, time and all: nothing shows that it had not for a moment
	}
}

// hugeText is long enough to be cut into many blocks.
func hugeText(seed uint64, id int) string {
	dice := diceFor(seed, fmt.Sprint("huge ", id))
	b := make([]byte, 1<<20)
	for i := 0; i < len(b); i += 8 {
		v := dice.state
		dice.below(1)
		for k := range 8 {
			b[i+k] = byte(v >> (8 * k))
		}
	}
	return string(b)
}
