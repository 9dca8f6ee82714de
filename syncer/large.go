package syncer

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"kith/index"
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
		onTime := p.f.lingerIfSlow(ctx, path, j.holders)
		err := t.run(ctx)
		onTime()
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

// lingerIfSlow lets go of the room that a flight takes once all who send it are
// slow. The function that it returns ends that.
func (f *folder) lingerIfSlow(ctx context.Context, path index.Path, from []index.DeviceID) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		for ctx.Err() == nil {
			changed := f.paces.changed.wait()
			if len(from) > 0 && f.paces.allSlow(from) {
				f.flights.linger([]index.Path{path})
				f.paces.background(from, true, 1)
				defer f.paces.background(from, true, -1)
				f.send(learnt{}) // there is room for another one
				<-ctx.Done()
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
			}
		}
	})
	return func() {
		cancel()
		watch.Wait()
	}
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

	mu      sync.Mutex // guards the rest
	todo    []int      // blocks that nobody fetches yet
	open    []*run     // what is being fetched
	here    []bool     // blocks that are here
	missing int        // how many are not
	fail    error
	news    signal // told when a run is over
}

func (t *transfer) run(ctx context.Context) error {
	t.news.init()
	if err := t.list(ctx); err != nil {
		return err
	}
	want := t.want()
	t.have.size = want.Size
	filled, err := t.f.openTree().Filled(ctx, want)
	if err != nil {
		return err
	}
	t.here, t.missing = make([]bool, len(filled)), len(filled)
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
	t.mu.Lock()
	twice := t.here[i]
	if t.here[i] = true; !twice {
		t.missing--
	}
	whole := t.missing == 0
	t.mu.Unlock()
	if twice {
		return
	}
	if whole {
		t.news.raise()
	}
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
	if len(t.blocks) == 0 {
		t.blocks, errs = t.askLists(ctx)
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

// listAfter is how long one holder has for a list before the next one is asked too.
const listAfter = 5 * time.Second

// askLists asks one holder after the other for the block list, and takes the first
// one that fits.
func (t *transfer) askLists(ctx context.Context) (list []index.Block, err error) {
	ctx, cancel := context.WithCancel(ctx)
	var asking sync.WaitGroup
	defer asking.Wait()
	defer cancel()
	type answer struct {
		list []index.Block
		err  error
	}
	answers := make(chan answer, len(t.job.holders))
	late := time.NewTimer(0)
	defer late.Stop()
	asked, open, due := 0, 0, true
	for asked < len(t.job.holders) || open > 0 {
		if asked < len(t.job.holders) && (due || open == 0) {
			link := t.links[t.job.holders[asked]]
			asking.Go(func() {
				list, err := t.f.fetchList(ctx, link, t.job.source)
				if err == nil && !listFits(t.job.source, list) {
					err = errBadBlock
				}
				answers <- answer{list, err}
			})
			asked, open, due = asked+1, open+1, false
			late.Reset(listAfter)
		}
		select {
		case a := <-answers:
			if a.err == nil {
				return a.list, nil
			}
			err, open = errors.Join(err, a.err), open-1
		case <-late.C:
			due = true
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return nil, err
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
