package discovery

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/grandcat/zeroconf"
)

// How often the interfaces are looked at, where no event tells of a change; and
// how long after an event, since changes come in swarms.
const (
	lookEvery = 3 * time.Second
	settle    = 150 * time.Millisecond
)

// Scout knows who is near. All but Check belongs to the one goroutine of Run.
type Scout struct {
	cfg Config
	log *slog.Logger

	moved   chan struct{} // holds one: a second note of a change says nothing more
	answers chan answer   // holds the answers of a crowd that was asked at once
	asked   chan error    // the result of a question; at most one is under way

	table  *table
	pace   pace
	asking bool
	woke   time.Time // when the loop last turned; it does at least every lookEvery
	slept  bool      // it did not, and that has not been looked into yet
	lookAt time.Time // when the interfaces are looked at next
	looked bool      // they were, at least once

	network network
	self    Self
	server  *zeroconf.Server // nil: not announced
	ear     *ear             // nil: deaf
	air     *air             // nil: no beacon
	calls   calls
	checks  chan check // asked from outside
	open    []check    // checks under way
	own     own        // what of ours came back to us
	worry   error      // the last trouble that was logged
}

// New returns a scout that is not at work yet.
func New(cfg Config) *Scout {
	s := &Scout{
		cfg:     cfg,
		log:     cfg.Log,
		moved:   make(chan struct{}, 1),
		answers: make(chan answer, 256),
		asked:   make(chan error, 1),
		checks:  make(chan check),
		table:   newTable(),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// run works until ctx ends.
func (s *Scout) run(ctx context.Context) {
	var questions sync.WaitGroup
	defer questions.Wait()
	defer s.leave()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var heard *answer
		select {
		case <-ctx.Done():
			return
		case a := <-s.answers:
			heard = &a
		case <-s.moved:
			s.lookAt = time.Now().Add(settle)
		case err := <-s.asked:
			s.asking = false
			s.trouble(err)
		case c := <-s.checks:
			s.begin(time.Now(), c)
		case <-timer.C:
		}
		now := time.Now()
		s.wake(now)
		if heard != nil && !s.take(now, *heard) {
			continue // nothing is due any sooner than it was
		}
		if !now.Before(s.lookAt) {
			s.look(now)
		}
		s.tell(s.table.expire(now))
		if s.mayAsk() && !now.Before(s.pace.next(s.table)) {
			s.question(ctx, now, &questions)
		}
		s.call(now)
		s.report(now)
		timer.Reset(s.next(now).Sub(now))
	}
}

// question asks who is there, beside the loop.
func (s *Scout) question(ctx context.Context, now time.Time, questions *sync.WaitGroup) {
	n, thorough := s.network, s.pace.thorough()
	s.pace, s.asking = s.pace.question(now), true
	questions.Go(func() { s.asked <- ask(ctx, n, thorough, s.answers) })
}

// wake notices that the machine was suspended, or this process stopped. The
// clock on the wall knows, the other one may have stood still. Nobody has been
// silent in that time, for nobody was listened to; but the network may be
// another one.
func (s *Scout) wake(now time.Time) {
	if !s.woke.IsZero() && now.Round(0).Sub(s.woke.Round(0)) > 2*lookEvery {
		s.table.forgive(now.Sub(s.woke))
		s.slept, s.lookAt = true, now
	}
	s.woke = now
}

// next returns when there is something to do if nothing comes in.
func (s *Scout) next(now time.Time) time.Time {
	next := s.lookAt
	if at, _, any := s.calls.next(now, s.table); s.mayCall() && any && at.Before(next) {
		next = at
	}
	for _, c := range s.open {
		if c.until.Before(next) {
			next = c.until
		}
	}
	if end, any := s.table.deadline(); any && end.Before(next) {
		next = end
	}
	if at := s.pace.next(s.table); s.mayAsk() && at.Before(next) {
		next = at
	}
	return next
}

// call speaks by beacon if it is time to.
func (s *Scout) call(now time.Time) {
	at, asks, any := s.calls.next(now, s.table)
	if !s.mayCall() || !any || now.Before(at) {
		return
	}
	s.calls = s.calls.called(now, asks)
	s.own.failed = s.air.send(beacon{device: s.self.Device, name: s.self.Name, port: uint16(s.self.Port), asks: asks})
	s.trouble(s.own.failed)
}

func (s *Scout) mayCall() bool { return s.air != nil && s.self.Port != 0 }

func (s *Scout) mayAsk() bool { return !s.asking && len(s.network.links) > 0 }

// take judges one answer. It reports whether that makes something due.
func (s *Scout) take(now time.Time, a answer) bool {
	var c claim
	var err error
	switch {
	case a.record != nil:
		c, err = judge(a.record, s.self.Device, s.network)
	case a.beacon != nil:
		c, err = judgeBeacon(*a.beacon, a.from, s.self.Device, s.network)
	default:
		return s.table.doubt(now, a.goodbye)
	}
	if err != nil {
		s.own.heard(now, a, err)
		return false // strangers may say what they like; logging it would let them fill the log
	}
	s.tell(s.table.hear(now, c))
	if a.beacon != nil && a.beacon.asks {
		s.calls = s.calls.wanted(now)
	}
	return a.beacon != nil
}

func (s *Scout) tell(changes []Sighting) {
	for _, c := range changes {
		s.log.Debug("sighted", "device", c.Device.Brief(), "addrs", c.Addrs, "lost", c.Lost)
		s.cfg.Saw(c)
	}
}

// look finds out what changed on this machine and makes the announcement and
// the ear fit to it.
func (s *Scout) look(now time.Time) {
	s.lookAt = now.Add(lookEvery)
	n, err := lookAround(s.cfg.Interfaces)
	if err != nil {
		s.trouble(err)
		return
	}
	first, moved := !s.looked, !s.looked || s.slept || !n.equal(s.network)
	if moved {
		s.log.Debug("network changed", "addresses", n.addrs(), "slept", s.slept)
		s.network, s.looked, s.slept = n, true, false
		s.pace, s.calls = s.pace.hurried(now), s.calls.hurried(now)
		s.closeEar()
	}
	if self := s.cfg.Self(); moved || self != s.self {
		s.silence()
		s.self, s.calls = self, s.calls.wanted(now)
	}
	s.attend()
	if moved && !first && s.cfg.NetworkChanged != nil {
		s.cfg.NetworkChanged()
	}
}

// attend makes the ear and the announcement if they are missing and can be had.
func (s *Scout) attend() {
	if len(s.network.links) == 0 {
		return
	}
	var err error
	if s.ear == nil {
		s.ear, err = listen(s.network, s.answers)
		s.trouble(err)
	}
	if s.air == nil {
		s.air, err = tune(s.network, s.answers)
		s.trouble(err)
	}
	if s.server == nil && s.self.Port != 0 {
		s.server, err = announce(s.self, s.network)
		s.trouble(err)
	}
}

// trouble logs what does not work, once while it stays the same.
func (s *Scout) trouble(err error) {
	if err != nil && (s.worry == nil || err.Error() != s.worry.Error()) {
		s.worry = err
		s.log.Warn("local discovery is impaired", "cause", err)
	}
}

// leave says goodbye.
func (s *Scout) leave() {
	s.silence()
	s.closeEar()
}

func (s *Scout) silence() {
	if s.server != nil {
		withdraw(s.server)
		s.server = nil
	}
}

func (s *Scout) closeEar() {
	if s.ear != nil {
		s.ear.close()
		s.ear = nil
	}
	s.air.close()
	s.air = nil
}
