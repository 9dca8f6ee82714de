package syncer

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"kith/index"
	"kith/syncer/plan"
)

const (
	showEvery = 100 * time.Millisecond // how often the figures change while busy
)

// scoreboard is what workers and the loop write down for people to see, and what
// paths rest until they are tried again.
type scoreboard struct {
	mu        sync.Mutex // guards the rest
	changed   chan struct{}
	flags     flags
	peers     map[index.DeviceID]peerView
	totals    index.Totals
	stale     bool // the index changed since the totals were read
	keep      int64
	away      []index.DeviceID // who holds what could not be asked for in the last pass, and is not here
	problems  map[string]Problem
	kinds     map[string]int  // how many there are of each kind
	more      map[string]bool // kinds of which there are more than are kept
	renewed   map[string]bool // seen-problems met again by the scan under way
	scanAll   bool
	naps      map[index.Path]nap
	dozing    map[index.DeviceID]doze
	awaited   time.Time     // when the nap ends that somebody waits for; zero if nobody does
	relieve   chan struct{} // ends that waiting
	active    map[index.Path]*active
	extras    []*job
	rates     rates
	moved     struct{ down, up int64 } // bytes that are in the rates
	conflicts int
}

// flags are what the loop says of the folder.
type flags struct {
	paused, open, looked, scanning, pulling, pending bool
	away                                             string
}

type peerView struct {
	link Link
	open bool // the folder is open on both sides
	some bool // it browses the folder
	conv *conversation
}

type active struct {
	want    index.File
	done    *atomic.Int64
	have    *pieceMap
	holders []index.DeviceID
	last    int64
	rate    float64
}

type rates struct {
	down, up float64 // bytes per second, smoothed
}

func (b *scoreboard) init() {
	b.changed = make(chan struct{}, 1)
	b.peers = make(map[index.DeviceID]peerView)
	b.problems = make(map[string]Problem)
	b.kinds = make(map[string]int)
	b.more = make(map[string]bool)
	b.naps = make(map[index.Path]nap)
	b.dozing = make(map[index.DeviceID]doze)
	b.active = make(map[index.Path]*active)
}

// refresh has the figures computed anew.
func (b *scoreboard) refresh() {
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

// outdate says that the index changed: the totals are not to be believed until
// they are read again.
func (b *scoreboard) outdate() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stale = true
	b.refresh()
}

// show writes down what the machine is about.
func (f *folder) show() {
	m := &f.machine
	b := &f.board
	b.mu.Lock()
	was := b.flags
	b.flags = flags{
		paused: m.paused, open: m.open, looked: m.looked, scanning: m.scanning, pulling: m.pulling,
		pending: !m.look.empty() || m.needs || m.unsettled > 0, away: m.away,
	}
	changed := was != b.flags
	b.mu.Unlock()
	if changed {
		b.refresh()
		f.e.cfg.Changed()
	}
}

// present notes who is here.
func (b *scoreboard) present(peers map[index.DeviceID]*conversation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.peers)
	for d, c := range peers {
		b.peers[d] = peerView{link: c.link, open: c.sub != nil, some: c.sub != nil && c.sub.Browses, conv: c}
	}
	b.refresh()
}

// links returns the conversations in which the folder is open, but for those in
// which questions were not answered a moment ago.
func (b *scoreboard) links(now time.Time) map[index.DeviceID]Link {
	b.mu.Lock()
	defer b.mu.Unlock()
	links := make(map[index.DeviceID]Link)
	for d, p := range b.peers {
		if p.open && !now.Before(b.dozing[d].until) {
			links[d] = p.link
		}
	}
	return links
}

// allHeard reports whether somebody is here, and all who are have told all they have.
func (b *scoreboard) allHeard() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.peers {
		if !p.open || !p.conv.caughtUp.Load() {
			return false
		}
	}
	return len(b.peers) > 0
}

// keepers returns the conversations with those who can be counted on to keep
// what they hold.
func (b *scoreboard) keepers(self index.DeviceID) map[index.DeviceID]Link {
	b.mu.Lock()
	defer b.mu.Unlock()
	links := make(map[index.DeviceID]Link)
	for d, p := range b.peers {
		if p.open && p.conv.caughtUp.Load() && plan.Counts(self, d, p.some) {
			links[d] = p.link
		}
	}
	return links
}

// clear forgets what belonged to an open tree.
func (b *scoreboard) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.problems)
	clear(b.kinds)
	clear(b.more)
	clear(b.naps)
	clear(b.active)
	b.extras, b.keep, b.awaited, b.relieve, b.away = nil, 0, time.Time{}, nil, nil
}

// files returns how many files are here; sizes, that and how many are needed.
func (b *scoreboard) files() int {
	here, _ := b.sizes()
	return here
}

func (b *scoreboard) sizes() (here, need int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return int(b.totals.Here.Files), int(b.totals.Need.Files)
}

// kept notes how many needs are for others to settle, and who would have to be here
// for the rest.
func (b *scoreboard) kept(n int64, away []index.DeviceID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keep, b.away = n, away
	b.refresh()
}

func (b *scoreboard) transferBegins(want index.File, done *atomic.Int64, have *pieceMap, holders []index.DeviceID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.active[want.Path] = &active{want: want, done: done, have: have, holders: holders, last: done.Load()}
	b.refresh()
}

func (b *scoreboard) transferEnds(p index.Path) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.active, p)
	b.refresh()
}

// extra keeps a job for the next pass.
func (b *scoreboard) extra(j *job) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.extras = append(b.extras, j)
}

func (b *scoreboard) takeExtras() []*job {
	b.mu.Lock()
	defer b.mu.Unlock()
	jobs := b.extras
	b.extras = nil
	return jobs
}

func (b *scoreboard) noExtras() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.extras) == 0
}

// unknownConflicts: they have to be counted.
const unknownConflicts = -1

func (b *scoreboard) foundConflicts(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.conflicts = n
}

// marked is 1 for the name of a conflict copy, and 0 for others.
func marked(p index.Path) int {
	if _, _, ok := plan.ParseConflict(p); ok {
		return 1
	}
	return 0
}

// countConflicts counts conflict copies if something about them changed.
func (f *folder) countConflicts(ctx context.Context) {
	f.board.mu.Lock()
	known := f.board.conflicts != unknownConflicts
	f.board.mu.Unlock()
	if known {
		return
	}
	f.board.foundConflicts(0)
	all, err := f.e.Conflicts(ctx, f.id)
	if err == nil {
		f.board.foundConflicts(len(all))
	}
}

// measure returns the worker that keeps the figures current.
func (b *scoreboard) measure(f *folder) func(context.Context) {
	return func(ctx context.Context) {
		pace := time.NewTimer(showEvery)
		defer pace.Stop()
		last := time.Now()
		for ctx.Err() == nil {
			f.count(ctx, time.Since(last))
			last = time.Now()
			f.e.cfg.Changed()
			pace.Reset(showEvery)
			select {
			case <-pace.C:
			case <-ctx.Done():
				return
			}
			if b.quiet() {
				select {
				case <-b.changed:
				case <-ctx.Done():
					return
				}
			}
		}
	}
}

// quiet reports whether the figures stand still by themselves.
func (b *scoreboard) quiet() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.flags.scanning && !b.flags.pulling && len(b.active) == 0 && b.rates.down < 1 && b.rates.up < 1
}

// count reads the totals and smooths the rates.
func (f *folder) count(ctx context.Context, since time.Duration) {
	f.board.mu.Lock()
	f.board.stale = false
	f.board.mu.Unlock()
	totals, err := f.store.Totals(ctx, f.id)
	if err != nil {
		return
	}
	f.countConflicts(ctx)
	b := &f.board
	b.mu.Lock()
	defer b.mu.Unlock()
	b.totals = totals
	secs := max(since.Seconds(), 0.001)
	weight := min(1, secs/2) // the figures follow within about two seconds
	smooth := func(was float64, n int64) float64 {
		now := was + (float64(n)/secs-was)*weight
		if n == 0 && now < 1024 {
			return 0
		}
		return now
	}
	down, up := f.traffic.sum()
	b.rates.down = smooth(b.rates.down, down-b.moved.down)
	b.rates.up = smooth(b.rates.up, up-b.moved.up)
	b.moved.down, b.moved.up = down, up
	for _, a := range b.active {
		done := a.done.Load()
		a.rate = smooth(a.rate, done-a.last)
		a.last = done
	}
}
