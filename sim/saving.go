package sim

import "slices"

// What the ledger is told by programs that save: what lies there while they do, and what
// becomes of it when they come to no end.

// half: this is what a file holds while a program saves it.
func (l *ledger) half(body string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.halves[body] = true
}

// saves: until done is called, a program saves what lies at a path of a device. What it
// left there so far is what the person has there: an engine that displaced it may put it
// back.
func (l *ledger) saves(d *device, path string) (done func()) {
	add := func(n int) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.saving[place{d.nth, path}] += n
	}
	add(1)
	return func() { add(-1) }
}

// forget: what was being saved never was.
func (l *ledger) forget(body string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.texts[body] = &text{wild: "never saved", lost: "never saved"}
}

// homebound: a program left this in a file of its own that never travels, because
// something else lay at its path.
func (l *ledger) homebound(body string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.texts[body]; t != nil {
		t.lost = "it lies where nobody else ever sees it"
	}
}

// abandoned: the machine lost power while a program was saving these, by ways of
// its own; what lies where is anybody's guess.
func (l *ledger) abandoned(bodies ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range bodies {
		if t := l.texts[b]; t != nil {
			t.lost, t.wild = "a program was cut short", "a program was cut short"
		}
	}
}

// setAway: a program moves what lay at a path, to put something else there. To a clock
// that leapt just before, or meanwhile, that is a file which nobody saved lately, and
// was moved for good.
func (l *ledger) setAway(path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if slices.ContainsFunc(l.w.sc.Steps, func(s Step) bool { return s.Verb == "leap" }) {
		l.taken[fold(path)] = true
	}
}

// writtenOver: a program that had begun to save at a path wrote over what had come to lie
// there meanwhile, and nobody at that device had seen: what is overwritten where it lies is
// gone there, and whoever had it before may have it yet.
func (l *ledger) writtenOver(d *device, path, body string) {
	another := l.another(d, body)
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.texts[body]; t != nil {
		l.replaced(d, path, body, another)
		t.wild = "a program wrote over it unseen"
	}
}
