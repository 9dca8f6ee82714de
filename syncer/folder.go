package syncer

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kith/index"
	"kith/peer/wire"
	"kith/syncer/plan"
)

// How often a folder is looked after when nothing happens.
const (
	checkEvery   = 5 * time.Second  // is it still there?
	scanEvery    = 30 * time.Minute // look at everything, whatever the watcher said
	settleAfter  = time.Second      // a file that is gone is looked for once more
	lookAgainIn  = 3 * time.Second  // after a look that failed
	watchAgainIn = time.Minute      // after the system ceased to tell of changes
	flushWithin  = 10 * time.Second // how long closing waits for the disk
)

// folder is one running folder. Its loop owns machine and peers; workers are
// handed values and send events back.
type folder struct {
	e     *Engine
	id    index.FolderID
	dir   string
	store Store
	log   *slog.Logger

	events  chan event
	stop    context.CancelFunc // ends run; set before run is called
	stopped chan struct{}      // closed when run has returned

	// Owned by the loop.
	machine  machine
	askers   []asker
	peers    map[index.DeviceID]*conversation
	work     context.Context // ends when the folder is closed
	endWork  context.CancelFunc
	workers  sync.WaitGroup
	lastAll  time.Time // when everything was looked at
	thinning thinning

	// Read by workers.
	shape   atomic.Pointer[shape]
	tree    atomic.Pointer[Tree]
	rules   atomic.Pointer[rulebook]
	ruled   chan struct{} // holds one: other rules are in force, the watcher is to know
	reheard atomic.Bool   // with the next look at everything all is to be heard again
	doubt   atomic.Pointer[doubt]
	looked  atomic.Bool // a look at everything has succeeded since it was opened

	claims   claims
	late     late
	sources  claims // paths that a transfer copies from: not to be taken away yet
	shelf    shelf
	undoing  claims // paths that a person wants back: not there yet, but not deleted
	brakes   brakes
	gone     settling      // paths that are not there any more
	come     settling      // files that may have been moved here
	wet      settling      // files that are being written
	recur    recurring     // files whose times may be given once more
	later    later         // looks that are put off
	stirred  settling      // ignore files at which something was last noticed
	unrest   settling      // ignore files that are not at rest
	settled  claims        // paths of which it is known that nobody has what a power cut took
	remains  remains       // what a power cut left of files
	arriving arriving      // being put in place
	begun    begun         // what was gathered in part
	lives    lives         // of our index
	epochs   epochs        // that it had before
	renewal  gate          // who finds out whether our index was set back
	turn     gate          // who changes what is known of members' indexes
	commits  signal        // told after every commit
	heard    atomic.Uint64 // counts the updates of others' indexes
	hearing  atomic.Int64  // how many are being written into ours just now
	traffic  traffic
	board    scoreboard
	flights  flights
	paces    paces
	quotas   quotas
	placing  chan handover
	placed   chan placed
}

// shape is what is known of a folder and its members, replaced as a whole.
type shape struct {
	Folder
	plan plan.Folder
}

// conversation is one other member in this folder.
type conversation struct {
	link     Link
	heard    bool // it has been told that we are open
	asking   bool // and to go on from where we heard it last
	sub      *wire.Subscribe
	announce context.CancelFunc // nil while nothing is told
	caughtUp atomic.Bool        // we have heard all it has to say for now
	heardAll signal             // told when that comes true
	greeted  bool               // it was told anything,
	alone    bool               // and this: wire.Subscribe.Alone, the same all along
}

// Events that only the loop deals with: they concern conversations, or people.
type (
	linkUp     struct{ link Link }
	linkDown   struct{ link Link }
	subscribed struct {
		link Link
		sub  wire.Subscribe
	}
	unsubscribed struct {
		link Link
		un   wire.Unsubscribe
	}
	scanAsked    struct{ done chan<- error }
	rulesChanged struct{}
)

func newFolder(e *Engine, w Folder) *folder {
	f := &folder{
		e:       e,
		id:      w.ID,
		dir:     w.Dir,
		store:   e.cfg.Store,
		log:     e.cfg.Log.With("folder", w.Name),
		events:  make(chan event, 256), // a burst of hints and messages
		stopped: make(chan struct{}),
		ruled:   make(chan struct{}, 1),
		peers:   make(map[index.DeviceID]*conversation),
		lastAll: e.now(),
	}
	f.rules.Store(newRulebook())
	f.doubt.Store(&doubt{})
	f.shape.Store(&shape{Folder: w})
	f.commits.init()
	f.board.init()
	f.paces.init()
	return f
}

func (e *Engine) now() time.Time {
	if e.cfg.Clock != nil {
		return e.cfg.Clock()
	}
	return time.Now()
}

// send hands an event to the loop. It must not be called by the loop itself.
func (f *folder) send(ev event) {
	select {
	case f.events <- ev:
	case <-f.stopped:
	}
}

// run is the loop of the folder: receive, step, hand out work.
func (f *folder) run(ctx context.Context) {
	defer close(f.stopped)
	defer f.close()
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case ev := <-f.events:
			if ctx.Err() != nil {
				return
			}
			f.take(ctx, ev)
		case <-tick.C:
			f.take(ctx, ticked{scanDue: f.e.now().Sub(f.lastAll) > scanEvery})
		}
	}
}

// take deals with one event.
func (f *folder) take(ctx context.Context, ev event) {
	switch ev := ev.(type) {
	case configured:
		f.configure(ctx, ev.folder)
	case opened:
		if ev.err == nil {
			f.tree.Store(&ev.tree)
			f.begin(ctx)
		}
	case scanned:
		if ev.result.everything && ev.result.err == nil {
			f.looked.Store(true)
		}
		f.answer(ev.result)
	case linkUp:
		f.linkUp(ctx, ev.link)
		return
	case linkDown:
		f.linkDown(ev.link)
	case subscribed:
		f.subscribed(ctx, ev)
		return
	case unsubscribed:
		f.unsubscribed(ev)
	case told:
		allSaid := false // what waits for that can be decided now
		if c := f.peers[ev.link.Device()]; c != nil && c.link == ev.link {
			if allSaid = !c.caughtUp.Swap(ev.caughtUp) && ev.caughtUp; allSaid {
				c.heardAll.raise()
			}
			c.asking = false
		}
		if ev.news || allSaid {
			f.carryOut(ctx, f.machine.step(learnt{}))
		}
		f.show()
		return
	case missed:
		f.missed(ev.link)
		return
	case deafened:
		f.deaf(ev.link)
		return
	case rulesChanged:
		for _, c := range f.others() {
			c.heard = false
			if f.machine.live() {
				f.greet(c)
			}
		}
		return
	case hinted:
		f.stirs(ev)
	case scanAsked:
		f.ask(ev.done)
		f.carryOut(ctx, f.machine.step(hinted{everything: true}))
		return
	}
	f.carryOut(ctx, f.machine.step(ev))
	f.show()
}

// carryOut starts what the machine decided.
func (f *folder) carryOut(ctx context.Context, todo []effect) {
	for _, fx := range todo {
		switch fx := fx.(type) {
		case doOpen:
			f.goWork(ctx, f.openTreeNow)
		case doClose:
			f.close()
		case doGreet:
			for _, c := range f.others() {
				f.greet(c)
			}
		case doCheck:
			due := f.thinning.due(f.e.now())
			f.goWork(f.work, func(ctx context.Context) {
				tree := f.openTree()
				if err := tree.Check(); err != nil {
					f.send(lost{err})
					return
				}
				f.takeLateEdits(tree)
				if due {
					f.thin(ctx, tree)
				}
			})
		case doScan:
			if fx.everything {
				f.lastAll = f.e.now()
				for i := range f.askers {
					f.askers[i].covered = true
				}
			}
			f.goWork(f.work, func(ctx context.Context) { f.send(scanned{f.scan(ctx, fx)}) })
		case doScanLater:
			f.after(f.work, lookAgainIn, retried{})
		case doPull:
			f.goWork(f.work, func(ctx context.Context) { f.send(pulled{f.pull(ctx)}) })
		}
	}
}

// others returns the conversations in the order of the devices.
func (f *folder) others() []*conversation {
	all := make([]*conversation, 0, len(f.peers))
	for _, d := range slices.SortedFunc(maps.Keys(f.peers), index.DeviceID.Compare) {
		all = append(all, f.peers[d])
	}
	return all
}

// goWork runs a worker that the folder waits for when it closes. do must watch
// ctx; what it sends after the folder was closed is dropped by the machine.
func (f *folder) goWork(ctx context.Context, do func(context.Context)) {
	f.workers.Go(func() { do(ctx) })
}

func (f *folder) configure(ctx context.Context, w Folder) {
	old := f.shape.Load()
	if old.plan.Self == (index.Actor{}) {
		fresh := f.e.freshEpoch()
		cursor, err := f.store.Open(ctx, f.id, fresh)
		if err != nil {
			f.log.Error("index cannot be opened", "err", err)
			f.board.problem(problemStore, Problem{Reason: "the index cannot be opened: " + err.Error(), Next: "look at the disk that holds Kith's own data"})
			return
		}
		if err := f.lives.begin(ctx, f, cursor.Seq); err != nil {
			f.log.Error("the life of the index cannot be noted", "err", err)
		}
		if err := f.epochs.begin(ctx, f, cursor.Epoch, cursor.Epoch == fresh); err != nil {
			f.log.Error("the former epochs of the index cannot be read", "err", err)
		}
		s := &shape{Folder: w}
		s.plan.Self = index.Actor{Device: f.e.cfg.Self.Short(), Epoch: cursor.Epoch}
		f.shape.Store(s)
	}
	f.shape.Store(f.shapeOf(w))
	for _, m := range old.Members {
		if f.isMember(m.Device) {
			continue
		}
		if c := f.peers[m.Device]; c != nil {
			f.silence(c)
			delete(f.peers, m.Device)
		}
		if err := f.forget(ctx, m.Device); err != nil {
			f.log.Error("cannot forget a former member", "device", m.Device.Brief(), "err", err)
		}
	}
}

func (f *folder) shapeOf(w Folder) *shape {
	s := &shape{Folder: w}
	s.plan = f.shape.Load().plan
	s.plan.Members = w.Members
	s.plan.Keeps = plan.Keeps{}
	if w.Browse {
		s.plan.Keeps = plan.KeepSome(w.Keep, w.Leave)
	}
	i := slices.IndexFunc(w.Members, func(m index.Member) bool { return m.Device == f.e.cfg.Self })
	s.plan.Receive = i >= 0 && w.Members[i].Role == index.Receive
	return s
}

func (e *Engine) freshEpoch() index.Epoch {
	for {
		if n := e.cfg.Random(); n != 0 {
			return index.Epoch(n)
		}
	}
}

func (f *folder) isMember(d index.DeviceID) bool {
	return slices.ContainsFunc(f.shape.Load().Members, func(m index.Member) bool { return m.Device == d })
}

func (f *folder) roleOf(d index.DeviceID) index.Role {
	for _, m := range f.shape.Load().Members {
		if m.Device == d {
			return m.Role
		}
	}
	return 0
}

// after sends an event when some time has passed, unless the folder closed.
func (f *folder) after(ctx context.Context, d time.Duration, ev event) {
	f.goWork(ctx, func(ctx context.Context) {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			f.send(ev)
		case <-ctx.Done():
		}
	})
}

func (f *folder) event(verb, path, detail string, by index.Short) {
	ev := Event{At: f.e.now(), Folder: f.id, Verb: verb, Path: path, Detail: detail}
	for _, m := range f.shape.Load().Members {
		if m.Device.Short() == by {
			ev.Device = m.Device
		}
	}
	f.e.cfg.Event(ev)
}
