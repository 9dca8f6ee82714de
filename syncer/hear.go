package syncer

import (
	"context"
	"slices"

	"kith/index"
	"kith/peer/wire"
)

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
	done, _ = f.turn.enter(context.Background()) //nolint:errcheck // that never ends
	return done
}

// forget has a member's index heard from its beginning.
func (f *folder) forget(ctx context.Context, d index.DeviceID) error {
	defer f.takeTurn()()
	return f.forgetInTurn(ctx, d)
}

func (f *folder) forgetInTurn(ctx context.Context, d index.DeviceID) error {
	over, err := f.arriving.learn(ctx, f, nil, true)
	defer over()
	if err != nil {
		return err
	}
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
		return missed{l}, f.forgetInTurn(ctx, d)
	}
	files := f.roomy(u.Files)
	if _, err := f.epochs.precede(ctx, f, f.otherEpochs(files)...); err != nil {
		return nil, err
	}
	if err := f.ownCounts(ctx, files); err != nil {
		return nil, err
	}
	if files, err = f.heeded(ctx, files, fresh); err != nil {
		return nil, err
	}
	if err := f.hearIn(ctx, d, index.Cursor{Epoch: u.Epoch, Seq: u.To}, u.Life); err != nil {
		return nil, err
	}
	over, err := f.arriving.learn(ctx, f, files, fresh && heard.Seq > 0)
	defer over()
	if err != nil {
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

// roomy returns what of an update has a history that can be.
func (f *folder) roomy(all []index.File) []index.File {
	files := all[:0:0]
	for _, file := range all {
		f.board.rested(file.Path)
		if !file.Version.Roomy() {
			// Taken over, it could not be counted on, nor told to anybody.
			f.board.problem(problemPast+file.Path.String(), Problem{Path: file.Path.String(), Reason: "another device tells of a history that cannot be",
				Next: "save it anew, or under another name, on the device where it is right"})
			continue
		}
		f.board.solved(problemPast + file.Path.String())
		files = append(files, file)
	}
	return files
}

// heeded returns what of an update counts here. Of what is ignored nothing does: it is
// left to each device, so whatever the other one has there counts for what we have. All
// of that is said at the beginning. Once other rules are in force, it is heard again.
func (f *folder) heeded(ctx context.Context, all []index.File, beginning bool) ([]index.File, error) {
	rules := f.rules.Load()
	files := slices.DeleteFunc(all, func(file index.File) bool { return rules.leaves(file) })
	if !beginning || len(rules.files) == 0 {
		return files, nil
	}
	err := f.store.List(ctx, f.id, index.Path{}, func(r index.Record) error {
		if r.Live() && rules.leaves(r.File) {
			files = append(files, r.File)
		}
		return nil
	})
	return files, err
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
