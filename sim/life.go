package sim

import (
	"errors"
	"time"
)

// errDead is what the operations of a life answer after its end.
var errDead = errors.New("the program was killed")

// How long operations take, unless disks and stores are slow.
const (
	quickest = 5 * time.Microsecond
	usual    = 200 * time.Microsecond
	hiccup   = 300 * time.Millisecond // one in hiccups
	hiccups  = 400
)

// enter is called before each operation of a life: the operation takes its time,
// and may be the one at which the life ends.
func (l *life) enter(op, about string) error { return l.pass(op, about, false) }

// leave is called after an operation that changed something: between the change
// and the moment when the life knows of it, it may end too.
func (l *life) leave(op, about string) error { return l.pass(op, about, true) }

func (l *life) pass(op, about string, after bool) error {
	w, d := l.d.w, l.d
	most := usual * time.Duration(max(w.sc.Slow, 1))
	switch {
	case l.dead.Load():
		w.pause(time.Millisecond, time.Second, "dead", d.def.Name, op, about)
		return errDead
	case w.roll("hiccup", d.def.Name, op, about)%hiccups == 0:
		most = hiccup
	}
	w.pause(quickest, most, d.def.Name, op, about)
	if l.dead.Load() {
		return errDead
	}
	if after {
		op += " done"
	}
	w.note(after, d.def.Name, op, about)
	if see := w.opt.each; see != nil {
		see(d)
	}
	if power, due := d.dies(op); due {
		l.die(power)
		return errDead
	}
	return nil
}

// dies counts an operation, and tells whether it is the last one.
func (d *device) dies(op string) (power, due bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fatal == nil || d.fatal.of != "" && d.fatal.of != op {
		return false, false
	}
	d.fatal.in--
	if d.fatal.in > 0 {
		return false, false
	}
	power = d.fatal.power
	d.fatal = nil
	return power, true
}
