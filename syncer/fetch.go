package syncer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"kith/index"
	"kith/peer/wire"
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
		done := p.f.fetchGroup(ctx, p.links, jobs)
		if len(done) > 0 {
			p.handOver(ctx, done) //nolint:errcheck // it fails only when the folder closes
		}
	})
	return nil
}

// fetchGroup fetches small files whose blocks are known, each from one of its
// holders, and returns the jobs that are complete. The others are left to the
// next pass.
func (f *folder) fetchGroup(ctx context.Context, links map[index.DeviceID]Link, jobs []*job) []*job {
	missing := make([]int, len(jobs)) // blocks still to come
	bad := make([]error, len(jobs))
	for i, j := range jobs {
		if !f.copyHere(j) {
			missing[i] = len(j.source.Blocks)
		}
	}
	shares := share(jobs, missing)
	var mu sync.Mutex // guards missing and bad
	settle := func(i int, err error) {
		mu.Lock()
		defer mu.Unlock()
		if missing[i]--; err != nil {
			bad[i] = err
		}
	}
	var group sync.WaitGroup
	for device, mine := range shares {
		group.Go(func() { f.fetchShare(ctx, links[device], jobs, mine, settle) })
	}
	group.Wait()
	var done []*job
	for i, j := range jobs {
		if missing[i] == 0 && bad[i] == nil {
			done = append(done, j)
			continue
		}
		f.miss(ctx, j, errors.Join(bad[i], errGone))
	}
	return done
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

// share deals the files that miss something out to those who hold them.
func share(jobs []*job, missing []int) map[index.DeviceID][]int {
	shares := make(map[index.DeviceID][]int)
	load := make(map[index.DeviceID]int64)
	for i, j := range jobs {
		if missing[i] == 0 || len(j.holders) == 0 {
			continue
		}
		best := j.holders[0]
		for _, d := range j.holders[1:] {
			if load[d] < load[best] {
				best = d
			}
		}
		shares[best] = append(shares[best], i)
		load[best] += j.source.Size + 4096
	}
	return shares
}

// fetchShare fetches some of the files of a group over one link.
func (f *folder) fetchShare(ctx context.Context, link Link, jobs []*job, mine []int, settle func(int, error)) {
	var wants []wire.Want
	var of []piece // which file and block each want is
	for _, i := range mine {
		src := jobs[i].source
		var off int64
		for b, blk := range src.Blocks {
			wants = append(wants, wire.Want{Path: src.Path, Root: src.Root, Offset: off, Size: blk.Size})
			of = append(of, piece{file: i, block: b})
			off += int64(blk.Size)
		}
	}
	from := f.traffic.with(link.Device())
	arrived := make(chan int, 256) // index into wants; the bytes are in of
	var writers sync.WaitGroup
	for range 2 { // as many as keep up with one link
		writers.Go(func() {
			for k := range arrived {
				j := jobs[of[k].file]
				settle(of[k].file, f.fill(j.step.Want, wants[k].Offset, j.source.Blocks[of[k].block], of[k], from))
			}
		})
	}
	seen := make([]bool, len(wants))
	err := f.fetchPieces(ctx, link, wants, func(k int, data []byte, release func(), err error) {
		seen[k] = true
		of[k].data, of[k].release, of[k].err = data, release, err
		if j := jobs[of[k].file]; errors.Is(err, wire.ErrPerished) && !slices.Contains(j.perished, link.Device()) {
			j.perished = append(j.perished, link.Device())
		}
		arrived <- k
	})
	close(arrived)
	writers.Wait()
	for k := range wants {
		if !seen[k] {
			settle(of[k].file, errors.Join(errGone, err))
		}
	}
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
	f.log.Debug("not fetched", "path", j.step.Want.Path.String(), "err", err)
	f.rest(ctx, j.step.Want.Path, err)
}
