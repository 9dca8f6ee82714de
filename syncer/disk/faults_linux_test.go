package disk

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kith/sim/results"
)

// faults are what a disk may say instead of doing what it was asked.
var faults = []struct {
	name  string
	err   error
	short bool // half of the bytes are written before
}{
	{"EIO", unix.EIO, false},
	{"ENOSPC", unix.ENOSPC, false},
	{"EACCES", unix.EACCES, false},
	{"a short write", unix.ENOSPC, true},
}

// failing is a tap that lets the n-th operation fail.
type failing struct {
	sync.Mutex
	n, seen int
	err     error
	short   bool
	hit     op // what failed
}

func (f *failing) see(o op) error {
	f.Lock()
	defer f.Unlock()
	f.seen++
	if f.seen-1 != f.n || f.short && o.verb != "write" {
		return nil
	}
	f.hit = o
	if f.short {
		o.file.WriteAt(o.data[:len(o.data)/2], o.off)
	}
	return f.err
}

// injections are the faults that a test let happen, and what came of them.
type injections struct {
	limit                          int
	injected, told, workloads, bad atomic.Int64
}

func (i *injections) enough() bool {
	return int(i.injected.Load()) >= i.limit || i.bad.Load() > 20
}

// TestEveryFaultIsSurvived lets every single operation of the last act of every
// workload fail in every way, or KITH_FAULTS of them: nothing is lost, the act
// says so or is done, and once more it succeeds.
func TestEveryFaultIsSurvived(t *testing.T) {
	seed, begin := number("KITH_SEED", 1), time.Now()
	limit := number("KITH_FAULTS", some(1000))
	all := inTurn(limit, faultsOfPairs, rand.New(rand.NewPCG(uint64(seed), 1)))
	i := injections{limit: limit}
	onAll(t, seed, all, i.enough, func(w workload, dir string, chance *rand.Rand) {
		i.workloads.Add(1)
		if err := i.try(w, dir, chance, func(what string, err error) { t.Errorf("%s: %s: %v", w, what, err) }); err != nil {
			t.Errorf("%s: %v", w, err)
		}
	})
	injected, told := i.injected.Load(), i.told.Load()
	t.Logf("KITH_SEED=%d: %d faults in %d workloads out of %d, %d told, %.0f a second", seed, injected, i.workloads.Load(), len(all), told, float64(injected)/time.Since(begin).Seconds())
	figures := map[string]any{"faults": injected, "told": told, "workloads": i.workloads.Load(), "violations": i.bad.Load(), "seed": seed}
	if err := results.Report("faults", figures); err != nil {
		t.Error(err)
	}
}

// try lets operations of one workload fail, and tells of those after which
// something is wrong. The error is of what could not be tried.
func (i *injections) try(w workload, dir string, chance *rand.Rand, tell func(what string, err error)) error {
	tr, err := w.record(dir)
	if err != nil {
		return err
	}
	root := filepath.Join(dir, "state")
	count := &failing{n: -1}
	if _, err := w.withFault(root, tr, count); err != nil {
		return fmt.Errorf("without a fault: %w", err)
	}
	share, wrong := w.share(i.limit, faultsOfPairs), 0
	for n := range count.seen {
		for _, fault := range faults {
			if wrong > 1 || i.enough() {
				return nil
			}
			if chance.Float64() >= share {
				continue
			}
			f := &failing{n: n, err: fault.err, short: fault.short}
			said, err := w.withFault(root, tr, f)
			if f.hit.verb == "" {
				continue
			}
			i.injected.Add(1)
			if said {
				i.told.Add(1)
			}
			if err == nil && !said && flushes(f.hit) && fault.err != unix.EACCES { // what is not permitted is tried once more
				err = errors.New("what could not be made durable counts as durable")
			}
			if err != nil {
				wrong++
				i.bad.Add(1)
				tell(fmt.Sprintf("operation %d, %s %s, fails with %s", n, f.hit.verb, f.hit.name, fault.name), err)
			}
		}
	}
	return nil
}

// flushes reports whether an operation makes something durable.
func flushes(o op) bool { return o.verb == "sync" || o.verb == "sync file" || o.verb == "sync volume" }

// descriptors counts the files below a directory that are open.
func descriptors(below string) (n int) {
	const all = "/proc/self/fd/"
	d, err := os.Open(all)
	if err != nil {
		return 0
	}
	defer d.Close()
	names, _ := d.Readdirnames(-1)
	for _, name := range names {
		if at, err := os.Readlink(all + name); err == nil && (at == below || strings.HasPrefix(at, below+"/")) {
			n++
		}
	}
	return n
}

// withFault carries out the last act of a workload with a fault, and once more.
// It reports whether the act told of the fault.
func (w workload) withFault(root string, t *trace, f *failing) (told bool, err error) {
	defer os.RemoveAll(root)
	defer func() {
		if n := descriptors(root); err == nil && n > 0 {
			err = fmt.Errorf("%d files stay open (the act said so: %v)", n, told)
		}
	}()
	if err := t.upTo(t.begin).build(root); err != nil {
		return false, err
	}
	var see tap
	at, err := openWorkplace(root, w.manner.tap(func(o op) error { return see.see(o) }))
	if err != nil {
		return false, err
	}
	defer at.Close()
	see = f.see
	said := w.last().run(at)
	see = nil
	now, err := take(at)
	if err == nil {
		err = t.judge(now, said == nil)
	}
	if err == nil {
		err = w.last().repeat(at)
	}
	if err == nil {
		now, err = take(at)
	}
	if err == nil {
		err = t.complete(now)
	}
	if err != nil {
		return said != nil, fmt.Errorf("%w (the act said: %v)", err, said)
	}
	again, err := openWorkplace(root, w.manner.tap(nil))
	if err != nil {
		return said != nil, err
	}
	defer again.Close()
	later, err := take(again)
	if err == nil && len(later.tree) != len(now.tree) {
		err = errors.New("another start makes something else of it")
	}
	return said != nil, err
}
