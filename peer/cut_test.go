package peer

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kith/index"
	"kith/peer/wire"
)

// scissors cut all connections of a session once so many bytes have passed.
type scissors struct {
	left  atomic.Int64
	mu    sync.Mutex // guards conns
	conns []net.Conn
}

// shears is a connection that scissors may cut.
type shears struct {
	net.Conn
	s *scissors
}

func (s *scissors) pipe() (net.Conn, net.Conn) {
	a, b := net.Pipe()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns = append(s.conns, a, b)
	return shears{a, s}, shears{b, s}
}

func (s *scissors) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		c.Close()
	}
}

func (c shears) Write(b []byte) (int, error) {
	left := c.s.left.Add(-int64(len(b)))
	if left >= 0 {
		return c.Conn.Write(b)
	}
	n := max(int64(len(b))+left, 0)
	n2, err := c.Conn.Write(b[:n])
	c.s.cut()
	return n2, errors.Join(err, net.ErrClosed)
}

// A session that is cut after any of its bytes has heard whole messages, in their
// order, and brought whole pieces, each once; and whoever waits is told.
func TestASessionCutAfterAnyByteHasNoHalfEffects(t *testing.T) {
	files := map[string][]byte{"one": bytes.Repeat([]byte("1"), 300), "two": bytes.Repeat([]byte("2"), 500), "none": nil}
	wants := []wire.Want{{Path: index.MustPath("one"), Size: 300}, {Path: index.MustPath("two"), Size: 200},
		{Path: index.MustPath("two"), Offset: 200, Size: 300}, {Path: index.MustPath("gone"), Size: 1}}
	const news, blocks = 3, 20
	whole := false
	for n := int64(0); !whole; n++ {
		s := new(scissors)
		s.left.Store(n)
		c := newCouple(newHolding(nil), newHolding(files), s.pipe)
		c.b.handler.Blocks = func(context.Context, index.DeviceID, wire.WantBlocks) ([]index.Block, error) {
			return manyBlocks(blocks), nil
		}
		var errs []error
		for i := range news {
			errs = append(errs, c.a.Send(t.Context(), &wire.Subscribe{Folder: folder, Mine: index.Cursor{Epoch: 1, Seq: index.Seq(i + 1)}}))
		}
		list, err := c.a.Blocks(t.Context(), folder, index.MustPath("two"), index.Hash{1})
		if errs = append(errs, err); err == nil && len(list) != blocks || err != nil && list != nil {
			t.Errorf("cut after %d bytes: %d blocks, %v", n, len(list), err)
		}
		came := make([]int, len(wants))
		err = c.a.Fetch(t.Context(), folder, wants, func(i int, data []byte, release func(), err error) {
			defer release()
			w := wants[i]
			if came[i]++; err == nil && !bytes.Equal(data, files[w.Path.String()][w.Offset:w.Offset+int64(w.Size)]) {
				t.Errorf("cut after %d bytes: piece %d is %q", n, i, data)
			}
		})
		errs = append(errs, err)
		c.close()
		heard := len(c.hb.news)
		for i := range heard {
			if m, ok := (<-c.hb.news).(*wire.Subscribe); !ok || m.Mine.Seq != index.Seq(i+1) {
				t.Errorf("cut after %d bytes: %d. heard is %+v", n, i, m)
			}
		}
		for i, times := range came {
			if times > 1 || err == nil && times != 1 {
				t.Errorf("cut after %d bytes: piece %d came %d times, and then %v", n, i, times, err)
			}
		}
		if whole = errors.Join(errs...) == nil; whole && heard != news {
			t.Errorf("%d of %d messages were heard", heard, news)
		}
		if t.Failed() {
			return
		}
		if whole {
			t.Logf("cut after each of %d bytes", n)
		}
	}
}

// A device that asks and takes no answer costs its own session, after a while; and
// no more than a fixed amount was read for it.
func TestADeviceThatTakesNoAnswerIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c1, c2 := net.Pipe()
		d1, d2 := net.Pipe()
		h := newHolding(map[string][]byte{"large": make([]byte, 100<<20)})
		var read atomic.Int64
		handler := h.handler()
		open := handler.Open
		handler.Open = func(ctx context.Context, d index.DeviceID, f index.FolderID, p index.Path, root index.Hash) (Content, error) {
			content, err := open(ctx, d, f, p, root)
			return counted{content, &read}, err
		}
		s := newSession(wire.Hello{}, newLine(c1), newLine(d1), handler, new(buffers))
		var others sync.WaitGroup
		defer others.Wait()
		defer c2.Close()
		defer d2.Close()
		others.Go(func() { swallow(c2) })
		others.Go(func() { keepAlive(c2) })
		others.Go(func() {
			w := wire.NewWriter(d2)
			if err := w.Write(&wire.Fetch{ID: 1, Folder: folder, Wants: mebibytes("large", 100)}); err != nil {
				t.Error(err)
			}
			keepAlive(d2)
		})
		start := time.Now()
		if err := s.run(); !errors.Is(err, ErrSilent) {
			t.Errorf("ended with %v", err)
		}
		if d := time.Since(start); d > 2*time.Minute {
			t.Errorf("after %v", d)
		}
		if n := read.Load(); n > maxPrepared {
			t.Errorf("%d bytes were read for it", n)
		}
	})
}

// counted is a file of which it is known how much was read.
type counted struct {
	Content
	read *atomic.Int64
}

func (c counted) ReadAt(b []byte, off int64) (int, error) {
	n, err := c.Content.ReadAt(b, off)
	c.read.Add(int64(n))
	return n, err
}

// slowPipe makes lines on which bytes take a while, and come at a rate. Who has closed
// them can wait for their end.
func slowPipe(end *sync.WaitGroup, delay time.Duration, rate int) func() (net.Conn, net.Conn) {
	const step = 256 // bytes
	type parcel struct {
		b   []byte
		due time.Time
	}
	carry := func(from, to net.Conn) {
		way := make(chan parcel, 1<<10)
		end.Go(func() {
			defer to.Close()
			for p := range way {
				time.Sleep(time.Until(p.due))
				if _, err := to.Write(p.b); err != nil {
					from.Close()
				}
			}
		})
		defer close(way)
		for {
			b := make([]byte, step)
			n, err := from.Read(b)
			if n > 0 {
				time.Sleep(time.Duration(n) * time.Second / time.Duration(rate))
				way <- parcel{b[:n], time.Now().Add(delay)}
			}
			if err != nil {
				return
			}
		}
	}
	return func() (net.Conn, net.Conn) {
		a, a2 := net.Pipe()
		b, b2 := net.Pipe()
		end.Go(func() { carry(a2, b2) })
		end.Go(func() { carry(b2, a2) })
		return a, b
	}
}

// A line of 2 KiB a second, on which an answer takes three seconds, is slow, and works.
func TestASlowLineIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := bytes.Repeat([]byte("slow "), 100<<10/5)
		var end sync.WaitGroup
		defer end.Wait()
		c := newCouple(newHolding(nil), newHolding(map[string][]byte{"large": content, "small": []byte("small")}), slowPipe(&end, 1500*time.Millisecond, 2<<10))
		defer c.close()
		var wants []wire.Want
		for at := 0; at < len(content); at += 64 << 10 {
			wants = append(wants, wire.Want{Path: index.MustPath("large"), Offset: int64(at), Size: uint32(min(64<<10, len(content)-at))})
		}
		came := 0
		err := c.a.Fetch(t.Context(), folder, wants, func(i int, data []byte, release func(), err error) {
			defer release()
			came++
			if w := wants[i]; err != nil || !bytes.Equal(data, content[w.Offset:w.Offset+int64(w.Size)]) {
				t.Errorf("piece %d: %v", i, err)
			}
		})
		if err != nil || came != len(wants) {
			t.Errorf("%d of %d pieces came, %v", came, len(wants), err)
		}
		fetchSmall(t, c.a)
	})
}
