package syncer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"kith/index"
	"kith/peer/wire"
)

// run is some blocks that one device is asked for.
type run struct {
	blocks []int
	from   index.DeviceID
	began  time.Time
	helped bool // another device was asked for the same
}

// A device that is done takes over a run that another one is late with: which
// takes longer than so many runs of its own, and longer than firstHelp.
const lateRuns = 4

// fetch gets the rest from all holders at once: each takes the next run of
// blocks when it is done with one, so a faster one brings more, and what a
// device that leaves, or is late, was asked for is asked of the others.
func (t *transfer) fetch(ctx context.Context, want index.File) error {
	if len(t.todo) == 0 {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	for _, d := range t.job.holders {
		for range runsEach {
			group.Go(func() {
				t.fetchFrom(ctx, want, t.links[d])
				if t.whole() {
					cancel() // what others still send is not needed any more
				}
			})
		}
	}
	group.Wait()
	if t.whole() {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return errors.Join(errGone, t.fail, ctx.Err())
}

func (t *transfer) whole() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.missing == 0
}

// fetchFrom fetches runs of blocks over one link until none is left, or the
// link turns out to be no good for this file.
func (t *transfer) fetchFrom(ctx context.Context, want index.File, link Link) {
	took := time.Duration(0)
	for {
		r := t.next(ctx, link.Device(), max(firstHelp, lateRuns*took))
		if r == nil {
			return
		}
		missed, err := t.fetchRun(ctx, want, link, r.blocks)
		took = time.Since(r.began)
		t.give(r, missed, err)
		if err != nil {
			return
		}
	}
}

// next takes the next run of blocks; nil when all have come. While others
// fetch the last ones it waits: they may have to be asked for again.
func (t *transfer) next(ctx context.Context, from index.DeviceID, patience time.Duration) *run {
	for {
		news := t.news.wait()
		r, wait := t.take(from, patience)
		if r != nil || wait < 0 || ctx.Err() != nil {
			return r
		}
		late := time.NewTimer(wait)
		select {
		case <-news:
		case <-late.C:
		case <-ctx.Done():
		}
		late.Stop()
	}
}

// take takes what nobody fetches yet, or what another device is late with. If there
// is nothing of either kind, it returns how long to wait; negative: for nothing.
func (t *transfer) take(from index.DeviceID, patience time.Duration) (*run, time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := &run{from: from, began: time.Now()}
	if len(t.todo) == 0 {
		if t.missing == 0 || len(t.open) == 0 {
			return nil, -1
		}
		wait := time.Hour
		for _, o := range t.open {
			if o.from == from || o.helped {
				continue
			}
			if left := time.Until(o.began.Add(patience)); left > 0 {
				wait = min(wait, left)
				continue
			}
			o.helped = true
			r.blocks = slices.DeleteFunc(slices.Clone(o.blocks), func(i int) bool { return t.here[i] })
			if len(r.blocks) > 0 {
				t.open = append(t.open, r)
				return r, 0
			}
		}
		return nil, wait
	}
	n, size := 0, int64(0)
	for n < len(t.todo) && size < runBytes {
		size += int64(t.blocks[t.todo[n]].Size)
		n++
	}
	r.blocks = t.todo[:n:n]
	t.todo = t.todo[n:]
	t.open = append(t.open, r)
	return r, 0
}

// give ends a run: what was missed is to be fetched again.
func (t *transfer) give(r *run, missed []int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open = slices.DeleteFunc(t.open, func(o *run) bool { return o == r })
	elsewhere := make(map[int]bool)
	if len(missed) > 0 { // as many as a liar likes
		for _, o := range t.open {
			for _, i := range o.blocks {
				elsewhere[i] = true
			}
		}
	}
	for _, i := range missed {
		if !t.here[i] && !elsewhere[i] {
			t.todo = append(t.todo, i)
		}
	}
	if err != nil {
		t.fail = err
		t.job.lostBy(r.from, err)
	}
	t.news.raise()
}

// fetchRun fetches some blocks and returns those that did not come.
func (t *transfer) fetchRun(ctx context.Context, want index.File, link Link, run []int) (missed []int, err error) {
	wants := make([]wire.Want, len(run))
	for k, i := range run {
		wants[k] = wire.Want{Path: t.job.source.Path, Root: t.job.source.Root, Offset: t.starts[i], Size: t.blocks[i].Size}
	}
	got := make([]bool, len(run))
	from := t.f.traffic.with(link.Device())
	arrived := make(chan piece, len(run))
	var writer sync.WaitGroup
	var bad error
	writer.Go(func() {
		for p := range arrived {
			i := run[p.block]
			if err := t.f.fill(want, t.starts[i], t.blocks[i], p, from); err != nil {
				bad = fmt.Errorf("from %s: %w", link.Device().Brief(), err)
				continue
			}
			got[p.block] = true
			t.came(i)
		}
	})
	err = t.f.fetchPieces(ctx, link, wants, func(k int, data []byte, release func(), err error) {
		arrived <- piece{block: k, data: data, release: release, err: err}
	})
	close(arrived)
	writer.Wait()
	for k, ok := range got {
		if !ok {
			missed = append(missed, run[k])
		}
	}
	if err == nil && bad == nil && len(missed) > 0 {
		bad = errGone
	}
	return missed, errors.Join(err, bad)
}
