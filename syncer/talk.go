package syncer

import (
	"context"
	"sync"
	"time"

	"kith/index"
	"kith/peer/wire"
)

// What one Update carries at most: well below what a frame may hold.
const (
	updateFiles  = 1000
	updateBytes  = 600 << 10
	inlineBlocks = 8 // block lists up to this length travel with the index
)

// signal wakes all who wait for the next change.
type signal struct {
	mu sync.Mutex // guards ch
	ch chan struct{}
}

func (s *signal) init() { s.ch = make(chan struct{}) }

// wait returns a channel that is closed at the next change from now on.
func (s *signal) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ch
}

func (s *signal) raise() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.ch)
	s.ch = make(chan struct{})
}

// meet notes a conversation with a member.
func (f *folder) meet(l Link) *conversation {
	d := l.Device()
	if !f.isMember(d) {
		return nil
	}
	if c := f.peers[d]; c != nil {
		if c.link == l {
			return c
		}
		f.silence(c)
	}
	c := &conversation{link: l, sub: f.e.subscription(l, f.id)}
	c.heardAll.init()
	f.peers[d] = c
	return c
}

func (f *folder) linkUp(ctx context.Context, l Link) {
	c := f.meet(l)
	if c == nil {
		return
	}
	if f.machine.live() {
		f.greet(c)
	}
	f.board.present(f.peers)
	f.carryOut(ctx, f.machine.step(learnt{}))
	f.show()
}

func (f *folder) linkDown(l Link) {
	c := f.peers[l.Device()]
	if c == nil || c.link != l {
		return
	}
	f.silence(c)
	delete(f.peers, l.Device())
	f.board.present(f.peers)
}

// greet tells a member that the folder is open here and how far we heard it,
// and starts telling it our index if it has the folder open too.
func (f *folder) greet(c *conversation) {
	if !c.greeted {
		c.greeted, c.alone = true, f.lives.alone() && !f.epochs.isBorn()
	}
	if !c.heard {
		c.heard = true
		f.goWork(f.work, func(ctx context.Context) { f.subscribe(ctx, c) })
	}
	f.startAnnouncing(c)
}

// subscribe tells a member how far we heard it, and how far our own index goes. If a
// new epoch of that begins meanwhile, it is said again: otherwise the member would
// wait for something of the old one.
func (f *folder) subscribe(ctx context.Context, c *conversation) {
	for {
		f.afterRenewal(ctx)
		sub, err := f.subscription(ctx, c.link.Device())
		if err != nil {
			f.deafened(c.link, err)
			return
		}
		sub.Alone = c.alone
		if err := c.link.Send(ctx, sub); err != nil {
			f.log.Debug("cannot subscribe", "device", c.link.Device().Brief(), "err", err)
			return
		}
		if f.shape.Load().plan.Self.Epoch == sub.Mine.Epoch {
			return
		}
	}
}

func (f *folder) subscription(ctx context.Context, d index.DeviceID) (*wire.Subscribe, error) {
	heard, err := f.store.Heard(ctx, f.id, d)
	if err != nil {
		return nil, err
	}
	mine, err := f.store.Open(ctx, f.id, f.shape.Load().plan.Self.Epoch)
	if err != nil {
		return nil, err
	}
	life, err := f.lifeHeard(ctx, d, heard)
	if err != nil {
		return nil, err
	}
	return &wire.Subscribe{Folder: f.id, Heard: heard, Mine: mine, Browses: f.shape.Load().Browse, Life: life}, nil
}

func (f *folder) subscribed(ctx context.Context, ev subscribed) {
	c := f.peers[ev.link.Device()]
	if c == nil || c.link != ev.link {
		return // of a conversation that a newer one has followed, or before it is known who belongs to the folder: linkUp finds it
	}
	f.silence(c)
	c.caughtUp.Store(false)
	c.sub = &ev.sub
	if f.machine.live() {
		f.greet(c)
	}
	f.board.present(f.peers)
	f.carryOut(ctx, f.machine.step(learnt{}))
	f.show()
}

func (f *folder) unsubscribed(ev unsubscribed) {
	c := f.peers[ev.link.Device()]
	if c == nil || c.link != ev.link {
		return
	}
	f.silence(c)
	c.sub = nil
	c.caughtUp.Store(false)
	f.board.present(f.peers)
}

func (f *folder) silence(c *conversation) {
	if c.announce != nil {
		c.announce()
		c.announce = nil
	}
}

func (f *folder) startAnnouncing(c *conversation) {
	if c.sub == nil || c.announce != nil {
		return
	}
	ctx, cancel := context.WithCancel(f.work)
	c.announce = cancel
	sub := *c.sub
	f.goWork(ctx, func(ctx context.Context) {
		defer cancel()
		for {
			err := f.announce(ctx, c, sub)
			if err == nil || ctx.Err() != nil {
				return
			}
			f.log.Debug("stopped announcing", "device", c.link.Device().Brief(), "err", err)
			select {
			case <-time.After(askAgain):
			case <-ctx.Done():
				return
			}
		}
	})
}

// announce tells a member our index from where it stopped hearing, and then
// every change as it is committed, until ctx ends.
func (f *folder) announce(ctx context.Context, c *conversation, sub wire.Subscribe) error {
	mine, err := f.ownCursor(ctx, sub)
	if err != nil {
		return err
	}
	heard, err := f.store.Heard(ctx, f.id, c.link.Device())
	if err != nil {
		return err
	}
	if sub.Mine.Seq == 0 || sub.Mine.Epoch == heard.Epoch && sub.Mine.Seq <= heard.Seq {
		if !c.caughtUp.Swap(true) {
			c.heardAll.raise()
			f.send(learnt{})
		}
		f.board.refresh()
	}
	var at index.Seq
	if sub.Heard.Epoch == mine.Epoch {
		at = sub.Heard.Seq
	}
	if err := f.hearFirst(ctx, c, sub); err != nil {
		return err
	}
	for first := true; ; first = false {
		changed := f.commits.wait()
		f.afterRenewal(ctx)
		if now := f.shape.Load().plan.Self.Epoch; now != mine.Epoch {
			mine.Epoch, at, first = now, 0, true
		}
		next, sent, err := f.tell(ctx, c.link, mine.Epoch, at, first)
		if err != nil {
			return err
		}
		at = next
		if sent {
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// tell sends the next part of our index after a sequence number. first: send
// it even if there is nothing, so that the member knows that it has heard all.
func (f *folder) tell(ctx context.Context, l Link, epoch index.Epoch, at index.Seq, first bool) (index.Seq, bool, error) {
	recs, err := f.store.Since(ctx, f.id, at, updateFiles, inlineBlocks)
	if err != nil {
		return at, false, err
	}
	if len(recs) == 0 && !first {
		return at, false, nil
	}
	u := wire.Update{Folder: f.id, Epoch: epoch, From: at, To: at}
	size := 0
	for _, r := range recs {
		size += 64 + len(r.Path.String()) + len(r.Target) + 40*len(r.Blocks) + 16*len(r.Version)
		if size > updateBytes && len(u.Files) > 0 {
			break
		}
		if r.Kind == index.Sought {
			r.Kind = index.Elsewhere
		}
		u.Files = append(u.Files, r.File)
		u.To = r.Seq
	}
	u.Life = f.lives.of(u.To)
	if err := f.lives.tell(ctx, f, u.To); err != nil {
		return at, false, err
	}
	latest, err := f.store.Open(ctx, f.id, epoch)
	if err != nil {
		return at, false, err
	}
	if u.Latest = latest.Seq; len(u.Files) == len(recs) && len(recs) < updateFiles {
		u.Latest = u.To
	}
	return u.To, len(u.Files) > 0, l.Send(ctx, &u)
}

// askAgain is how long a member whose index could not be taken, or who could not
// be told ours, is left alone.
const askAgain = 5 * time.Second
