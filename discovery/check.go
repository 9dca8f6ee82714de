package discovery

import (
	"context"
	"errors"
	"net/netip"
	"time"
)

// Health is what can be told of the ways by which devices see each other here.
type Health struct {
	Interfaces []Interface // those used; none: there is no network
	Multicast  Channel     // multicast DNS
	Broadcast  Channel     // the beacon
}

// Interface is one that is used.
type Interface struct {
	Name  string
	Addrs []netip.Prefix // without link-local ones of IPv6
}

// Channel is one way of being seen.
type Channel struct {
	// Own: what was sent during the check came back to this very machine, so
	// nothing here keeps it from going out and coming in. It says nothing of the
	// network beyond.
	Own    bool
	None   bool  // there is nothing to try it on: broadcast needs IPv4
	Others int   // devices that were heard by it lately
	Failed error // why nothing could be sent or heard, if that is known
}

// listenFor is how long a check listens. Answers come within half of it.
const listenFor = 1500 * time.Millisecond

// check is a question about health, under way until then.
type check struct {
	began, until time.Time
	reply        chan<- Health // has room for it
}

// own is what of our own packets came back.
type own struct {
	record, beacon time.Time
	failed         error // of the last beacon
}

func (o *own) heard(now time.Time, a answer, err error) {
	switch {
	case !errors.Is(err, errOurs):
	case a.record != nil:
		o.record = now
	case a.beacon != nil:
		o.beacon = now
	}
}

// Check asks around at once and says what came of it, after a second or two. It
// fails if ctx ends before, or discovery does not run.
func (s *Scout) Check(ctx context.Context) (Health, error) {
	reply := make(chan Health, 1)
	select {
	case s.checks <- check{reply: reply}:
	case <-ctx.Done():
		return Health{}, context.Cause(ctx)
	}
	select {
	case h := <-reply:
		return h, nil
	case <-ctx.Done():
		return Health{}, context.Cause(ctx)
	}
}

// begin begins a check.
func (s *Scout) begin(now time.Time, c check) {
	c.began, c.until = now, now.Add(listenFor)
	s.open = append(s.open, c)
	s.pace, s.calls = s.pace.hurried(now), s.calls.hurried(now)
}

// report answers the checks that have listened long enough.
func (s *Scout) report(now time.Time) {
	for len(s.open) > 0 && !now.Before(s.open[0].until) {
		s.open[0].reply <- s.health(now, s.open[0].began)
		s.open = s.open[1:]
	}
}

func (s *Scout) health(now, since time.Time) Health {
	h := Health{
		Multicast: Channel{Own: !s.own.record.Before(since)},
		Broadcast: Channel{Own: !s.own.beacon.Before(since), None: s.air == nil, Failed: s.own.failed},
	}
	for _, l := range s.network.links {
		h.Interfaces = append(h.Interfaces, Interface{l.iface.Name, l.nets})
	}
	if s.server == nil || s.ear == nil {
		h.Multicast.Failed = s.worry
	}
	h.Multicast.Others, h.Broadcast.Others = s.table.heardBy(now)
	return h
}
