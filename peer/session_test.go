package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"kith/index"
	"kith/peer/wire"
	"kith/syncer"
)

var _ syncer.Link = (*Session)(nil)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var folder = index.FolderID{1}

// memory is a file in memory.
type memory struct {
	*bytes.Reader
	changed bool
	closed  func()
}

func (m memory) Same() bool { return !m.changed }
func (m memory) Close() error {
	if m.closed != nil {
		m.closed()
	}
	return nil
}

// holding answers with files from memory, and keeps what it hears.
type holding struct {
	mu     sync.Mutex // guards what follows
	files  map[string][]byte
	news   chan wire.Message
	opened int
	closed int
}

func newHolding(files map[string][]byte) *holding {
	return &holding{files: files, news: make(chan wire.Message, 1000)}
}

func (h *holding) handler() Handler {
	return Handler{
		Hear: func(_ *Session, m wire.Message) { h.news <- m },
		Blocks: func(_ context.Context, _ index.DeviceID, m wire.WantBlocks) ([]index.Block, error) {
			if m.Path.String() == "gone" {
				return nil, fs.ErrNotExist
			}
			return manyBlocks(40000), nil
		},
		Open: func(_ context.Context, _ index.DeviceID, _ index.FolderID, p index.Path, _ index.Hash) (Content, error) {
			h.mu.Lock()
			defer h.mu.Unlock()
			b, ok := h.files[p.String()]
			if !ok {
				return nil, &fs.PathError{Op: "open", Path: "/home/anna/secret", Err: fs.ErrNotExist}
			}
			h.opened++
			return memory{bytes.NewReader(b), p.String() == "changing", func() {
				h.mu.Lock()
				defer h.mu.Unlock()
				h.closed++
			}}, nil
		},
	}
}

func manyBlocks(n int) []index.Block {
	list := make([]index.Block, n)
	for i := range list {
		list[i] = index.Block{Hash: index.Sum(fmt.Append(nil, i)), Size: uint32(i + 1)}
	}
	return list
}

// couple is two sessions that speak to each other.
type couple struct {
	a, b   *Session
	ha, hb *holding
	ended  chan error // of either, once it ended
	wg     sync.WaitGroup
}

// newCouple joins two sessions by pipes without TLS.
func newCouple(ha, hb *holding, pipe func() (net.Conn, net.Conn)) *couple {
	c1, c2 := pipe()
	d1, d2 := pipe()
	pool := new(buffers)
	c := &couple{ha: ha, hb: hb, ended: make(chan error, 2)}
	c.a = newSession(wire.Hello{Name: "b"}, newLine(c1), newLine(d1), ha.handler(), pool)
	c.b = newSession(wire.Hello{Name: "a"}, newLine(c2), newLine(d2), hb.handler(), pool)
	for _, s := range []*Session{c.a, c.b} {
		c.wg.Go(func() { c.ended <- s.run() })
	}
	return c
}

func (c *couple) close() {
	c.a.Close("test is over")
	c.b.Close("test is over")
	c.wg.Wait()
}

func couplePipes(t *testing.T, files map[string][]byte) *couple {
	c := newCouple(newHolding(nil), newHolding(files), net.Pipe)
	t.Cleanup(c.close)
	return c
}

func TestMessagesAreHeardInOrder(t *testing.T) {
	c := couplePipes(t, nil)
	for i := range 200 {
		if err := c.a.Send(t.Context(), &wire.Subscribe{Folder: folder, Mine: index.Cursor{Epoch: 1, Seq: index.Seq(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 200 {
		if m := (<-c.hb.news).(*wire.Subscribe); m.Mine.Seq != index.Seq(i) {
			t.Fatalf("heard %d instead of %d", m.Mine.Seq, i)
		}
	}
}

func TestBadMessageDoesNotEndTheSession(t *testing.T) {
	c := couplePipes(t, nil)
	if err := c.a.Send(t.Context(), &wire.Update{Files: []index.File{{}}}); !errors.Is(err, wire.ErrInvalid) {
		t.Errorf("got %v", err)
	}
	if err := c.a.Send(t.Context(), &wire.Unsubscribe{Folder: folder}); err != nil {
		t.Fatal(err)
	}
	<-c.hb.news
}

func TestBlockListComesWhole(t *testing.T) {
	c := couplePipes(t, nil)
	list, err := c.a.Blocks(t.Context(), folder, index.MustPath("large"), index.Hash{1})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(list, manyBlocks(40000)) {
		t.Errorf("got %d blocks", len(list))
	}
	if _, err := c.a.Blocks(t.Context(), folder, index.MustPath("gone"), index.Hash{1}); !errors.Is(err, ErrGone) {
		t.Errorf("a list that is gone: %v", err)
	}
}

func TestFetchBringsEveryPiece(t *testing.T) {
	const seed = 1
	rng := rand.New(rand.NewPCG(seed, 0))
	files := map[string][]byte{"changing": make([]byte, 100)}
	var wants []wire.Want
	for i := range 300 {
		name := fmt.Sprintf("dir/%d", i)
		b := make([]byte, 1+rng.IntN(30000))
		if i%50 == 0 {
			b = make([]byte, 3<<20)
		}
		for j := range b {
			b[j] = byte(rng.Uint32())
		}
		files[name] = b
		for at := 0; at < len(b); at += 1 << 20 {
			wants = append(wants, wire.Want{Path: index.MustPath(name), Root: index.Sum(b), Offset: int64(at), Size: uint32(min(1<<20, len(b)-at))})
		}
	}
	wants = append(wants,
		wire.Want{Path: index.MustPath("nobody has it"), Size: 5},
		wire.Want{Path: index.MustPath("changing"), Size: 5},
		wire.Want{Path: index.MustPath("dir/1"), Root: index.Sum(files["dir/1"]), Offset: 1 << 40, Size: 5})
	c := couplePipes(t, files)
	came := make([]int, len(wants))
	err := c.a.Fetch(t.Context(), folder, wants, func(i int, data []byte, release func(), err error) {
		came[i]++
		defer release()
		if i >= len(wants)-3 {
			if !errors.Is(err, ErrGone) || data != nil {
				t.Errorf("%s: got %d bytes, %v", wants[i].Path, len(data), err)
			}
			if err != nil && bytes.Contains([]byte(err.Error()), []byte("anna")) {
				t.Errorf("tells a path of the other device: %v", err)
			}
			return
		}
		w := wants[i]
		if err != nil || !bytes.Equal(data, files[w.Path.String()][w.Offset:w.Offset+int64(w.Size)]) {
			t.Errorf("seed %d: %s at %d: %v", seed, w.Path, w.Offset, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range came {
		if n != 1 {
			t.Errorf("piece %d came %d times", i, n)
		}
	}
	c.close()
	if c.hb.opened != c.hb.closed {
		t.Errorf("opened %d, closed %d", c.hb.opened, c.hb.closed)
	}
	if c.hb.opened > 302 {
		t.Errorf("opened %d times", c.hb.opened)
	}
}

func TestCancelledFetchLeavesNothingBehind(t *testing.T) {
	files := map[string][]byte{"large": make([]byte, 64<<20), "small": []byte("small")}
	c := couplePipes(t, files)
	wants := mebibytes("large", 64)
	for range 100 {
		ctx, cancel := context.WithCancel(t.Context())
		err := c.a.Fetch(ctx, folder, wants, func(_ int, _ []byte, release func(), _ error) { release(); cancel() })
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	fetchSmall(t, c.a)
	c.a.fetches.mu.Lock()
	defer c.a.fetches.mu.Unlock()
	if n := len(c.a.fetches.parts); n != 0 {
		t.Errorf("%d parts left", n)
	}
	if n := len(c.a.fetches.slots); n != 0 {
		t.Errorf("%d slots taken", n)
	}
}

func fetchSmall(t *testing.T, s *Session) {
	t.Helper()
	came := 0
	err := s.Fetch(t.Context(), folder, []wire.Want{{Path: index.MustPath("small"), Size: 5}}, func(_ int, data []byte, release func(), err error) {
		defer release()
		came++
		if string(data) != "small" || err != nil {
			t.Errorf("got %q, %v", data, err)
		}
	})
	if err != nil || came != 1 {
		t.Errorf("it came %d times, %v", came, err)
	}
}

// What is not released is not more than a fixed amount; and once it is released,
// the rest comes.
func TestUnreleasedPiecesStopTheReading(t *testing.T) {
	synctest.Test(t, unreleased)
}

func unreleased(t *testing.T) {
	c := newCouple(newHolding(nil), newHolding(map[string][]byte{"large": make([]byte, 100<<20)}), net.Pipe)
	defer c.close()
	wants := mebibytes("large", 100)
	held := make(chan func(), len(wants))
	done := make(chan error)
	go func() {
		done <- c.a.Fetch(t.Context(), folder, wants, func(_ int, _ []byte, release func(), _ error) { held <- release })
	}()
	var releases []func()
	for range maxReceived / room(1<<20) {
		releases = append(releases, <-held)
	}
	synctest.Wait()
	if len(held) > 0 {
		t.Errorf("%d more came than may be held", len(held))
	}
	for _, release := range releases {
		release()
		release() // a second time does nothing
	}
	for range len(wants) - len(releases) {
		(<-held)()
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// reluctant is a file of which the last MiB cannot be read before a time.
type reluctant struct {
	Content
	last int64
	time <-chan struct{}
}

func (r reluctant) ReadAt(b []byte, off int64) (int, error) {
	if off == r.last {
		<-r.time
	}
	return r.Content.ReadAt(b, off)
}

// The large one cannot come to its end before the small one has.
func TestSmallFetchDoesNotWaitForALargeOne(t *testing.T) {
	c := couplePipes(t, map[string][]byte{"large": make([]byte, 256<<20), "small": []byte("small")})
	came := make(chan struct{})
	goOn := sync.OnceFunc(func() { close(came) })
	defer goOn()
	open := c.b.handler.Open
	c.b.handler.Open = func(ctx context.Context, d index.DeviceID, f index.FolderID, p index.Path, root index.Hash) (Content, error) {
		content, err := open(ctx, d, f, p, root)
		if err == nil && p.String() == "large" {
			content = reluctant{content, 255 << 20, came}
		}
		return content, err
	}
	wants := mebibytes("large", 256)
	began, done := make(chan struct{}), make(chan struct{})
	pieces := 0
	go func() {
		defer close(done)
		err := c.a.Fetch(t.Context(), folder, wants, func(_ int, _ []byte, release func(), err error) {
			release()
			if pieces++; pieces == 1 {
				close(began)
			}
			if err != nil {
				t.Error(err)
			}
		})
		if err != nil {
			t.Error(err)
		}
	}()
	<-began
	go func() {
		fetchSmall(t, c.a)
		goOn()
	}()
	receive(t, "the small one", came)
	<-done
}

func TestEndIsToldToWhoWaits(t *testing.T) {
	c := couplePipes(t, map[string][]byte{"large": make([]byte, 1<<20)})
	wants := []wire.Want{{Path: index.MustPath("large"), Size: 1 << 20}, {Path: index.MustPath("large"), Size: 1 << 20}}
	err := c.a.Fetch(t.Context(), folder, wants, func(_ int, _ []byte, release func(), _ error) {
		release()
		c.b.Close("going home")
	})
	if err != nil && !errors.Is(err, ErrEnded) {
		t.Errorf("fetch: %v", err)
	}
	<-c.a.ctx.Done()
	if err := c.a.Send(t.Context(), &wire.Unsubscribe{}); !errors.Is(err, ErrEnded) {
		t.Errorf("send: %v", err)
	}
	if _, err := c.a.Blocks(t.Context(), folder, index.MustPath("x"), index.Hash{}); !errors.Is(err, ErrEnded) {
		t.Errorf("blocks: %v", err)
	}
	var bye byeError
	if !errors.As(c.a.Err(), &bye) || string(bye) != "going home" {
		t.Errorf("reason: %v", c.a.Err())
	}
}

func TestSilentDeviceIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c1, c2 := net.Pipe()
		d1, d2 := net.Pipe()
		for _, c := range []net.Conn{c2, d2} { // takes everything, says nothing
			go func() {
				for b := make([]byte, 1000); ; {
					if _, err := c.Read(b); err != nil {
						return
					}
				}
			}()
		}
		s := newSession(wire.Hello{}, newLine(c1), newLine(d1), newHolding(nil).handler(), new(buffers))
		start := time.Now()
		if err := s.run(); !errors.Is(err, ErrSilent) {
			t.Errorf("got %v", err)
		}
		if d := time.Since(start); d != silence {
			t.Errorf("after %v", d)
		}
	})
}

func TestIdleSessionLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCouple(newHolding(nil), newHolding(nil), net.Pipe)
		time.Sleep(time.Hour) // in the bubble
		if c.a.Err() != nil || c.b.Err() != nil {
			t.Errorf("ended: %v, %v", c.a.Err(), c.b.Err())
		}
		if !c.a.alive(time.Second) {
			t.Error("does not answer")
		}
		c.close()
	})
}

// Nor may who asked for pieces be hurried to take them.
func TestPiecesThatAreNotTakenAreNotSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCouple(newHolding(nil), newHolding(map[string][]byte{"large": make([]byte, 100<<20)}), net.Pipe)
		defer c.close()
		came := 0
		err := c.a.Fetch(t.Context(), folder, mebibytes("large", 100), func(i int, data []byte, release func(), err error) {
			if i%40 == 0 {
				time.Sleep(frameGrace + silence)
			}
			if err == nil && len(data) == 1<<20 {
				came++
			}
			release()
		})
		if err != nil || came != 100 {
			t.Errorf("%d of 100 pieces came, %v", came, err)
		}
	})
}

// mebibytes asks for the first n MiB of a file, in pieces of one.
func mebibytes(path string, n int) []wire.Want {
	wants := make([]wire.Want, n)
	for at := range wants {
		wants[at] = wire.Want{Path: index.MustPath(path), Offset: int64(at) << 20, Size: 1 << 20}
	}
	return wants
}

// A device may take its time over a message; that is not silence.
func TestSlowHearingIsNotSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCouple(newHolding(nil), newHolding(nil), net.Pipe)
		var heard atomic.Int32
		c.b.handler.Hear = func(*Session, wire.Message) {
			time.Sleep(silence + time.Second)
			heard.Add(1)
		}
		for range 3 {
			if err := c.a.Send(t.Context(), &wire.Unsubscribe{}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(3 * time.Minute)
		if c.a.Err() != nil || c.b.Err() != nil || heard.Load() != 3 {
			t.Errorf("ended: %v, %v; %d of 3 messages were heard", c.a.Err(), c.b.Err(), heard.Load())
		}
		c.close()
	})
}
