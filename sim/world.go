package sim

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kith/index"
	"kith/peer/wire"
	"kith/syncer"
	"kith/syncer/disk/disktest"
)

// Flaw is a bug planted between the engine and what it stands on, to see whether
// it is noticed. Nil functions change nothing.
type Flaw struct {
	Store  func(device string, s syncer.Store) syncer.Store
	Tree   func(device string, t syncer.Tree) syncer.Tree
	Config func(device string, c *syncer.Config)
	Disk   func(opt *disktest.Options)
	// Send may change a message, or drop it by returning nil.
	Send func(from, to string, m wire.Message) wire.Message
	// Bytes may change the bytes of a piece.
	Bytes func(from, to string, data []byte) []byte
	// Status may change what a device says of itself.
	Status func(device string, s *syncer.Status)
}

// Options say how a scenario is run.
type Options struct {
	Flaw  Flaw
	Trace func(line string) // told of every event, if set
	// Cut chooses how many stay of the n changes to a disk that were not flushed when
	// the power was cut; chance does if it is nil.
	Cut func(n int) int

	each func(d *device) // called at each operation of a device at which it may be ended
}

// Report is what came of a scenario.
type Report struct {
	Broken  []string // the laws that were broken; none if all is well
	Trace   uint64   // hash of everything that happened
	Events  int
	Virtual time.Duration
}

// world is a scenario being run.
type world struct {
	*clock
	opt     Options
	sc      Scenario
	folder  index.FolderID
	members []index.Member
	devices []*device
	ledger  *ledger
	wires   map[pair]*wireState
	group   sync.WaitGroup // everything that was started
	over    chan struct{}  // closed when the scenario is

	trace struct {
		sync.Mutex
		hash   uint64
		events int
		active int // events that change something
	}
}

// Run runs a scenario to its end and judges it. Two runs are the same if only one
// processor runs them: see Alone.
func Run(t *testing.T, sc Scenario, opt Options) (r Report) {
	sweep()
	synctest.Test(t, func(*testing.T) {
		w := newWorld(sc, opt)
		for _, d := range w.devices {
			d.start()
		}
		w.mesh()
		for _, s := range sc.Steps {
			if len(w.ledger.broken) > 0 {
				break
			}
			w.sleep(s.After)
			w.ledger.glance()
			w.do(s)
		}
		if len(w.ledger.broken) == 0 {
			w.settle()
		}
		w.end()
		r = Report{Broken: w.ledger.broken, Trace: w.trace.hash, Events: w.trace.events, Virtual: w.since()}
	})
	return r
}

func newWorld(sc Scenario, opt Options) *world {
	w := &world{clock: newClock(sc.Seed), opt: opt, sc: sc, wires: map[pair]*wireState{}, over: make(chan struct{})}
	copy(w.folder[:], "a folder to share")
	w.ledger = newLedger(w)
	for i, def := range sc.Devices {
		role := index.Both
		if def.Has("receive") {
			role = index.Receive
		}
		id := index.DeviceID(sha256.Sum256([]byte(def.Name)))
		w.members = append(w.members, index.Member{Device: id, Name: def.Name, Role: role})
		w.devices = append(w.devices, newDevice(w, i, def, id))
	}
	return w
}

// end stops all devices and waits for everything that was started.
func (w *world) end() {
	close(w.over)
	for _, d := range w.devices {
		d.stop()
	}
	for _, ws := range w.sortedWires() {
		ws.drop()
	}
	w.group.Wait()
}

// note adds an event to the trace. active: it changed something somewhere.
func (w *world) note(active bool, who, what, about string) {
	t := &w.trace
	t.Lock()
	defer t.Unlock()
	t.hash += mix(hash(hash(hash(uint64(w.since()), who), what), about)) // in whatever order at one instant
	t.events++
	if active {
		t.active++
	}
	if w.opt.Trace != nil {
		w.opt.Trace(fmt.Sprintf("%12v %s %s %s", w.since(), who, what, about))
	}
}

func (w *world) active() int {
	w.trace.Lock()
	defer w.trace.Unlock()
	return w.trace.active
}

func (w *world) device(name string) *device {
	i := slices.IndexFunc(w.devices, func(d *device) bool { return d.def.Name == name })
	if i < 0 {
		return nil
	}
	return w.devices[i]
}

// called returns the device of an ID.
func (w *world) called(id index.DeviceID) *device {
	return w.devices[slices.IndexFunc(w.devices, func(d *device) bool { return d.id == id })]
}

// How long a world may take to come to rest, and how long nothing happens before
// it has: until all that devices wait for, to try again, has passed.
const (
	patience  = 25 * time.Minute
	stillFor  = 3 * time.Second
	longest   = 6 * time.Minute
	forAName  = 65 * time.Minute // until a name that a disk could not hold is tried again
	moreForIt = 4
)

// patience is how long this world may take.
func (w *world) patience() time.Duration {
	if w.ledger.narrow {
		return moreForIt * patience
	}
	return patience
}

// still reports whether nothing will happen any more, if nothing did for so long.
func (w *world) still(quiet time.Duration) bool {
	switch {
	case w.ledger.narrow:
		return quiet > forAName || quiet > longest && w.allInStep()
	case w.ledger.lenient():
		return quiet > 5*stillFor && w.inStep() || quiet > longest
	}
	return quiet > stillFor && w.inStep() || quiet > longest
}

// allInStep reports whether all devices say so of themselves, without an excuse.
func (w *world) allInStep() bool {
	return !slices.ContainsFunc(w.devices, func(d *device) bool { return d.status().Phase != syncer.InStep })
}

// settle ends all faults, lets everybody look, waits until nothing happens any
// more, and has the ledger judge.
func (w *world) settle() {
	w.note(false, "-", "settle", "")
	for _, d := range w.devices {
		d.heal()
		d.start()
	}
	w.mesh()
	began := w.since()
	for w.since()-began < w.patience() {
		for _, d := range w.devices {
			d.scan()
		}
		if w.rest(began) && (w.inStep() || w.ledger.onlyRemains()) {
			break
		}
	}
	if !w.inStep() && !w.ledger.onlyRemains() {
		w.ledger.breaks("no end: not in step after %v: %s", w.since()-began, w.unsettled())
	}
	w.ledger.judge()
	if n := runtime.NumGoroutine(); n > w.enoughGoroutines() {
		w.ledger.breaks("grows: %d goroutines of %d devices at rest", n, len(w.devices))
	}
}

// enoughGoroutines is how many there may be at rest, whatever has happened: some of
// the test's, some of each device, and a few of it for each of the others.
func (w *world) enoughGoroutines() int {
	return 16 + len(w.devices)*(8+3*len(w.devices))
}

// rest waits until nothing has happened for a while.
func (w *world) rest(began time.Duration) bool {
	last, since := w.active(), w.since()
	for w.since()-began < w.patience() {
		w.sleep(look(w.since() - since))
		w.answer()
		if n := w.active(); n != last {
			last, since = n, w.since()
			continue
		}
		if w.still(w.since() - since) {
			return true
		}
	}
	return false
}

// look is how long to wait until the next look, if nothing has happened for so long.
func look(quiet time.Duration) time.Duration {
	return max(500*time.Millisecond, quiet/16)
}

// inStep reports whether all devices say so of themselves and of each other.
func (w *world) inStep() bool {
	return !slices.ContainsFunc(w.devices, func(d *device) bool { return !d.inStep() })
}

func (w *world) unsettled() string {
	text := ""
	for _, d := range w.devices {
		if !d.inStep() {
			s := d.status()
			text += fmt.Sprintf("\n  %s is %s %s need %d", d.def.Name, s.Phase, s.Reason, s.Totals.Need.Files)
			for _, p := range s.Problems {
				text += fmt.Sprintf("\n    %s: %s", p.Path, p.Reason)
			}
			for _, m := range s.Members {
				text += fmt.Sprintf("\n    %s: connected %v, in step %v, lacks %d", m.Device.Brief(), m.Connected, m.InStep, m.Lacks.Files)
			}
			text += d.needs()
		}
	}
	return text
}
