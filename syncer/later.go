package syncer

import (
	"context"
	"slices"
	"sync"
	"time"
)

// later are looks that are put off. Those that are due at about one time are one look: on a
// disk with coarse times, what was saved within the same unit can be told apart at the same
// moment, and each look by itself would wait for the one before.
type later struct {
	mu    sync.Mutex // guards the rest
	looks []*putOff
}

type putOff struct {
	due  time.Time
	what hinted
}

// join has something looked at when it is due, or up to grain after that, with what somebody
// waits for already; otherwise it returns what has to be waited for.
func (l *later) join(due time.Time, grain time.Duration, what hinted) *putOff {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.looks {
		if late := p.due.Sub(due); late >= 0 && late < grain {
			p.what.paths = append(p.what.paths, what.paths...)
			p.what.everything = p.what.everything || what.everything
			p.what.again += what.again
			return nil
		}
	}
	what.paths = slices.Clone(what.paths)
	p := &putOff{due, what}
	l.looks = append(l.looks, p)
	return p
}

// over ends a wait, and returns what is to be looked at.
func (l *later) over(p *putOff) hinted {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.looks = slices.DeleteFunc(l.looks, func(o *putOff) bool { return o == p })
	return p.what
}

// atOnce is within which looks that are put off are due at the same time.
const atOnce = time.Millisecond

// lookLater has something looked at after a while, or up to grain later.
func (f *folder) lookLater(wait, grain time.Duration, what hinted) {
	p := f.later.join(time.Now().Add(wait), grain, what) // as timers go, whatever the clock shows
	if p == nil {
		return
	}
	f.goWork(f.work, func(ctx context.Context) {
		t := time.NewTimer(wait)
		defer t.Stop()
		select {
		case <-t.C:
			f.send(f.later.over(p))
		case <-ctx.Done():
			f.later.over(p)
		}
	})
}
