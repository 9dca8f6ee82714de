package syncer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"kith/index"
	"kith/peer/wire"
)

const (
	runBytes = 8 << 20 // what is asked of one device at a time
	runsEach = 2       // such requests open with each device: one arrives while the next is read
)

// fly fetches one file on its own, in the background, if there is room for one
// more; if not, the next pass finds it again.
func (p *puller) fly(ctx context.Context, j *job, local index.Record) error {
	path := j.step.Want.Path
	if !p.f.flights.depart(path, j.source.Size >= largeFrom) {
		if j.asked {
			p.f.board.extra(j)
		}
		return nil
	}
	if err := p.flush(ctx); err != nil {
		p.f.flights.land(path)
		return err
	}
	links := p.links
	sources := []index.Path{path}
	if local.Live() {
		sources = append(sources, local.Path)
	}
	p.f.sources.take(sources)
	p.f.goWork(ctx, func(ctx context.Context) {
		t := &transfer{f: p.f, job: j, links: links, local: local}
		err := t.run(ctx)
		p.f.board.transferEnds(path)
		if err == nil {
			j.step.Want.Blocks, j.records[0].Blocks = t.blocks, t.blocks
			p.f.handOver(ctx, []*job{j}) //nolint:errcheck // it fails only when the folder closes
		} else {
			p.f.miss(ctx, j, err)
		}
		p.f.sources.release(sources)
		p.f.flights.land(path)
		p.f.send(learnt{})
	})
	return nil
}

// transfer is one file on its way here, block by block, from here and from all
// devices that hold it.
type transfer struct {
	f      *folder
	job    *job
	links  map[index.DeviceID]Link
	local  index.Record // a file here with the same content, if there is one
	blocks []index.Block
	starts []int64 // of each block

	done atomic.Int64 // bytes verified here
	have pieceMap     // and where they lie

	mu   sync.Mutex // guards todo and fail
	todo []int      // blocks that nobody fetches yet
	open int        // blocks being fetched
	fail error
	wake *sync.Cond
}

func (t *transfer) run(ctx context.Context) error {
	t.wake = sync.NewCond(&t.mu)
	if err := t.list(ctx); err != nil {
		return err
	}
	want := t.want()
	t.have.size = want.Size
	filled, err := t.f.openTree().Filled(ctx, want)
	if err != nil {
		return err
	}
	for i, ok := range filled {
		if !ok {
			t.todo = append(t.todo, i)
			continue
		}
		t.came(i)
	}
	t.f.board.transferBegins(want, &t.done, &t.have, t.job.holders)
	if err := t.reuse(ctx, want); err != nil {
		return err
	}
	return t.fetch(ctx, want)
}

// came notes that a block is here, verified.
func (t *transfer) came(i int) {
	n := int64(t.blocks[i].Size)
	t.done.Add(n)
	t.have.add(t.starts[i], n)
}

// want is what the draft is to become.
func (t *transfer) want() index.File {
	w := t.job.step.Want
	w.Blocks = t.blocks
	return w
}

// list gets the block list: from here if we know it, else from a holder. Its
// hash is the root, so it does not matter whom we ask.
func (t *transfer) list(ctx context.Context) error {
	src := t.job.source
	t.blocks = src.Blocks
	if len(t.blocks) == 0 {
		blocks, ok, err := t.f.store.Blocks(ctx, t.f.id, src.Root)
		if err != nil {
			return err
		}
		if ok {
			t.blocks = blocks
		}
	}
	var errs error
	for _, d := range t.job.holders {
		if len(t.blocks) > 0 {
			break
		}
		blocks, err := t.f.fetchList(ctx, t.links[d], src)
		if err == nil && !listFits(src, blocks) {
			err = errBadBlock
		}
		if err != nil {
			errs = errors.Join(errs, err)
			continue
		}
		t.blocks = blocks
	}
	if len(t.blocks) == 0 {
		return errors.Join(errGone, errs)
	}
	t.starts = make([]int64, len(t.blocks))
	var off int64
	for i, b := range t.blocks {
		t.starts[i] = off
		off += int64(b.Size)
	}
	return nil
}

func listFits(want index.File, blocks []index.Block) bool {
	var size int64
	for _, b := range blocks {
		size += int64(b.Size)
	}
	return size == want.Size && index.RootOf(blocks) == want.Root
}

// reuse copies the blocks that lie somewhere in this folder already.
func (t *transfer) reuse(ctx context.Context, want index.File) error {
	at, err := t.known(ctx)
	if err != nil || len(at) == 0 {
		return err
	}
	missing := t.todo[:0:0]
	for n, i := range t.todo {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		b := t.blocks[i]
		place, ok := at[b.Hash]
		if !ok && n%1000 == 0 {
			// Elsewhere in the folder: asked for a thousand at a time.
			if err := t.locate(ctx, t.todo[n:min(n+1000, len(t.todo))], at); err != nil {
				return err
			}
			place, ok = at[b.Hash]
		}
		if !ok || t.f.openTree().Reuse(want, t.starts[i], place.Record, place.Offset, b) != nil {
			missing = append(missing, i)
			continue
		}
		t.came(i)
	}
	t.todo = missing
	return nil
}

// known maps the blocks of the files that most likely have them: the one with
// the same content, and the one that is to be replaced.
func (t *transfer) known(ctx context.Context) (map[index.Hash]index.Place, error) {
	at := make(map[index.Hash]index.Place)
	for _, rec := range []index.Record{t.local, t.job.step.Have} {
		if rec.Kind != index.Regular {
			continue
		}
		blocks, _, err := t.f.store.Blocks(ctx, t.f.id, rec.Root)
		if err != nil {
			return nil, err
		}
		var off int64
		for _, b := range blocks {
			at[b.Hash] = index.Place{Record: rec, Offset: off, Size: b.Size}
			off += int64(b.Size)
		}
	}
	return at, t.locate(ctx, t.todo[:min(1000, len(t.todo))], at)
}

func (t *transfer) locate(ctx context.Context, todo []int, at map[index.Hash]index.Place) error {
	var blocks []index.Block
	for _, i := range todo {
		if _, ok := at[t.blocks[i].Hash]; !ok {
			blocks = append(blocks, t.blocks[i])
		}
	}
	if len(blocks) == 0 {
		return nil
	}
	places, err := t.f.store.Locate(ctx, t.f.id, blocks)
	if err != nil {
		return err
	}
	for k, p := range places {
		if p.Size > 0 {
			at[blocks[k].Hash] = p
		}
	}
	return nil
}

// fetch gets the rest from all holders at once: each takes the next run of
// blocks when it is done with one, so a faster one brings more, and what a
// device that leaves was asked for is asked of the others.
func (t *transfer) fetch(ctx context.Context, want index.File) error {
	if len(t.todo) == 0 {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { t.wake.Broadcast() })
	defer stop()
	var group sync.WaitGroup
	for _, d := range t.job.holders {
		for range runsEach {
			group.Go(func() { t.fetchFrom(ctx, want, t.links[d]) })
		}
	}
	group.Wait()
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.todo) > 0 {
		return errors.Join(errGone, t.fail, ctx.Err())
	}
	return nil
}

// fetchFrom fetches runs of blocks over one link until none is left, or the
// link turns out to be no good for this file.
func (t *transfer) fetchFrom(ctx context.Context, want index.File, link Link) {
	for {
		run := t.next(ctx)
		if len(run) == 0 {
			return
		}
		missed, err := t.fetchRun(ctx, want, link, run)
		t.give(missed, len(run), err)
		if err != nil {
			return
		}
	}
}

// next takes the next run of blocks; none when all have come. While others
// fetch the last ones it waits: they may have to be asked for again.
func (t *transfer) next(ctx context.Context) []int {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.todo) == 0 && t.open > 0 && ctx.Err() == nil {
		t.wake.Wait()
	}
	if ctx.Err() != nil {
		return nil
	}
	n, size := 0, int64(0)
	for n < len(t.todo) && size < runBytes {
		size += int64(t.blocks[t.todo[n]].Size)
		n++
	}
	run := t.todo[:n:n]
	t.todo = t.todo[n:]
	t.open += n
	return run
}

// give ends a run: what was missed is to be fetched again.
func (t *transfer) give(missed []int, taken int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open -= taken
	t.todo = append(t.todo, missed...)
	if err != nil {
		t.fail = err
	}
	t.wake.Broadcast()
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
