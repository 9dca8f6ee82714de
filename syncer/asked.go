package syncer

import "fmt"

// asker waits for a look at everything.
type asker struct {
	done    chan<- error
	covered bool // a look that began after the question is under way or over
}

// ask puts somebody on the list of those who wait for a look at everything.
func (f *folder) ask(done chan<- error) {
	if !f.machine.open {
		done <- fmt.Errorf("the folder is not open: %s", f.closedReason())
		return
	}
	f.askers = append(f.askers, asker{done: done})
}

func (f *folder) closedReason() string {
	switch {
	case f.machine.paused:
		return "it is paused"
	case f.machine.away != "":
		return f.machine.away
	}
	return "it is being opened"
}

// answer tells those who waited for a look that it is over, once nothing that
// was found has to be looked at again.
func (f *folder) answer(r scanResult) {
	if r.err == nil && (f.machine.unsettledAfter(r) > 0 || len(r.look) > 0) {
		return
	}
	waiting := f.askers[:0]
	for _, a := range f.askers {
		if a.covered {
			a.done <- r.err
			continue
		}
		waiting = append(waiting, a)
	}
	f.askers = waiting
}

func (f *folder) answerAll(err error) {
	for _, a := range f.askers {
		a.done <- err
	}
	f.askers = nil
}
