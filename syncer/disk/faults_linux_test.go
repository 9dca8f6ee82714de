package disk

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
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

// TestEveryFaultIsSurvived lets every single operation of the last act of every
// workload fail in every way, or KITH_FAULTS of them: nothing is lost, the act
// says so or is done, and once more it succeeds.
func TestEveryFaultIsSurvived(t *testing.T) {
	limit, seed := number("KITH_FAULTS", some(1000)), number("KITH_SEED", 1)
	dir, begin := memoryDir(t), time.Now()
	all, chance := workloads(), rand.New(rand.NewPCG(uint64(seed), 1))
	shuffle(all, chance)
	injected, told, tried, bad := 0, 0, 0, 0
	for _, w := range all {
		if injected >= limit || bad > 20 {
			break
		}
		tr, err := w.record(dir)
		if err != nil {
			t.Errorf("%s: %v", w, err)
			continue
		}
		tried++
		share := w.share(limit)
		wrong := 0
		count := &failing{n: -1}
		if _, err := w.withFault(filepath.Join(dir, "state"), tr, count); err != nil {
			t.Errorf("%s, without a fault: %v", w, err)
			continue
		}
		for n := range count.seen {
			for _, fault := range faults {
				if wrong > 1 || injected >= limit {
					break
				}
				if chance.Float64() >= share {
					continue
				}
				f := &failing{n: n, err: fault.err, short: fault.short}
				said, err := w.withFault(filepath.Join(dir, "state"), tr, f)
				if f.hit.verb == "" {
					continue
				}
				injected++
				if said {
					told++
				}
				if err != nil {
					wrong, bad = wrong+1, bad+1
					t.Errorf("%s: operation %d, %s %s, fails with %s: %v", w, n, f.hit.verb, f.hit.name, fault.name, err)
				}
			}
		}
	}
	t.Logf("KITH_SEED=%d: %d faults in %d workloads out of %d, %d told, %.0f a second", seed, injected, tried, len(all), told, float64(injected)/time.Since(begin).Seconds())
	figures := map[string]any{"faults": injected, "told": told, "workloads": tried, "violations": bad, "seed": seed}
	if err := results.Report("faults", figures); err != nil {
		t.Error(err)
	}
}

// descriptors counts the files that are open.
func descriptors() int {
	d, err := os.Open("/proc/self/fd")
	if err != nil {
		return 0
	}
	defer d.Close()
	names, _ := d.Readdirnames(-1)
	return len(names)
}

// withFault carries out the last act of a workload with a fault, and once more.
// It reports whether the act told of the fault.
func (w workload) withFault(root string, t *trace, f *failing) (told bool, err error) {
	open := descriptors()
	defer func() {
		if n := descriptors(); err == nil && n != open {
			err = fmt.Errorf("%d files stay open (the act said so: %v)", n-open, told)
		}
	}()
	defer os.RemoveAll(root)
	if err := t.replay(t.begin, func(_ int, c mutation) (mutation, bool) { return c, true }).build(root); err != nil {
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
