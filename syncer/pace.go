package syncer

import (
	"slices"
	"sync"
	"time"

	"kith/index"
)

// A device that sends slowly is borne with: its link may be no better. But nobody
// waits for it who can get something elsewhere. So what devices send is measured,
// each against the clock, and who is slow works in the background, on little at a
// time.
const (
	paceOver  = 10 * time.Second // how long is measured
	slowRate  = 32 << 10         // bytes per second; who sends less is slow
	pieceCost = 4 << 10          // bytes that a piece counts for beside its own
	maxOwed   = 6                // doublings of what a slow device has to send before it counts as quick
)

// paces tells which devices are slow.
type paces struct {
	mu      sync.Mutex // guards of
	of      map[index.DeviceID]*pace
	changed signal // told when a device became slow, or quick again
}

// pace is what one device sends, measured while it is asked for anything. The time
// in which we hold what it sent, and have not put it away, is not its own.
type pace struct {
	open      int // questions under way
	held      int // pieces not yet released
	heldSince time.Time
	since     time.Time
	ours      time.Duration
	credit    int64
	slow      bool
	times     int   // it was found slow
	owed      int64 // what it has to send at a good pace to be quick again
	timer     *time.Timer
	works     [2]int // under way in the background: small files, large ones
}

func (s *paces) init() {
	s.of = make(map[index.DeviceID]*pace)
	s.changed.init()
}

// get is called with the lock held.
func (s *paces) get(d index.DeviceID) *pace {
	p := s.of[d]
	if p == nil {
		p = new(pace)
		s.of[d] = p
	}
	return p
}

// begin and end frame a question to a device.
func (s *paces) begin(d index.DeviceID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.get(d)
	if p.open++; p.open == 1 {
		p.restart(time.Now())
		p.timer = time.AfterFunc(paceOver, func() { s.tick(d) })
	}
}

func (s *paces) end(d index.DeviceID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.get(d)
	if p.open--; p.open == 0 {
		p.timer.Stop()
		if now := time.Now(); p.slow && p.good(now) {
			s.judge(p, now)
		}
	}
}

// came notes a piece that a device sent; the function that is returned, that it was put away.
func (s *paces) came(d index.DeviceID, size int) (released func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.get(d)
	p.credit += int64(size) + pieceCost
	if p.held++; p.held == 1 {
		p.heldSince = time.Now()
	}
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if p.held--; p.held == 0 {
			p.ours += time.Since(p.heldSince)
		}
	})
}

func (s *paces) tick(d index.DeviceID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.get(d)
	if p.open == 0 {
		return
	}
	now := time.Now()
	s.judge(p, now)
	p.restart(now)
	p.timer.Reset(paceOver)
}

// judge concludes from what was measured. It is called with the lock held.
func (s *paces) judge(p *pace, now time.Time) {
	was := p.slow
	switch {
	case p.good(now):
		if p.owed -= p.credit; p.owed <= 0 {
			p.slow = false
		}
	case p.theirs(now) > paceOver/2:
		if !p.slow {
			p.slow = true
			p.owed = slowRate * int64(paceOver/time.Second) << min(p.times, maxOwed)
			p.times++
		}
	}
	if p.slow != was {
		s.changed.raise()
	}
}

func (p *pace) restart(now time.Time) {
	p.since, p.ours, p.credit = now, 0, 0
	if p.held > 0 {
		p.heldSince = now
	}
}

// theirs is how much of the time measured was the other's.
func (p *pace) theirs(now time.Time) time.Duration {
	ours := p.ours
	if p.held > 0 {
		ours += now.Sub(p.heldSince)
	}
	return max(0, now.Sub(p.since)-ours)
}

func (p *pace) good(now time.Time) bool {
	return float64(p.credit) >= p.theirs(now).Seconds()*slowRate
}

// holds reports whether something that a device sent is not yet put away.
func (s *paces) holds(d index.DeviceID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.get(d).held > 0
}

func (s *paces) slow(d index.DeviceID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.get(d).slow
}

func (s *paces) allSlow(devices []index.DeviceID) bool {
	return !slices.ContainsFunc(devices, func(d index.DeviceID) bool { return !s.slow(d) })
}

// asked returns the slow devices that are asked for something just now, in order.
func (s *paces) asked() []index.DeviceID {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []index.DeviceID
	for d, p := range s.of {
		if p.slow && p.open > 0 {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, index.DeviceID.Compare)
	return all
}

// choose returns who of some holders is to be asked: the quick ones, if there are
// any; else slow ones which have nothing of that kind in the background.
func (s *paces) choose(holders []index.DeviceID, large bool) []index.DeviceID {
	s.mu.Lock()
	defer s.mu.Unlock()
	var quick, free []index.DeviceID
	for _, d := range holders {
		switch p := s.get(d); {
		case !p.slow:
			quick = append(quick, d)
		case p.works[kindOf(large)] == 0:
			free = append(free, d)
		}
	}
	if len(quick) > 0 {
		return quick
	}
	return free
}

// background notes work that goes on in the background with some devices.
func (s *paces) background(devices []index.DeviceID, large bool, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range devices {
		s.get(d).works[kindOf(large)] += n
	}
}

func kindOf(large bool) int {
	if large {
		return 1
	}
	return 0
}
