package syncer

import (
	"context"
	"errors"
	"io/fs"
	"runtime"
	"sync"
	"time"

	"kith/index"
	"kith/syncer/chunk"
	"kith/syncer/plan"
)

const (
	// alone: a file from this size on is hashed on all cores, one at a time.
	alone = 64 << 20
	// commitWithin is how long a file that was read waits for company.
	commitWithin = 200 * time.Millisecond
	ignoreFile   = ".kithignore"
)

// readAll reads what is new or changed, and commits it as it goes.
func (s *scanner) readAll(ctx context.Context) error {
	todo := append(s.fresh, s.changed...)
	// So many replaced at once might be too much: judge them together.
	s.brake = len(s.changed) > 200 || s.older() > plan.MayRestore || s.f.brakes.holding(brakeReplace) || s.f.brakes.undos() != s.undone
	s.fresh, s.changed = nil, nil
	switch {
	case s.result.everything && len(todo) == 0:
		s.f.release(brakeReplace, true) // what was held is as it was
	case !s.result.everything && s.f.brakes.holding(brakeReplace):
		s.f.send(hinted{everything: true}) // part of what is held may be among these, or come back
	}
	if len(todo) == 0 {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan outcome, 64)
	go s.readers(ctx, todo, done)
	c := &collector{s: s, losses: plan.Losses{}}
	for o := range done {
		if err := c.take(ctx, o); err != nil {
			cancel()
			for range done { //nolint:revive // the readers have to end first
			}
			return err
		}
	}
	return errors.Join(c.finish(ctx), ctx.Err())
}

// older counts the changed files that are dated back.
func (s *scanner) older() (n int) {
	for _, c := range s.changed {
		if c.older() {
			n++
		}
	}
	return n
}

// outcome is one file read.
type outcome struct {
	found
	file index.File
	err  error
}

// readers reads files, small ones side by side, and closes done.
func (s *scanner) readers(ctx context.Context, todo []found, done chan<- outcome) {
	defer close(done)
	small := make(chan found)
	var group sync.WaitGroup
	for range s.workers() {
		group.Go(func() {
			for d := range small {
				file, err := s.read(ctx, d, 1)
				done <- outcome{d, file, err}
			}
		})
	}
	var large []found
	for _, d := range todo {
		if ctx.Err() != nil {
			break
		}
		if d.seen.Size >= alone {
			large = append(large, d)
			continue
		}
		small <- d
	}
	close(small)
	group.Wait()
	for _, d := range large {
		if ctx.Err() != nil {
			break
		}
		file, err := s.read(ctx, d, s.workers())
		done <- outcome{d, file, err}
	}
}

func (s *scanner) workers() int {
	if n := s.f.e.cfg.Workers; n > 0 {
		return n
	}
	return runtime.NumCPU()
}

// read cuts and hashes one file. The bytes that are hashed existed together: the
// file is the same before and after.
func (s *scanner) read(ctx context.Context, d found, workers int) (index.File, error) {
	file := d.seen.File
	c, err := s.tree.Open(file.Path, d.seen.Identity)
	if err != nil {
		return file, err
	}
	defer c.Close()
	class, err := s.class(ctx, d)
	if err != nil {
		return file, err
	}
	source := chunk.Source{ReaderAt: c, Size: file.Size, NextData: c.NextData}
	file.Blocks, err = s.f.e.splitter.Split(ctx, source, class, workers)
	if errors.Is(err, chunk.ErrSize) {
		return file, plan.ErrChanged
	}
	if err != nil {
		return file, err
	}
	if !c.Same() {
		return file, plan.ErrChanged
	}
	file.Root = index.RootOf(file.Blocks)
	return file, nil
}

// class returns the class by which a file is cut: as it was before, if it was.
func (s *scanner) class(ctx context.Context, d found) (chunk.Class, error) {
	if d.had.Root.IsZero() || d.had.Kind == index.Directory {
		return chunk.ClassFor(d.seen.Size, 0), nil
	}
	blocks, _, err := s.f.store.Blocks(ctx, s.f.id, d.had.Root)
	return chunk.ClassFor(d.seen.Size, chunk.ClassOf(blocks)), err
}

// collector gathers files that were read into transactions.
type collector struct {
	s       *scanner
	batch   []index.Record
	touched []index.Record
	changed []found // what batch replaces
	losses  plan.Losses
	since   time.Time
}

func (c *collector) take(ctx context.Context, o outcome) error {
	f := c.s.f
	path := o.seen.Path
	switch {
	case errors.Is(o.err, fs.ErrNotExist), errors.Is(o.err, plan.ErrChanged):
		c.s.result.look = append(c.s.result.look, path)
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case o.err != nil:
		c.s.blind = append(c.s.blind, path)
		f.board.problem(problemSeen+path.String(), Problem{Path: path.String(), Reason: "cannot be read: " + o.err.Error(), Next: "look at its permissions, or at the disk"})
		return nil
	}
	f.board.solved(problemSeen + path.String())
	torn, err := c.s.uncovered(ctx, o)
	if err != nil {
		return err
	}
	if torn || c.s.torn(o) {
		return c.s.mend(ctx, o)
	}
	if o.had.Kind == index.Regular && o.seen.Identity.Modified == o.had.Identity.Modified {
		o.file.Modified = o.had.Modified // the disk may keep it less exactly than it was told
	}
	id := c.s.known(o.seen)
	if o.file.Same(o.had.File) {
		c.touched = append(c.touched, index.Record{File: o.had.File, Identity: id, Seq: o.had.Seq})
	} else {
		if o.had.Kind == index.Regular && !o.file.SameContent(o.had.File) {
			loss := plan.Toll{Replaced: 1}
			if o.older() {
				loss.Older = 1
			}
			c.losses[path] = loss
			c.changed = append(c.changed, o.found)
		}
		file, err := f.observe(ctx, o.had, o.file)
		if err != nil {
			return err
		}
		c.batch = append(c.batch, index.Record{File: file, Identity: id, Seq: o.had.Seq})
	}
	if len(c.batch) == 1 {
		c.since = time.Now()
	}
	if !c.s.brake && (len(c.batch) >= commitAtMost || len(c.batch) > 0 && time.Since(c.since) > commitWithin) {
		return c.flush(ctx)
	}
	return nil
}

// known returns the identity of a file that was read, for our index. What is written all
// the time was not waited for, and is looked at again.
func (s *scanner) known(e index.Entry) index.Identity {
	switch {
	case !coarse(e.Identity):
	case s.clock.runs(e.Identity):
		s.lookAgain(dryAfter, []index.Path{e.Path})
		return toReadAgain(e.Identity)
	default:
		wait, recurs := s.clock.recurs(e.Identity)
		if !recurs {
			s.f.recur.forget(e.Path)
		} else {
			s.f.recurs(e.Path, wait)
		}
	}
	return e.Identity
}

func (c *collector) flush(ctx context.Context) error {
	for len(c.batch) > 0 {
		n := min(len(c.batch), commitAtMost)
		if err := c.s.commit(ctx, c.batch[:n]); err != nil {
			return err
		}
		c.batch = c.batch[n:]
	}
	c.batch = nil
	return nil
}

// finish commits the rest, unless it replaces more than may pass without a person.
func (c *collector) finish(ctx context.Context) error {
	f := c.s.f
	if len(c.touched) > 0 {
		if err := f.touch(ctx, c.touched); err != nil {
			return err
		}
		f.remains.drop(ctx, f, pathsOf(c.touched)...) // these are whole
	}
	part := !c.s.result.everything && f.brakes.holding(brakeReplace)
	if part && len(c.losses) > 0 {
		return nil // they are judged together with what is held
	}
	if len(c.losses) > 0 && c.s.outdated() {
		return nil
	}
	held := batchOf(c.batch)
	if !f.brakes.lets(brakeReplace, c.s.now, c.losses, f.board.files(), held) {
		f.holdHere(brakeReplace, held, c.losses.Toll(), c.changed, c.s.undone)
		return nil
	}
	if !part {
		f.release(brakeReplace, true)
	}
	return c.flush(ctx)
}
