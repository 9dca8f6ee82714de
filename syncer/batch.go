package syncer

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"kith/index"
	"kith/peer/wire"
)

// firstHelp is how long a device has for what it was asked for before one that is
// done with its own asks for the same.
const firstHelp = time.Second

// batch is some small files that are fetched together. Each is asked of one device
// that holds it. Who is done takes over half of what another has not sent yet; the
// first answer counts.
type batch struct {
	f     *folder
	links map[index.DeviceID]Link
	began time.Time

	serving sync.WaitGroup

	mu    sync.Mutex // guards the rest
	files []*wanted
	alive []index.DeviceID // who is asked, or waits to help
	news  signal           // told when a file is complete, or a device is done
}

// wanted is one of the files.
type wanted struct {
	*job
	missing int              // blocks still to come
	got     []bool           // which have
	given   []index.DeviceID // who was asked for it
	asking  int              // how many of these are not done
	err     error
	out     bool // handed over
}

func newBatch(f *folder, links map[index.DeviceID]Link, jobs []*job) *batch {
	b := &batch{f: f, links: links, began: time.Now()}
	b.news.init()
	for _, j := range jobs {
		w := &wanted{job: j, got: make([]bool, len(j.source.Blocks))}
		if !f.copyHere(j) {
			w.missing = len(j.source.Blocks)
		}
		b.files = append(b.files, w)
	}
	return b
}

// start deals the files out, and asks all who hold any.
func (b *batch) start(ctx context.Context) {
	shares := b.share()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.alive = b.holders()
	for _, d := range slices.Clone(b.alive) {
		for _, w := range shares[d] {
			w.take(d)
		}
		b.serving.Go(func() { b.serve(ctx, d, shares[d]) })
	}
}

// holders returns all who hold something that is missing, in order.
func (b *batch) holders() (all []index.DeviceID) {
	for _, w := range b.files {
		for _, d := range w.holders {
			if w.missing > 0 && b.links[d] != nil && !slices.Contains(all, d) {
				all = append(all, d)
			}
		}
	}
	slices.SortFunc(all, index.DeviceID.Compare)
	return all
}

// share deals the files that miss something out to those who hold them.
func (b *batch) share() map[index.DeviceID][]*wanted {
	shares := make(map[index.DeviceID][]*wanted)
	load := make(map[index.DeviceID]int64)
	for _, w := range b.files {
		if w.missing == 0 || len(w.holders) == 0 {
			continue
		}
		best := w.holders[0]
		for _, d := range w.holders[1:] {
			if load[d] < load[best] {
				best = d
			}
		}
		shares[best] = append(shares[best], w)
		load[best] += w.source.Size + pieceCost
	}
	return shares
}

// take is called with the lock held.
func (w *wanted) take(d index.DeviceID) {
	w.given = append(w.given, d)
	w.asking++
}

// serve asks one device for its share, and then for what others are late with.
func (b *batch) serve(ctx context.Context, d index.DeviceID, share []*wanted) {
	patience := time.Duration(0)
	for {
		if len(share) > 0 {
			b.fetch(ctx, b.links[d], share)
		}
		if patience == 0 { // the others may take twice as long as it did
			patience = max(firstHelp, 2*time.Since(b.began))
		}
		b.mu.Lock()
		for _, w := range share {
			w.asking--
		}
		b.mu.Unlock()
		b.news.raise()
		if share = b.help(ctx, d, patience); len(share) == 0 {
			break
		}
	}
	b.mu.Lock()
	b.alive = slices.DeleteFunc(b.alive, func(o index.DeviceID) bool { return o == d })
	b.mu.Unlock()
	b.news.raise()
}

// help waits until a device can do something for the others, and returns what.
func (b *batch) help(ctx context.Context, d index.DeviceID, patience time.Duration) []*wanted {
	ripe := time.NewTimer(time.Until(b.began.Add(patience)))
	defer ripe.Stop()
	late := false
	for {
		news := b.news.wait()
		share, hope := b.late(d, late)
		if len(share) > 0 || !hope {
			return share
		}
		select {
		case <-news:
		case <-ripe.C:
			late = true
		case <-ctx.Done():
			return nil
		}
	}
}

// late returns what a device may take over: what nobody is asked for any more, or,
// after a while, the second half of all. There is hope while something may become so.
func (b *batch) late(d index.DeviceID, ripe bool) (share []*wanted, hope bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var left, open []*wanted
	for _, w := range b.files {
		if w.missing == 0 || !slices.Contains(w.holders, d) || slices.Contains(w.given, d) {
			continue
		}
		if left = append(left, w); w.asking == 0 {
			open = append(open, w)
		}
	}
	if share = open; len(share) == 0 && ripe {
		share = left[len(left)/2:]
	}
	for _, w := range share {
		w.take(d)
	}
	return share, len(left) > 0
}

// wait waits until all files are complete, or nobody is asked any more. early: or
// until all who are asked are slow; then it returns who that is.
func (b *batch) wait(ctx context.Context, early bool) (slow []index.DeviceID) {
	for {
		news, pace := b.news.wait(), b.f.paces.changed.wait()
		engaged := b.engaged()
		switch {
		case len(engaged) == 0:
			return nil
		case early && b.f.paces.allSlow(engaged):
			return engaged
		}
		select {
		case <-news:
		case <-pace:
		case <-ctx.Done():
			return nil
		}
	}
}

// engaged returns who is asked for what is missing, or may yet be.
func (b *batch) engaged() []index.DeviceID {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.alive), func(d index.DeviceID) bool {
		return !slices.ContainsFunc(b.files, func(w *wanted) bool {
			return w.missing > 0 && slices.Contains(w.holders, d) && (!slices.Contains(w.given, d) || w.asking > 0)
		})
	})
}

// complete returns the jobs that have become complete since it was last called.
func (b *batch) complete() (done []*job) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.files {
		if w.missing == 0 && !w.out {
			w.out = true
			done = append(done, w.job)
		}
	}
	return done
}

// left returns the jobs that are not complete.
func (b *batch) left() (jobs []*job) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.files {
		if !w.out {
			jobs = append(jobs, w.job)
		}
	}
	return jobs
}

// missAll deals with files that did not come.
func (b *batch) missAll(ctx context.Context, jobs []*job) {
	for _, w := range b.files {
		if slices.Contains(jobs, w.job) {
			b.f.miss(ctx, w.job, cmp.Or(w.err, errGone))
		}
	}
}

// fetch fetches some of the files over one link.
func (b *batch) fetch(ctx context.Context, link Link, share []*wanted) {
	var wants []wire.Want
	var of []piece // which file and block each want is
	b.mu.Lock()
	for i, w := range share {
		var off int64
		for k, blk := range w.source.Blocks {
			if !w.got[k] {
				wants = append(wants, wire.Want{Path: w.source.Path, Root: w.source.Root, Offset: off, Size: blk.Size})
				of = append(of, piece{file: i, block: k})
			}
			off += int64(blk.Size)
		}
	}
	b.mu.Unlock()
	if len(wants) == 0 {
		return
	}
	arrived := make(chan int, 256) // index into wants; the bytes are in of
	var writers sync.WaitGroup
	for range 2 { // as many as keep up with one link
		writers.Go(func() {
			for k := range arrived {
				b.put(share[of[k].file], wants[k].Offset, of[k], link.Device())
			}
		})
	}
	seen := make([]bool, len(wants))
	err := b.f.fetchPieces(ctx, link, wants, func(k int, data []byte, release func(), err error) {
		seen[k] = true
		of[k].data, of[k].release, of[k].err = data, release, err
		arrived <- k
	})
	close(arrived)
	writers.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	for k := range wants {
		if !seen[k] {
			share[of[k].file].err = errors.Join(errGone, err)
		}
	}
}

// put writes a piece where it belongs, unless another device was quicker.
func (b *batch) put(w *wanted, off int64, p piece, from index.DeviceID) {
	b.mu.Lock()
	late := w.got[p.block]
	if p.err == nil {
		w.got[p.block] = true // nobody else writes it meanwhile
	}
	b.mu.Unlock()
	if late {
		p.release()
		return
	}
	err := b.f.fill(w.step.Want, off, w.source.Blocks[p.block], p, b.f.traffic.with(from))
	b.mu.Lock()
	w.lostBy(from, err)
	if p.err != nil {
		err = errors.Join(errGone, err)
	}
	if err != nil {
		w.err, w.got[p.block] = err, false
	} else {
		w.missing--
	}
	whole := w.missing == 0
	b.mu.Unlock()
	if whole {
		b.news.raise()
	}
}
