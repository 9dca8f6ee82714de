package sim

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"kith/index"
	"kith/index/indextest"
	"kith/syncer"
	"kith/syncer/disk/disktest"
	"kith/syncer/plan"
)

// device is a computer: its disk, its index, and the lives of its program, one
// after the other.
type device struct {
	w    *world
	nth  int
	def  Device
	id   index.DeviceID
	disk *disktest.Memory

	mu      sync.Mutex // guards the rest
	index   *indextest.Memory
	life    *life // the current one; nil while the program does not run
	boots   int
	torn    map[string]string // by path: what the power cut that just was tore
	skew    time.Duration     // of the disk's clock
	broken  faults
	ambush  *ambush
	between index.Path  // of the step of ours that is in a gap; the root if none is
	putting []plan.Step // the steps of ours that are under way
	unheard unheard
	fatal   *fatal
	lies    int      // so many commits are gone after a power cut, which the disk had said it has
	past    []memory // before each of those
	backups struct {
		memory
		disk *disktest.Memory
	}
}

// memory is an index as it was once.
type memory struct {
	index *indextest.Memory
	knows map[claim]known // what it had said and heard by then
}

// life is a device's program from its start to its end.
type life struct {
	d      *device
	engine *syncer.Engine
	cancel context.CancelFunc
	ended  chan struct{}
	leaves atomic.Bool // about to end: it begins no conversation
	dead   atomic.Bool // killed: nothing it still does has any effect
}

// fatal ends a life at one of the next operations.
type fatal struct {
	in    int    // operations
	of    string // of this name; empty: of any
	power bool   // and the machine with it
}

func newDevice(w *world, nth int, def Device, id index.DeviceID) *device {
	d := &device{w: w, nth: nth, def: def, id: id, index: indextest.NewMemory(), boots: 1}
	opt := disktest.Options{
		Device:     def.Name,
		Clock:      d.diskTime,
		CaseBlind:  def.Has("caseblind"),
		Respells:   def.Has("respells"),
		NoExchange: def.Has("noexchange"),
		Journal:    true,
		Fail:       d.fault,
		Gap:        d.gap,
		Placed:     func(p index.Path, data []byte) { w.ledger.placed(d, p, string(data)) },
		Torn:       func(p index.Path, data []byte) { d.torn[p.String()] = string(data) },
		Kept:       func(p index.Path, data []byte) { w.ledger.kept(d, string(data)) },
	}
	if def.Has("coarse") {
		opt.Grain = int64(2 * time.Second)
	}
	if f := w.opt.Flaw.Disk; f != nil {
		f(&opt)
	}
	d.disk = disktest.NewMemory(opt)
	return d
}

// diskTime is the time that the disk writes down.
func (d *device) diskTime() int64 { return d.w.now().Add(d.onDisk(0)).UnixNano() }

// onDisk returns what a time is by the clock of the disk.
func (d *device) onDisk(t time.Duration) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return t + d.skew
}

// start begins a new life, unless there is one.
func (d *device) start() {
	if d.alive() != nil {
		return
	}
	kept := d.versions()
	d.disk.Reopen()
	d.w.ledger.putBack(d, kept)
	d.mu.Lock()
	defer d.mu.Unlock()
	l := &life{d: d, ended: make(chan struct{})}
	cfg := syncer.Config{
		Self:  d.id,
		Store: &store{l, d.flawedStore()},
		OpenTree: func(string, index.FolderID) (syncer.Tree, error) {
			if err := l.enter("open tree", ""); err != nil {
				return nil, err
			}
			if err := d.disk.Check(); err != nil {
				return nil, err
			}
			return &tree{l, d.flawedTree()}, nil
		},
		Log:     slog.New(slog.DiscardHandler),
		Event:   func(ev syncer.Event) { d.w.note(false, d.def.Name, ev.Verb, ev.Path) },
		Boot:    fmt.Sprint("boot ", d.boots),
		Clock:   d.w.now,
		Random:  func() uint32 { return uint32(d.w.roll("epoch", d.def.Name)) },
		Workers: 1,
	}
	if d.w.opt.Trace != nil {
		cfg.Log = slog.New(slog.NewTextHandler(traceWriter{d}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	if f := d.w.opt.Flaw.Config; f != nil {
		f(d.def.Name, &cfg)
	}
	l.engine = syncer.New(cfg)
	l.engine.Want([]syncer.Folder{{ID: d.w.folder, Name: "shared", Dir: "/", Members: d.w.members}})
	var ctx context.Context
	ctx, l.cancel = context.WithCancel(context.Background())
	d.w.group.Go(func() {
		defer close(l.ended)
		l.engine.Run(ctx) //nolint:errcheck // it ends when told to
	})
	d.life = l
	d.w.note(true, d.def.Name, "starts", "")
}

type traceWriter struct{ d *device }

func (t traceWriter) Write(p []byte) (int, error) {
	t.d.w.opt.Trace("             " + t.d.def.Name + " | " + string(p[:len(p)-1]))
	return len(p), nil
}

func (d *device) flawedStore() syncer.Store {
	if f := d.w.opt.Flaw.Store; f != nil {
		return f(d.def.Name, d.index)
	}
	return d.index
}

func (d *device) flawedTree() syncer.Tree {
	if f := d.w.opt.Flaw.Tree; f != nil {
		return f(d.def.Name, d.disk)
	}
	return d.disk
}

// stop ends the program in order.
func (d *device) stop() {
	l := d.alive()
	if l == nil {
		return
	}
	l.leaves.Store(true)
	d.hangUp(l)
	l.cancel()
	<-l.ended
	d.gone(l)
}

// kill ends the program as kill -9 does, or as the end of the power.
func (d *device) kill(power bool) {
	l := d.alive()
	if l == nil {
		if power {
			d.powerCut()
		}
		return
	}
	l.die(power)
	<-l.ended
	d.gone(l)
}

// die makes a life end without having a say in it. It may be called by the life
// itself.
func (l *life) die(power bool) {
	if l.dead.Swap(true) {
		return
	}
	l.leaves.Store(true)
	d := l.d
	d.w.note(true, d.def.Name, "dies", fmt.Sprint(power))
	if power {
		d.powerCut()
	}
	d.hangUp(l)
	l.cancel()
	d.w.group.Go(func() {
		<-l.ended
		d.gone(l)
	})
}

func (d *device) gone(l *life) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.life == l {
		d.life = nil
	}
}

// alive returns the current life.
func (d *device) alive() *life {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.life
}

func (d *device) powerCut() {
	d.mu.Lock()
	d.boots++
	nth := d.boots
	d.mu.Unlock()
	dice := diceFor(d.w.sc.Seed, fmt.Sprintf("power %s %d", d.def.Name, nth))
	d.torn = map[string]string{}
	pick := dice.below
	if cut := d.w.opt.Cut; cut != nil {
		pick = func(n int) int {
			pick = dice.below // for the bytes
			return cut(n - 1)
		}
	}
	lost := d.loseCommits() // first: what is left on the disk is judged by what the index knows of it then
	d.w.ledger.disturb(d, "a power cut", func() { d.disk.PowerCut(func(n int) int { return pick(n) }) })
	d.torn = nil
	if lost {
		d.w.ledger.unexplained(d)
	}
}

// loseCommits takes from the index what the disk had only said it has of it, and reports
// whether there was something.
func (d *device) loseCommits() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.past) == 0 {
		return false
	}
	was := d.past[0]
	d.index, d.past = was.index, nil
	d.w.ledger.setBack(d, was.knows)
	return true
}

// remember keeps the index as it is before a commit that may not be there after a
// power cut.
func (d *device) remember() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lies > 0 {
		d.past = append(d.past, memory{d.index.Copy(), d.w.ledger.knowledge(d)})
		d.past = d.past[max(0, len(d.past)-d.lies):]
	}
}

// scan has the device look at everything, as kith scan does.
func (d *device) scan() {
	l := d.alive()
	if l == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	for range 50 {
		if err := l.engine.Scan(ctx, d.w.folder); err == nil || ctx.Err() != nil {
			return
		}
		d.w.sleep(time.Second)
	}
}

func (d *device) status() syncer.Status {
	l := d.alive()
	if l == nil {
		return syncer.Status{}
	}
	all := l.engine.Status()
	if len(all) == 0 {
		return syncer.Status{}
	}
	if f := d.w.opt.Flaw.Status; f != nil {
		f(d.def.Name, &all[0])
	}
	return all[0]
}

// inStep reports whether the device says that it and all its neighbours are, or
// has a good reason why not.
func (d *device) inStep() bool {
	s := d.status()
	if d.w.ledger.narrow && s.Phase == syncer.Syncing && len(s.Active) == 0 && s.Totals.Need.Files > 0 {
		return true // somebody would have to settle it, and cannot hold the name
	}
	if s.Phase != syncer.InStep && !(s.Phase == syncer.Failing && d.excused(s)) {
		return false
	}
	if d.w.ledger.lenient() || s.Phase == syncer.Failing {
		return true
	}
	for _, m := range s.Members {
		if d.w.wired(d.id, m.Device) && !(m.Connected && m.InStep) {
			return false
		}
	}
	return true
}

// excused reports whether all problems of a device are names that its disk cannot
// hold, or content that a power cut took from everybody.
func (d *device) excused(s syncer.Status) bool {
	for _, p := range s.Problems {
		name := strings.Contains(p.Reason, plan.ErrName.Error()) || strings.Contains(p.Reason, plan.ErrParent.Error())
		torn := strings.HasPrefix(p.Reason, "no connected device has")
		if !(name && d.w.ledger.narrow) && !(torn && d.w.ledger.unfair) {
			return false
		}
	}
	return true
}

func (d *device) needs() string {
	text := ""
	d.mu.Lock()
	idx := d.index
	d.mu.Unlock()
	for _, gone := range []bool{false, true} {
		cases, err := idx.Needs(context.Background(), d.w.folder, index.Path{}, 5, gone)
		if err != nil {
			return fmt.Sprint("\n    ", err)
		}
		for _, c := range cases {
			text += fmt.Sprintf("\n    needs %s: has %s %v", c.Path, c.Have.Kind, c.Have.Version)
			for _, o := range c.Others {
				text += fmt.Sprintf("\n      %s has %s %v", o.Device.Brief(), o.Kind, o.Version)
			}
		}
	}
	return text
}
