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

// ownCursor returns how far our own index goes. If the member remembers more of
// this epoch than we do, other lives of it, or a later epoch, our index was rolled
// back: a new epoch begins, so that no number is used twice.
//
// Several members may say so at once; the second one finds the epoch of the first.
func (f *folder) ownCursor(ctx context.Context, sub wire.Subscribe) (index.Cursor, error) {
	select {
	case f.renewal <- struct{}{}:
		defer func() { <-f.renewal }()
	case <-ctx.Done():
		return index.Cursor{}, ctx.Err()
	}
	self := f.shape.Load().plan.Self.Epoch
	mine, err := f.store.Open(ctx, f.id, self)
	if err != nil {
		return mine, err
	}
	life := f.lives.of(sub.Heard.Seq)
	if sub.Heard.Epoch != mine.Epoch {
		if before, err := f.epochs.precede(ctx, f, sub.Heard.Epoch); before || err != nil {
			return mine, err
		}
	} else if sub.Heard.Seq <= mine.Seq && (sub.Life == 0 || life == 0 || sub.Life == life) {
		if sub.Life != 0 && sub.Life == life {
			err = f.lives.meet(ctx, f, sub.Heard.Seq)
		}
		return mine, err
	}
	f.log.Warn("our index is older than what others remember of it: a new epoch begins", "had", uint64(mine.Seq), "they", uint64(sub.Heard.Seq))
	if err := f.renew(ctx, f.lives.unmet(sub.Life), mine.Epoch, sub.Heard.Epoch); err != nil {
		return mine, err
	}
	return f.store.Open(ctx, f.id, f.shape.Load().plan.Self.Epoch)
}

// renew begins a new epoch of our index, which was set back to before what a member
// remembers of it, in an epoch of its own. The index goes by its old epoch until what was
// saved here since is counted anew: whoever is stopped on the way finds out once more.
func (f *folder) renew(ctx context.Context, since index.Seq, old, theirs index.Epoch) error {
	f.event("rolled-back", "", "the index was older than what others remember of it", 0)
	fresh := f.e.freshEpoch()
	f.countIn(fresh)
	err := f.reissue(ctx, since, old, fresh)
	if err == nil {
		err = f.store.Renew(ctx, f.id, fresh)
	}
	if err != nil {
		f.countIn(old)
		return err
	}
	go f.send(hinted{everything: true}) // whoever takes turns must not wait for the loop
	return f.epochs.renewed(ctx, f, old, theirs)
}

// countIn has what is saved here from now on counted in an epoch.
func (f *folder) countIn(epoch index.Epoch) {
	s := *f.shape.Load()
	s.plan.Self.Epoch = epoch
	f.shape.Store(&s)
}

// afterRenewal waits while somebody finds out whether our index was set back: until
// what was saved here since is counted anew, it cannot be told from what others
// have under the same counts.
func (f *folder) afterRenewal(ctx context.Context) {
	select {
	case f.renewal <- struct{}{}:
		<-f.renewal
	case <-ctx.Done():
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
	f.lives.tell(u.To)
	latest, err := f.store.Open(ctx, f.id, epoch)
	if err != nil {
		return at, false, err
	}
	if u.Latest = latest.Seq; len(u.Files) == len(recs) && len(recs) < updateFiles {
		u.Latest = u.To
	}
	return u.To, len(u.Files) > 0, l.Send(ctx, &u)
}

// learn takes part of a member's index into ours. It is called by the goroutine
// that reads the link, so a member that tells more than we can take has to wait.
func (f *folder) learn(l Link, u wire.Update) {
	ctx := context.Background()
	f.afterRenewal(ctx)
	ev, err := f.learnInTurn(ctx, l, u)
	switch {
	case err != nil:
		f.deafened(l, err)
	case ev != nil:
		f.send(ev)
	}
}

// takeTurn waits until nobody else changes what is known of members' indexes, and
// how far they were heard; the function that is returned lets the next one do so.
func (f *folder) takeTurn() (done func()) {
	f.turn <- struct{}{}
	return func() { <-f.turn }
}

// forget has a member's index heard from its beginning.
func (f *folder) forget(ctx context.Context, d index.DeviceID) error {
	defer f.takeTurn()()
	return f.store.Forget(ctx, f.id, d)
}

// learnInTurn does so, and returns what the loop is to know of it; nil if nothing.
//
// Of two conversations with a member only the later one counts. What came over the
// earlier one, and is late, must not take the place of what was heard since.
func (f *folder) learnInTurn(ctx context.Context, l Link, u wire.Update) (event, error) {
	defer f.takeTurn()()
	d := l.Device()
	if !f.isMember(d) || f.openTree() == nil || f.e.link(d) != l {
		return nil, nil
	}
	heard, err := f.store.Heard(ctx, f.id, d)
	if err != nil {
		return nil, err
	}
	fresh := u.From == 0
	if !fresh && f.refused(d) {
		return nil, nil
	}
	if !fresh && heard != (index.Cursor{Epoch: u.Epoch, Seq: u.From}) {
		f.log.Debug("index update does not follow upon the last one", "device", d.Brief(), "from", uint64(u.From), "heard", uint64(heard.Seq))
		return missed{l}, nil
	}
	switch v, err := f.admit(ctx, d, u); {
	case err != nil:
		return nil, err
	case v == refuse:
		return nil, nil
	case v == recount:
		return missed{l}, f.store.Forget(ctx, f.id, d)
	}
	files, err := f.heeded(ctx, u.Files)
	if err != nil {
		return nil, err
	}
	if _, err := f.epochs.precede(ctx, f, f.otherEpochs(files)...); err != nil {
		return nil, err
	}
	if err := f.ownCounts(ctx, files); err != nil {
		return nil, err
	}
	if err := f.hearIn(ctx, d, index.Cursor{Epoch: u.Epoch, Seq: u.To}, u.Life); err != nil {
		return nil, err
	}
	f.board.outdate()
	defer f.board.outdate()
	f.hearing.Add(1)
	err = f.store.Learn(ctx, f.id, d, files, index.Cursor{Epoch: u.Epoch, Seq: u.To}, fresh, f.roleOf(d) == index.Both)
	f.heard.Add(1)
	f.hearing.Add(-1)
	if err != nil {
		return nil, err
	}
	f.board.solved(problemStore)
	return told{l, u.To >= u.Latest, len(files) > 0}, nil
}

// heeded returns what of an update counts here: what has a history that can be,
// and is not ignored; of what is, only what we hold since before it was: that the
// other has it too.
func (f *folder) heeded(ctx context.Context, all []index.File) ([]index.File, error) {
	rules := f.rules.Load().rest // once others are in force, it is heard again
	files := all[:0:0]
	var ignored []index.File
	var paths []index.Path
	for _, file := range all {
		f.board.rested(file.Path)
		if !file.Version.Roomy() {
			// Taken over, it could not be counted on, nor told to anybody.
			f.board.problem(problemPast+file.Path.String(), Problem{Path: file.Path.String(), Reason: "another device tells of a history that cannot be",
				Next: "save it anew on the device where it is right"})
			continue
		}
		f.board.solved(problemPast + file.Path.String())
		if !rules.Skips(file.Path, file.Kind == index.Directory) {
			files = append(files, file)
			continue
		}
		ignored, paths = append(ignored, file), append(paths, file.Path)
	}
	if len(paths) == 0 {
		return files, nil
	}
	ours, err := f.store.Get(ctx, f.id, paths, false)
	if err != nil {
		return nil, err
	}
	for i, file := range ignored {
		if ours[i].Live() && ours[i].Version.Contains(file.Version) {
			files = append(files, file)
		}
	}
	return files, nil
}

// deafened deals with part of an index that could not be written into ours: the
// member is asked for it again, a while later.
func (f *folder) deafened(l Link, err error) {
	f.log.Error("cannot hear a member's index", "device", l.Device().Brief(), "err", err)
	f.board.problem(problemStore, Problem{Reason: "the index cannot be used: " + err.Error(), Next: "look at the disk that holds Kith's own data"})
	f.send(deafened{l})
}

// missed: part of a member's index did not come, or came twice. It is asked to
// go on from where we heard it last.
type missed struct{ link Link }

// deafened: part of a member's index came, and could not be taken.
type deafened struct{ link Link }

// askAgain is how long a member whose index could not be taken, or who could not
// be told ours, is left alone.
const askAgain = 5 * time.Second

func (f *folder) deaf(l Link) {
	if c := f.peers[l.Device()]; c != nil && c.link == l && f.machine.live() {
		c.asking = false
		f.after(f.work, askAgain, missed{l})
	}
}

func (f *folder) missed(l Link) {
	c := f.peers[l.Device()]
	if c == nil || c.link != l || c.asking || !f.machine.live() {
		return
	}
	c.asking, c.heard = true, false
	f.greet(c)
}

// told: a member's index was heard, up to its end or not.
type told struct {
	link     Link
	caughtUp bool
	news     bool
}
