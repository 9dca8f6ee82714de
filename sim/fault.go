package sim

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"syscall"
	"time"

	"kith/index"
	"kith/index/indextest"
)

// faults are what does not work at a device just now.
type faults struct {
	full, readOnly, eio, deaf, storeFull bool
	away                                 bool
}

// ambush is a person who acts in the middle of one of the next steps of ours.
type ambush struct {
	in   int
	id   int
	verb string
}

func number(args []string, n, otherwise int) int {
	if n < len(args) {
		if v, err := strconv.Atoi(args[n]); err == nil {
			return v
		}
	}
	return otherwise
}

// do carries out a step.
func (w *world) do(s Step) {
	if s.Verb != "settle" {
		defer w.ledger.stir()
	}
	if s.Who == "-" {
		w.doAll(s)
		return
	}
	d := w.device(s.Who)
	if d == nil {
		return
	}
	switch s.Verb {
	case "ambush":
		d.mu.Lock()
		d.ambush = &ambush{in: number(s.Args, 0, 1), id: s.ID, verb: s.Args[1]}
		d.mu.Unlock()
	case "stop":
		d.stop()
	case "start":
		d.start()
	case "crash", "power":
		of := ""
		if len(s.Args) > 1 {
			of = s.Args[1]
		}
		d.crash(number(s.Args, 0, 0), of, s.Verb == "power")
	case "lies":
		d.mu.Lock()
		d.lies = number(s.Args, 0, 1)
		d.mu.Unlock()
	case "scan":
		d.scan()
	case "full", "readonly", "eio", "deaf", "storefull", "fine":
		d.breaks(s.Verb)
	case "unplug":
		d.unplug(true)
	case "replug":
		d.unplug(false)
	case "cut", "heal", "twin":
		if o := w.device(s.Args[0]); o != nil && o != d {
			w.network(s.Verb, w.wire(d, o))
		}
	case "skew":
		d.mu.Lock()
		d.skew = time.Duration(number(s.Args, 0, 0)) * time.Second
		d.mu.Unlock()
	case "backup", "lose-index", "roll-index", "roll-disk", "roll-both", "regrow":
		d.database(s.Verb)
	default:
		w.act(d, s.ID, s.Verb, s.Args)
	}
}

func (w *world) doAll(s Step) {
	switch s.Verb {
	case "settle":
		w.settle()
	case "wait": // for so many seconds
		w.sleep(time.Duration(number(s.Args, 0, 1)) * time.Second)
	case "leap": // everybody sleeps, for so many days
		w.note(true, "-", "leap", s.Args[0])
		w.leap(time.Duration(number(s.Args, 0, 1)) * 24 * time.Hour)
	case "swizzle": // all wires are cut one after the other, and mended in another order
		wires := w.sortedWires()
		dice := diceFor(w.sc.Seed, fmt.Sprint("swizzle ", s.ID))
		for range wires {
			wires[dice.below(len(wires))].letThrough(false)
			w.sleep(50 * time.Millisecond)
		}
		for range 2 * len(wires) {
			wires[dice.below(len(wires))].letThrough(true)
			w.sleep(50 * time.Millisecond)
		}
	}
}

// letThrough lets a wire through or not, and leaves it laid as it is.
func (ws *wireState) letThrough(up bool) {
	ws.mu.Lock()
	laid := ws.laid
	ws.mu.Unlock()
	ws.set(laid, up)
}

func (w *world) network(verb string, ws *wireState) {
	w.note(true, ws.a.def.Name, verb, ws.b.def.Name)
	switch verb {
	case "cut":
		ws.letThrough(false)
	case "heal":
		ws.letThrough(true)
	case "twin": // both dial, and a second conversation begins beside the first
		ws.mu.Lock()
		ok := ws.laid && ws.up
		old := append([]*line(nil), ws.lines...)
		ws.mu.Unlock()
		if !ok {
			return
		}
		ws.connect()
		w.sleep(100 * time.Millisecond)
		for _, l := range old {
			l.end()
		}
	}
}

// crash kills the program, now or at one of its next operations; if of is not empty,
// only those of that name count.
func (d *device) crash(in int, of string, power bool) {
	if in <= 0 {
		d.kill(power)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fatal = &fatal{in: in, of: of, power: power}
}

func (d *device) breaks(what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch what {
	case "full":
		d.broken.full = true
	case "readonly":
		d.broken.readOnly = true
	case "eio":
		d.broken.eio = true
	case "deaf":
		d.broken.deaf = true
	case "storefull":
		d.broken.storeFull = true
	case "fine":
		away := d.broken.away
		d.broken = faults{away: away}
	}
}

func (d *device) unplug(away bool) {
	d.mu.Lock()
	d.broken.away = away
	d.mu.Unlock()
	d.w.note(true, d.def.Name, "unplugged", fmt.Sprint(away))
	if away {
		d.disk.SetAvailable(errors.New("unplugged"))
		return
	}
	d.disk.SetAvailable(nil)
}

// heal ends all that is wrong with a device.
func (d *device) heal() {
	if l := d.alive(); l != nil && l.dead.Load() {
		<-l.ended
		d.gone(l)
	}
	d.unplug(false)
	d.breaks("fine")
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ambush, d.fatal, d.lies, d.past = nil, nil, 0, nil
}

// fault is asked by the disk before each operation.
func (d *device) fault(op string, p index.Path) error {
	d.mu.Lock()
	broken := d.broken
	dead := d.life != nil && d.life.dead.Load()
	d.mu.Unlock()
	writes := op == "fill" || op == "put" || op == "restore"
	switch {
	case dead:
		return errDead
	case writes && broken.full:
		return fmt.Errorf("%s %s: %w", op, p, syscall.ENOSPC)
	case writes && broken.readOnly:
		return fmt.Errorf("%s %s: %w", op, p, syscall.EROFS)
	case broken.eio && op == "look" && d.w.roll("eio", d.def.Name, op, p.String())%3 == 0:
		return fmt.Errorf("%s %s: %w", op, p, syscall.EIO)
	case broken.eio && (op == "open" || op == "stat" || op == "put" || op == "fill") && d.w.roll("eio", d.def.Name, op, p.String())%4 == 0:
		return fmt.Errorf("%s %s: %w", op, p, syscall.EIO)
	case broken.eio && op == "walk" && d.w.roll("eio", d.def.Name, op, p.String())%8 == 0:
		return fmt.Errorf("%s %s: %w", op, p, fs.ErrPermission)
	}
	return nil
}

func (d *device) storeFault() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken.storeFull {
		return fmt.Errorf("write the index: %w", syscall.ENOSPC)
	}
	return nil
}

// database does to the index, or the disk, what backups and accidents do. The
// program does not run meanwhile.
func (d *device) database(verb string) {
	if verb == "backup" {
		disk, knows := d.disk.Copy(), d.w.ledger.knowledge(d)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.backups.memory, d.backups.disk = memory{d.index.Copy(), knows}, disk
		return
	}
	d.kill(false)
	d.mu.Lock()
	backup := d.backups
	d.mu.Unlock()
	d.w.note(true, d.def.Name, verb, "")
	set := func(m memory) {
		d.mu.Lock()
		d.index = m.index
		d.mu.Unlock()
		d.w.ledger.amnesia(d, m.knows)
	}
	switch {
	case verb == "lose-index":
		set(memory{index: indextest.NewMemory()})
	case backup.index == nil:
	case verb == "regrow":
		last := d.last()
		set(memory{d.setBack(backup.index), backup.knows})
		d.regrow(last)
		return
	default:
		if verb != "roll-index" {
			before := d.tree()
			d.w.ledger.disturb(d, "a backup was played back", func() { d.disk.Become(backup.disk) })
			d.w.ledger.madeAnew(d)
			switch {
			case verb == "roll-both":
				d.w.ledger.broughtBack(d, before)
			case d.def.Has("receive"):
				d.w.ledger.playedBack(d, before)
			}
		}
		if verb != "roll-disk" {
			set(memory{d.setBack(backup.index), backup.knows})
		}
	}
	d.start()
	if verb != "lose-index" {
		d.meetAll()
	}
}

// setBack returns what an index is that was brought back. Where the store sees that it
// lies in another place, its epoch has ended.
func (d *device) setBack(backup *indextest.Memory) *indextest.Memory {
	back := backup.Copy()
	if d.def.Has("seesplace") {
		if err := back.Renew(context.Background(), d.w.folder, 0); err != nil && !errors.Is(err, indextest.ErrUnknown) {
			panic(err) // it is in memory
		}
	}
	return back
}

// meetAll gives a device that woke up with an old index the time to meet the others
// before anybody changes anything there. What happens otherwise, regrow tries.
func (d *device) meetAll() {
	for _, ws := range d.w.sortedWires() {
		if ws.a == d || ws.b == d {
			ws.letThrough(true)
		}
	}
	d.w.sleep(25 * time.Second)
}

// last returns the latest sequence number of a device's index.
func (d *device) last() index.Seq {
	cursor, err := d.store().Open(context.Background(), d.w.folder, 1)
	if err != nil {
		panic(err) // it is in memory
	}
	return cursor.Seq
}

// regrow has the person of a device that woke up with an old index work alone until
// that is as long as it was, and a little longer; then it meets the others.
func (d *device) regrow(last index.Seq) {
	var mine []*wireState
	for _, ws := range d.w.sortedWires() {
		if ws.a == d || ws.b == d {
			mine = append(mine, ws)
			ws.letThrough(false)
		}
	}
	d.start()
	d.w.sleep(3 * time.Second)
	for n := 0; d.last() <= last && n < 40; n++ {
		path := "regrown"
		if n > 0 {
			path = fmt.Sprint("regrown ", n)
		}
		d.save(path, fmt.Sprintf("%s writes meanwhile %d", d.def.Name, n))
		d.w.sleep(time.Second)
	}
	for _, ws := range mine {
		ws.letThrough(true)
	}
}
