//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"kith/sim/drive"
)

// end is one side of the measuring table.
type end struct {
	host drive.Host
	addr string
}

// A bench is the table on which everything is measured: two hosts, the places
// where the trees lie, and the results so far.
type bench struct {
	ends    [2]end
	sizes   sizes
	steps   map[string]bool // the steps to be measured; nil: all
	results []result
	say     func(format string, args ...any)
}

// sizes is how much work there is.
type sizes struct {
	Big     int64         `json:"big_bytes"`    // of the one large file
	Small   int           `json:"small_files"`  // number of small files
	Mean    int           `json:"small_mean"`   // bytes
	Saves   int           `json:"saves"`        // of a file of 4 KiB
	Renames int           `json:"rename_files"` // files below the directories renamed
	Pages   int           `json:"pages"`        // of 4 KiB, changed in the large file
	Idle    time.Duration `json:"idle_ns"`      // how long an idle program is watched
}

// resaves is how often one and the same file is saved.
func (z sizes) resaves() int { return max(6, z.Saves/5) }

// result is one measured step of one run.
type result struct {
	Step    string             `json:"step"`
	Place   string             `json:"place"`
	Subject string             `json:"subject"`
	Run     int                `json:"run"`
	Values  map[string]float64 `json:"values"` // by measure, in the unit named there
}

// place is a file system to measure on.
type place struct {
	name string // for people
	dir  string
}

// session is one subject at work in fresh directories of one place.
type session struct {
	*bench
	subject
	place    place
	run      int
	dir      string
	src, dst string
}

// with opens a session, calls do, and takes everything down again.
func (b *bench) with(ctx context.Context, sub subject, p place, run int, do func(context.Context, *session) error) (err error) {
	dir, err := os.MkdirTemp(p.dir, "kith-bench-")
	if err != nil {
		return err
	}
	s := &session{bench: b, subject: sub, place: p, run: run, dir: dir,
		src: filepath.Join(dir, "src"), dst: filepath.Join(dir, "dst")}
	defer func() { err = errors.Join(err, sub.Close(), os.RemoveAll(dir)) }()
	for _, d := range []string{s.src, s.dst, filepath.Join(dir, "home")} {
		if err := os.Mkdir(d, 0o755); err != nil {
			return err
		}
	}
	return do(ctx, s)
}

// open starts the subject.
func (s *session) open(ctx context.Context) error {
	unix.Sync() // what others left to be written would slow this one down
	if err := s.Open(ctx, filepath.Join(s.dir, "home")); err != nil {
		return fmt.Errorf("open %s: %w", s.Name(), err)
	}
	return nil
}

// work is one timed piece of work: do begins it, done tells whether the
// receiver has its outcome.
type work struct {
	step string
	do   func() error
	done func() error // nil when the outcome is there; else what is missing
	bulk bool         // done is costly: it is asked when the subject says that it has everything
	size int64        // bytes the work is about, for CPU per GiB; zero leaves it out
}

// perform measures w and records it. The clock runs from the call of do until
// the receiver has the outcome; a subject that says so too early is asked again,
// and the number of such answers is recorded.
func (s *session) perform(ctx context.Context, w work) error {
	if err := s.Calm(); err != nil {
		return err
	}
	before, err := s.counters()
	if err != nil {
		return err
	}
	start := time.Now()
	if err := w.do(); err != nil {
		return fmt.Errorf("%s: %s: begin: %w", s.Name(), w.step, err)
	}
	took, early, err := s.finish(ctx, w, start)
	if err != nil {
		return fmt.Errorf("%s: %s: %w", s.Name(), w.step, err)
	}
	after, err := s.counters()
	if err != nil {
		return err
	}
	flush, err := flushTime(s.dst)
	if err != nil {
		return err
	}
	if err := drive.Same(s.src, s.dst, drive.Reading{}); err != nil {
		return fmt.Errorf("%s: %s: %w", s.Name(), w.step, err)
	}
	values := after.since(before)
	values[mSeconds] = took.Seconds()
	values[mFlush] = flush.Seconds()
	values[mEarly] = float64(early)
	if w.size > 0 {
		values[mCPUPerGiB] = values[mCPU] / (float64(w.size) / (1 << 30))
	}
	s.record(w.step, values)
	return nil
}

// finish waits for the outcome of w.
func (s *session) finish(ctx context.Context, w work, start time.Time) (took time.Duration, early int, err error) {
	settle := w.bulk || !s.Live()
	for {
		if settle {
			if err := s.Settle(ctx); err != nil {
				return 0, 0, err
			}
		}
		took = time.Since(start)
		missing := w.done()
		switch {
		case missing == nil:
			return took, early, nil
		case ctx.Err() != nil:
			return 0, 0, fmt.Errorf("%w: %w", ctx.Err(), missing)
		case settle:
			early++
		}
		time.Sleep(time.Millisecond)
	}
}

func (s *session) record(step string, values map[string]float64) {
	s.results = append(s.results, result{step, s.place.name, s.Name(), s.run, values})
	s.say("  %-9s %-7s %-12s %s", s.Name(), s.place.name, step, brief(values))
}

// wants reports whether a step is to be measured.
func (b *bench) wants(steps ...string) bool {
	if b.steps == nil {
		return true
	}
	for _, s := range steps {
		if b.steps[s] {
			return true
		}
	}
	return false
}

// counters is what the subject and the wire have counted so far.
type counters struct {
	usage
	wire int64
}

func (s *session) counters() (c counters, err error) {
	if c.usage, err = s.Usage(); err != nil {
		return c, fmt.Errorf("read what %s used: %w", s.Name(), err)
	}
	c.wire, err = wireBytes(s.ends[0].host)
	return c, err
}

func (c counters) since(b counters) map[string]float64 {
	v := map[string]float64{
		mCPU:  (c.CPU - b.CPU).Seconds(),
		mWire: float64(c.wire-b.wire) / (1 << 20),
	}
	if c.Receiver > 0 {
		v[mWritten] = float64(c.Written-b.Written) / (1 << 20)
		v[mMemory] = float64(max(c.Sender, c.Receiver)) / (1 << 20)
	}
	return v
}

// flushTime makes durable what the file system of dir holds, and tells how long
// that took: what a program that reports completion has left unwritten.
func flushTime(dir string) (time.Duration, error) {
	d, err := os.Open(dir)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	start := time.Now()
	if err := unix.Syncfs(int(d.Fd())); err != nil {
		return 0, fmt.Errorf("flush %s: %w", dir, err)
	}
	return time.Since(start), nil
}

// until calls ask again and again until it says yes or fails.
func until(ctx context.Context, every time.Duration, ask func() (bool, error)) error {
	for {
		yes, err := ask()
		if err != nil || yes {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(every):
		}
	}
}
