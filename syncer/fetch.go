package syncer

import (
	"context"
	"errors"
	"fmt"

	"kith/index"
)

// errBadBlock is what a device earns that sends other bytes than it announced.
var errBadBlock = errors.New("the bytes do not match their hash")

// piece is a block that arrived, on its way to be verified and written.
type piece struct {
	file    int // which of the files fetched together
	block   int
	data    []byte
	release func()
	err     error
}

// fill verifies a piece that came from a device, and writes it into the draft of
// its file.
func (f *folder) fill(want index.File, off int64, b index.Block, p piece, from *flow) error {
	defer p.release()
	if p.err != nil {
		return p.err
	}
	if uint32(len(p.data)) != b.Size || index.Sum(p.data) != b.Hash {
		return fmt.Errorf("%s: %w", want.Path, errBadBlock)
	}
	from.down.Add(int64(len(p.data)))
	return f.openTree().Fill(want, off, p.data)
}

// sendGroup fetches the small files gathered so far, in the background.
func (p *puller) sendGroup(ctx context.Context) error {
	if len(p.group) == 0 {
		return nil
	}
	jobs := p.group
	p.group, p.bytes = nil, 0
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	p.small.Go(func() {
		defer func() { <-p.slots }()
		done, rest := p.f.fetchGroup(ctx, p.links, jobs)
		if rest != nil {
			p.f.goWork(ctx, rest)
		}
		if len(done) > 0 {
			p.handOver(ctx, done) //nolint:errcheck // it fails only when the folder closes
		}
	})
	return nil
}

// fetchGroup fetches small files whose blocks are known from those who hold them,
// and returns the jobs that are complete. What only slow devices send is not waited
// for: rest, if there is any, goes on with it. What nobody sends is left to the next
// pass.
func (f *folder) fetchGroup(ctx context.Context, links map[index.DeviceID]Link, jobs []*job) (done []*job, rest func(context.Context)) {
	b := newBatch(f, links, jobs)
	asking, cancel := context.WithCancel(ctx)
	b.start(asking)
	slow := b.wait(ctx, true)
	done = b.complete()
	if slow == nil {
		cancel()
		b.serving.Wait()
		b.missAll(ctx, b.left())
		return done, nil
	}
	left := b.left()
	paths := make([]index.Path, len(left))
	for i, j := range left {
		paths[i] = j.step.Want.Path
	}
	f.flights.linger(paths)
	f.paces.background(slow, false, 1)
	return done, func(ctx context.Context) {
		defer cancel()
		b.wait(ctx, false)
		cancel()
		b.serving.Wait()
		if came := b.complete(); len(came) > 0 {
			f.handOver(ctx, came) //nolint:errcheck // it fails only when the folder closes
		}
		b.missAll(ctx, b.left())
		f.paces.background(slow, false, -1)
		for _, p := range paths {
			f.flights.land(p)
		}
		f.send(learnt{})
	}
}

// copyHere fills the draft of a small file from one here that has its content.
func (f *folder) copyHere(j *job) bool {
	if !j.from.Live() {
		return false
	}
	var off int64
	for _, b := range j.source.Blocks {
		if f.openTree().Reuse(j.step.Want, off, j.from, off, b) != nil {
			return false
		}
		off += int64(b.Size)
	}
	return true
}

// errGone: a device did not send what it announced.
var errGone = errors.New("no longer there")

// miss deals with a file that could not be fetched: it rests for a moment, and
// the holder's next word about it is awaited.
func (f *folder) miss(ctx context.Context, j *job, err error) {
	if ctx.Err() != nil {
		return
	}
	f.askAgain(j)
	f.begun.leave(j.step.Want)
	path := j.step.Want.Path
	f.log.Debug("not fetched", "path", path.String(), "err", err)
	if f.board.tries(path) >= missedOften {
		f.board.problem(problemMiss+path.String(), f.missing(j, err))
	}
	f.rest(ctx, j.step.Want.Path, err)
}
