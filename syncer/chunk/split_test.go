package chunk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"kith/index"
)

func split(t testing.TB, data []byte, class Class, workers int) []index.Block {
	t.Helper()
	src := Source{ReaderAt: bytes.NewReader(data), Size: int64(len(data))}
	blocks, err := new(Splitter).Split(t.Context(), src, class, workers)
	return must(t, blocks, err)
}

// parallelSplit cuts data in segments of a size that the product would not use.
func parallelSplit(t testing.TB, src Source, class Class, workers int, step int64) []index.Block {
	t.Helper()
	blocks, err := new(Splitter).parallel(t.Context(), src, class, workers, step)
	return must(t, blocks, err)
}

func TestAFileIsCutLikeItsBytes(t *testing.T) {
	for _, n := range []int{0, 1, 4096, 16<<10 + 1, 256 << 10, 512 << 10, 512<<10 + 1, 3_000_000} {
		data := random("file", n)
		if !slices.Equal(split(t, data, Class64K, 1), SplitBytes(data, Class64K)) {
			t.Errorf("a file of %d bytes is cut differently from its bytes", n)
		}
	}
}

func TestManyWorkersCutLikeOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		data := anyData(rt, 3<<20)
		workers := rapid.IntRange(1, 5).Draw(rt, "workers")
		step := int64(rapid.IntRange(1, 64).Draw(rt, "segment in 16 KiB")) << 14
		src := Source{ReaderAt: bytes.NewReader(data), Size: int64(len(data))}
		if !slices.Equal(parallelSplit(t, src, Class64K, workers, step), SplitBytes(data, Class64K)) {
			rt.Fatalf("%d bytes on %d workers are cut differently", len(data), workers)
		}
	})
}

func TestLargeFilesAreCutInParallel(t *testing.T) {
	data := fastRandom(5, 40<<20)
	if !slices.Equal(split(t, data, Class64K, 3), SplitBytes(data, Class64K)) {
		t.Error("three workers cut differently")
	}
}

// sparse is a file with holes, and counts how much of it is read.
type sparse struct {
	data  []byte
	holes [][2]int64 // start and end
	read  atomic.Int64
}

func (s *sparse) ReadAt(p []byte, off int64) (int, error) {
	n, err := bytes.NewReader(s.data).ReadAt(p, off)
	s.read.Add(int64(n))
	return n, err
}

func (s *sparse) nextData(off int64) int64 {
	for _, h := range s.holes {
		if h[0] <= off && off < h[1] {
			return h[1]
		}
	}
	return off
}

func (s *sparse) source() Source {
	return Source{ReaderAt: s, Size: int64(len(s.data)), NextData: s.nextData}
}

func TestHolesAreCutLikeZeros(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := &sparse{data: anyData(rt, 2<<20)}
		for range rapid.IntRange(0, 3).Draw(rt, "holes") {
			start := rapid.IntRange(0, len(s.data)).Draw(rt, "start")
			end := rapid.IntRange(start, len(s.data)).Draw(rt, "end")
			clear(s.data[start:end])
			s.holes = append(s.holes, [2]int64{int64(start), int64(end)})
		}
		want := SplitBytes(s.data, Class64K)
		one, err := new(Splitter).Split(t.Context(), s.source(), Class64K, 1)
		if !slices.Equal(must(t, one, err), want) {
			rt.Fatal("one worker cuts differently where holes are known")
		}
		if !slices.Equal(parallelSplit(t, s.source(), Class64K, 3, 300_000), want) {
			rt.Fatal("three workers cut differently where holes are known")
		}
	})
}

func TestHolesAreNotRead(t *testing.T) {
	s := &sparse{data: make([]byte, 64<<20), holes: [][2]int64{{0, 64 << 20}}}
	copy(s.data[32<<20:], random("island", 1<<20))
	s.holes = [][2]int64{{0, 32 << 20}, {33 << 20, 64 << 20}}
	blocks, err := new(Splitter).Split(t.Context(), s.source(), Class64K, 2)
	if !slices.Equal(must(t, blocks, err), SplitBytes(s.data, Class64K)) {
		t.Error("cut differently from its bytes")
	}
	if n := s.read.Load(); n > 8<<20 {
		t.Errorf("read %d bytes to see 1 MiB", n)
	}
}

func TestAFileOfAnotherSizeIsRefused(t *testing.T) {
	data := make([]byte, 20<<20)
	for _, size := range []int64{0, 1, 4096, 1 << 20, 17 << 20, int64(len(data)) - 1, int64(len(data)) + 1, 64 << 20} {
		src := Source{ReaderAt: bytes.NewReader(data), Size: size}
		for _, workers := range []int{1, 4} {
			if _, err := new(Splitter).Split(t.Context(), src, Class64K, workers); !errors.Is(err, ErrSize) {
				t.Errorf("%d bytes said to be %d, %d workers: %v", len(data), size, workers, err)
			}
		}
	}
	for _, size := range []int64{-1, MaxSize + 1} {
		src := Source{ReaderAt: bytes.NewReader(nil), Size: size}
		if _, err := new(Splitter).Split(t.Context(), src, Class64K, 1); !errors.Is(err, ErrLarge) {
			t.Errorf("size %d: %v", size, err)
		}
	}
}

// failing fails all reads from an offset on.
type failing struct {
	io.ReaderAt
	from int64
	err  error
}

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.from {
		return 0, f.err
	}
	return f.ReaderAt.ReadAt(p, off)
}

func TestReadErrorsAreHandedOn(t *testing.T) {
	data, broken := make([]byte, 20<<20), errors.New("input/output error")
	for _, from := range []int64{0, 9 << 20, 20<<20 - 1, 20 << 20} {
		for _, workers := range []int{1, 3} {
			src := Source{ReaderAt: failing{bytes.NewReader(data), from, broken}, Size: int64(len(data))}
			blocks, err := new(Splitter).Split(t.Context(), src, Class64K, workers)
			if !errors.Is(err, broken) || blocks != nil {
				t.Errorf("broken from %d, %d workers: %d blocks, %v", from, workers, len(blocks), err)
			}
		}
	}
}

func TestSplitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	src := Source{ReaderAt: bytes.NewReader(make([]byte, 32<<20)), Size: 32 << 20}
	for _, workers := range []int{1, 2} {
		if _, err := new(Splitter).Split(ctx, src, Class64K, workers); !errors.Is(err, context.Canceled) {
			t.Errorf("%d workers: %v", workers, err)
		}
	}
}

func BenchmarkCut(b *testing.B) {
	data := fastRandom(1, 64<<20)
	s := Class256K.shape()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		for rest := data; len(rest) > 0; rest = rest[s.cut(rest):] {
		}
	}
}

func BenchmarkSplit(b *testing.B) {
	data := fastRandom(1, 256<<20)
	src := Source{ReaderAt: bytes.NewReader(data), Size: int64(len(data))}
	for _, bb := range []struct {
		name    string
		workers int
	}{{"1 worker", 1}, {"2 workers", 2}} {
		b.Run(bb.name, func(b *testing.B) {
			var s Splitter
			b.SetBytes(src.Size)
			for b.Loop() {
				if _, err := s.Split(b.Context(), src, Class256K, bb.workers); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSplitSmall(b *testing.B) {
	data := random("small", 5000)
	src := Source{ReaderAt: bytes.NewReader(data), Size: int64(len(data))}
	var s Splitter
	b.ReportAllocs()
	b.SetBytes(src.Size)
	for b.Loop() {
		if _, err := s.Split(b.Context(), src, Class64K, 1); err != nil {
			b.Fatal(err)
		}
	}
}
