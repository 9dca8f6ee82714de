package syncer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kith/index"
	"kith/peer/wire"
	"kith/syncer/plan"
)

// sender is a link to a device that sends each piece after a pause.
type sender struct {
	Link
	device index.DeviceID
	pace   time.Duration
	mu     sync.Mutex
	asked  int // pieces
}

func (s *sender) Device() index.DeviceID { return s.device }

func (s *sender) Fetch(ctx context.Context, _ index.FolderID, wants []wire.Want, got func(int, []byte, func(), error)) error {
	s.mu.Lock()
	s.asked += len(wants)
	s.mu.Unlock()
	for i, w := range wants {
		select {
		case <-time.After(s.pace):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		got(i, content(w.Path.String(), int(w.Size)), func() {}, nil)
	}
	return nil
}

func (s *sender) Blocks(ctx context.Context, _ index.FolderID, p index.Path, _ index.Hash) ([]index.Block, error) {
	select {
	case <-time.After(s.pace):
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return blocksOf(p.String(), 64, 100<<10), nil
}

func content(path string, size int) []byte {
	b := make([]byte, size)
	copy(b, path)
	return b
}

// blocksOf is a file of n blocks of one size: all of the same content.
func blocksOf(path string, n, size int) []index.Block {
	b := index.Block{Hash: index.Sum(content(path, size)), Size: uint32(size)}
	return slices.Repeat([]index.Block{b}, n)
}

// drafts is a tree that is only filled.
type drafts struct {
	Tree
	mu     sync.Mutex
	filled map[string]int
}

func (d *drafts) Fill(want index.File, off int64, _ []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.filled[fmt.Sprint(want.Path, "@", off)]++
	return nil
}

func (d *drafts) Filled(_ context.Context, want index.File) ([]bool, error) {
	return make([]bool, len(want.Blocks)), nil
}

// unwise is a store that knows of no block.
type unwise struct{ Store }

func (unwise) Blocks(context.Context, index.FolderID, index.Hash) ([]index.Block, bool, error) {
	return nil, false, nil
}

func (unwise) Locate(_ context.Context, _ index.FolderID, blocks []index.Block) ([]Place, error) {
	return make([]Place, len(blocks)), nil
}

// fetching makes a folder that can fetch, in virtual time, until the test ends.
func fetching(t *testing.T, do func(ctx context.Context, f *folder, d *drafts)) {
	synctest.Test(t, func(t *testing.T) {
		f := &folder{e: &Engine{}, log: slog.New(slog.DiscardHandler), events: make(chan event, 64), store: unwise{}}
		f.board.init()
		f.paces.init()
		d := &drafts{filled: make(map[string]int)}
		var tree Tree = d
		f.tree.Store(&tree)
		ctx, end := context.WithCancel(t.Context())
		defer func() { end(); synctest.Wait() }()
		f.work, f.placing = ctx, make(chan handover)
		go func() { // everything can be put in place
			for {
				select {
				case h := <-f.placing:
					close(h.done)
				case <-ctx.Done():
					return
				}
			}
		}()
		do(ctx, f, d)
	})
}

func fetchJob(path string, n int, holders ...*sender) *job {
	file := index.File{Path: index.MustPath(path), Kind: index.Regular, Size: int64(n) * 1000, Blocks: blocksOf(path, n, 1000)}
	file.Root = index.RootOf(file.Blocks)
	j := &job{step: plan.Step{Want: file}, records: []index.Record{{File: file}}, source: file}
	for _, h := range holders {
		j.holders = append(j.holders, h.device)
	}
	return j
}

func TestASlowDeviceHoldsNobodyUp(t *testing.T) {
	fetching(t, func(ctx context.Context, f *folder, d *drafts) {
		slow, quick := &sender{device: index.DeviceID{1}, pace: 1900 * time.Millisecond}, &sender{device: index.DeviceID{2}, pace: time.Millisecond}
		links := map[index.DeviceID]Link{slow.device: slow, quick.device: quick}
		jobs := func(round int) (all []*job) {
			for i := range 100 {
				all = append(all, fetchJob(fmt.Sprintf("%d-both-%d", round, i), 1, slow, quick), fetchJob(fmt.Sprintf("%d-quick-%d", round, i), 1, quick))
			}
			for i := range 20 {
				all = append(all, fetchJob(fmt.Sprintf("%d-slow-%d", round, i), 1, slow))
			}
			return all
		}
		start := time.Now()
		done, rest := f.fetchGroup(ctx, links, jobs(1))
		if took := time.Since(start); len(done) < 200 || len(done) > 210 || rest == nil || took > paceOver+time.Second {
			t.Fatalf("%d are here after %v, rest: %v", len(done), took, rest != nil)
		}
		if !f.flights.under(index.MustPath("1-slow-19")) {
			t.Error("the next pass asks for what is under way")
		}
		go rest(ctx)
		start = time.Now()
		done, again := f.fetchGroup(ctx, links, jobs(2))
		if took := time.Since(start); len(done) != 200 || again == nil || took > 2*firstHelp {
			t.Errorf("once it is known to be slow: %d are here after %v", len(done), took)
		}
		go again(ctx)
		time.Sleep(5 * time.Minute)
		if n := f.flights.count(); n != 0 {
			t.Errorf("%d are still under way", n)
		}
		for key, n := range d.filled {
			if n != 1 {
				t.Errorf("%s was written %d times", key, n)
			}
		}
		if len(d.filled) != 440 {
			t.Errorf("%d of 440 blocks are here", len(d.filled))
		}
	})
}

func TestADeviceThatSendsJustInTimeIsLeftAlone(t *testing.T) {
	fetching(t, func(ctx context.Context, f *folder, _ *drafts) {
		slow := &sender{device: index.DeviceID{1}, pace: answerTime - time.Second}
		start := time.Now()
		err := f.fetchPieces(ctx, slow, make([]wire.Want, 500), func(_ int, _ []byte, release func(), _ error) { release() })
		if took := time.Since(start); !errors.Is(err, errNoAnswer) || took > 2*answerTime {
			t.Errorf("after %v: %v", took, err)
		}
	})
}

func TestADeviceThatIsSlowAndThenQuickCountsAsQuickAgain(t *testing.T) {
	fetching(t, func(ctx context.Context, f *folder, _ *drafts) {
		s := &sender{device: index.DeviceID{1}, pace: time.Second}
		ask := func(n int) {
			if err := f.fetchPieces(ctx, s, make([]wire.Want, n), func(_ int, _ []byte, release func(), _ error) { release() }); err != nil {
				t.Error(err)
			}
		}
		for round := range 3 {
			if s.pace = time.Second; round > 0 {
				s.pace = 1500 * time.Millisecond
			}
			ask(15)
			if !f.paces.slow(s.device) {
				t.Fatal("it is not noticed that it is slow")
			}
			s.pace = time.Millisecond
			for n := range 5 << round { // longer each time
				if ask(20); f.paces.slow(s.device) != (n < 4<<round-1) {
					t.Errorf("round %d: after %d good answers it is slow: %v", round, n+1, f.paces.slow(s.device))
				}
			}
		}
	})
}

// What we take long for is not the other's fault.
func TestADiskThatIsSlowMakesNobodyElseSlow(t *testing.T) {
	fetching(t, func(ctx context.Context, f *folder, _ *drafts) {
		s := &sender{device: index.DeviceID{1}, pace: time.Millisecond}
		err := f.fetchPieces(ctx, s, make([]wire.Want, 10), func(_ int, _ []byte, release func(), _ error) {
			time.Sleep(time.Minute)
			release()
		})
		if err != nil || f.paces.slow(s.device) {
			t.Errorf("%v, slow: %v", err, f.paces.slow(s.device))
		}
	})
}

// odd is a sender with a fault: what it sends instead of a piece, or an error.
type odd struct {
	*sender
	instead func(w wire.Want) ([]byte, error)
}

func (o odd) Fetch(ctx context.Context, id index.FolderID, wants []wire.Want, got func(int, []byte, func(), error)) error {
	for i, w := range wants {
		data, err := o.instead(w)
		if data == nil && err != nil {
			return err
		}
		got(i, data, func() {}, err)
	}
	return ctx.Err()
}

// TestALargeFileComesThoughOthersFail has five devices that announce a file: one lies,
// one sends the block beside the one it is asked for, one leaves in the middle, one has
// it no longer, and one, who is slow, is honest. The file comes, and nothing that was
// right is asked for twice.
func TestALargeFileComesThoughOthersFail(t *testing.T) {
	fetching(t, func(ctx context.Context, f *folder, d *drafts) {
		const size, n = 1 << 20, 100 // more than all are asked for at first
		text := func(k int64) []byte { return content(fmt.Sprint("block ", k), size) }
		var blocks []index.Block
		for k := range int64(n) {
			blocks = append(blocks, index.Block{Hash: index.Sum(text(k)), Size: size})
		}
		var asked, right [5]atomic.Int64
		links := map[index.DeviceID]Link{}
		j := fetchJob("large", 1)
		for k, instead := range []func(w wire.Want) ([]byte, error){
			func(w wire.Want) ([]byte, error) { return make([]byte, w.Size), nil },
			func(w wire.Want) ([]byte, error) { return text(w.Offset/size + 1), nil },
			func(w wire.Want) ([]byte, error) {
				if right[2].Load() == 5 {
					return nil, errors.New("the conversation is over")
				}
				right[2].Add(1)
				return text(w.Offset / size), nil
			},
			func(wire.Want) ([]byte, error) { return []byte{}, errGone },
			func(w wire.Want) ([]byte, error) {
				time.Sleep(20 * time.Millisecond)
				right[4].Add(1)
				return text(w.Offset / size), nil
			},
		} {
			id := index.DeviceID{byte(k + 1)}
			links[id] = odd{&sender{device: id}, func(w wire.Want) ([]byte, error) {
				asked[k].Add(1)
				return instead(w)
			}}
			j.holders = append(j.holders, id)
		}
		j.source.Blocks, j.source.Size, j.source.Root = blocks, n*size, index.RootOf(blocks)
		j.step.Want = j.source
		tr := &transfer{f: f, job: j, links: links}
		if err := tr.run(ctx); err != nil || len(d.filled) != n {
			t.Fatalf("%d blocks of %d, %v", len(d.filled), n, err)
		}
		for at, times := range d.filled {
			if times != 1 {
				t.Errorf("%s was written %d times", at, times)
			}
		}
		for k := range asked {
			if asked[k].Load() == 0 {
				t.Errorf("device %d was never asked: the test shows nothing", k+1)
			}
		}
		if sent := right[2].Load() + right[4].Load(); sent != n {
			t.Errorf("%d right blocks were sent, of %d", sent, n)
		}
	})
}

func TestALateRunIsAskedOfAnother(t *testing.T) {
	fetching(t, func(ctx context.Context, f *folder, d *drafts) {
		slow, quick := &sender{device: index.DeviceID{1}, pace: 15 * time.Second}, &sender{device: index.DeviceID{2}, pace: 10 * time.Millisecond}
		j := fetchJob("large", 1, slow, quick)
		j.source.Blocks = nil // a list to be asked for, of 64 blocks
		j.source.Size, j.source.Root = 64*100<<10, index.RootOf(blocksOf("large", 64, 100<<10))
		j.step.Want = j.source
		tr := &transfer{f: f, job: j, links: map[index.DeviceID]Link{slow.device: slow, quick.device: quick}}
		start := time.Now()
		if err := tr.run(ctx); err != nil || len(d.filled) != 64 {
			t.Fatalf("%d blocks, %v", len(d.filled), err)
		}
		if took := time.Since(start); took > listAfter+5*time.Second {
			t.Errorf("it takes %v, although one who has it is quick", took)
		}
	})
}
