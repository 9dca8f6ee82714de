package peer

import (
	"context"
	"io"
	"log/slog"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"

	"kith/index"
	"kith/peer/wire"
)

// zeros is an endless file of zeros.
type zeros struct{}

func (zeros) ReadAt(b []byte, _ int64) (int, error) { return len(b), nil }
func (zeros) Close() error                          { return nil }
func (zeros) Same() bool                            { return true }

// benchPair is two boards with one session, over TLS on loopback.
func benchPair(b *testing.B) *Session {
	ids := make([]*Identity, 2)
	for i := range ids {
		var err error
		if ids[i], err = LoadIdentity(filepath.Join(b.TempDir(), "key.pem")); err != nil {
			b.Fatal(err)
		}
	}
	up := make(chan *Session, 2)
	boards := make([]*Board, 2)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	b.Cleanup(func() { cancel(); running.Wait() })
	for i := range boards {
		board, err := NewBoard(Config{
			Identity: ids[i], Name: func() string { return "bench" }, Listen: "127.0.0.1:0",
			Allowed: func(index.DeviceID) bool { return true },
			Up:      func(s *Session) { up <- s }, Down: func(*Session, error) {}, Changed: func() {},
			Handler: Handler{Open: func(context.Context, index.DeviceID, index.FolderID, index.Path, index.Hash) (Content, error) {
				return zeros{}, nil
			}},
			Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		})
		if err != nil {
			b.Fatal(err)
		}
		boards[i] = board
		running.Go(func() {
			if err := board.Run(ctx); err != nil {
				b.Error(err)
			}
		})
	}
	boards[0].Reach(ids[1].ID(), []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(boards[1].Port()))})
	<-up
	return <-up
}

func benchFetch(b *testing.B, size, pieces, perFile int) {
	s := benchPair(b)
	wants := make([]wire.Want, pieces)
	for i := range wants {
		wants[i] = wire.Want{Path: index.MustPath("dir/file" + string(rune('a'+i/perFile%26)) + string(rune('a'+i/perFile/26))), Offset: int64(i) * int64(size), Size: uint32(size)}
	}
	b.SetBytes(int64(size) * int64(pieces))
	for b.Loop() {
		err := s.Fetch(b.Context(), folder, wants, func(_ int, _ []byte, release func(), err error) {
			if err != nil {
				b.Error(err)
			}
			release()
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(pieces)*float64(b.N)/b.Elapsed().Seconds(), "pieces/s")
}

func BenchmarkFetchLarge(b *testing.B)  { benchFetch(b, 1<<20, 256, 256) }
func BenchmarkFetch64K(b *testing.B)    { benchFetch(b, 64<<10, 4096, 4096) }
func BenchmarkFetchSmall(b *testing.B)  { benchFetch(b, 4<<10, 16384, 1) }
func BenchmarkFetchTiny(b *testing.B)   { benchFetch(b, 64, 16384, 1) }
func BenchmarkFetchSingle(b *testing.B) { benchFetch(b, 4<<10, 1, 1) }
