package chunk

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kith/index"
)

// goldens are contents whose cuts stand in testdata/golden.txt.
var goldens = []struct {
	name  string
	class Class
	data  []byte
}{
	{"empty", Class64K, nil},
	{"one byte", Class64K, []byte{7}},
	{"least", Class64K, random("least", 16<<10)},
	{"least and one", Class64K, random("least", 16<<10+1)},
	{"random 64K", Class64K, random("golden", 2<<20)},
	{"random 128K", Class128K, random("golden", 2<<20)},
	{"random 256K", Class256K, random("golden", 4<<20)},
	{"random 512K", Class512K, random("golden", 4<<20)},
	{"random 1M", Class1M, random("golden", 8<<20)},
	{"random 2M", Class2M, random("golden", 8<<20)},
	{"zeros", Class64K, make([]byte, 600_000)},
	{"text", Class64K, logLines("golden", 1<<20)},
}

// The cuts are part of what devices tell each other. If this test fails, the
// code is wrong, never the file.
func TestCutsNeverChange(t *testing.T) {
	var got bytes.Buffer
	for _, g := range goldens {
		blocks := SplitBytes(g.data, g.class)
		fmt.Fprintf(&got, "%s\n\tsizes %v\n\troot %v\n", g.name, lengths(blocks), index.RootOf(blocks))
	}
	want, err := os.ReadFile("testdata/golden.txt")
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := bufio.NewScanner(&got), bufio.NewScanner(bytes.NewReader(want))
	for wantLines.Scan() {
		if !gotLines.Scan() || gotLines.Text() != wantLines.Text() {
			t.Fatalf("got  %s\nwant %s", gotLines.Text(), wantLines.Text())
		}
	}
	if gotLines.Scan() {
		t.Fatalf("more than expected: %s", gotLines.Text())
	}
}

func TestBlocksAreTheContent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := anyData(t, 2<<20)
		class := rapid.SampledFrom([]Class{Class64K, Class128K, Class256K}).Draw(t, "class")
		least, _, most := class.Sizes()
		rest := data
		blocks := SplitBytes(data, class)
		for i, b := range blocks {
			size := int(b.Size)
			if size > len(rest) || b.Hash != index.Sum(rest[:size]) {
				t.Fatalf("block %d is not the next %d bytes", i, size)
			}
			if last := i == len(blocks)-1; size > most || size <= 0 || size < least && !last {
				t.Fatalf("block %d of %d has %d bytes, not %d to %d", i, len(blocks), size, least, most)
			}
			rest = rest[size:]
		}
		if len(rest) > 0 {
			t.Fatalf("%d bytes are in no block", len(rest))
		}
	})
}

func TestSmallFilesAreOneBlock(t *testing.T) {
	for class := smallest; class <= largest; class++ {
		least, _, _ := class.Sizes()
		for _, n := range []int{1, 100, least - 1, least} {
			if got := lengths(SplitBytes(random("small", n), class)); !slices.Equal(got, []int{n}) {
				t.Errorf("class %d cuts %d bytes into %v", class, n, got)
			}
		}
	}
	if got := SplitBytes(nil, Class64K); len(got) != 0 {
		t.Errorf("an empty file has blocks %v", got)
	}
}

func TestZerosAreLargestBlocks(t *testing.T) {
	for class := smallest; class <= largest; class++ {
		s := class.shape()
		for _, before := range []int{0, 1, 63, s.min} {
			data := append(bytes.Repeat([]byte{0xa5}, before), make([]byte, 2*s.max)...)
			if n := s.cut(data[before:]); n != s.max {
				t.Errorf("class %d cuts zeros after %d bytes", class, n)
			}
		}
	}
}

// What an edit costs, in blocks, must not grow with the file.
func TestAnEditChangesFewBlocks(t *testing.T) {
	data := fastRandom(1, 2<<20)
	before := SplitBytes(data, Class64K)
	total := 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 0))
		at := r.IntN(len(data))
		removed := r.IntN(min(2000, len(data)-at))
		inserted := fastRandom(seed, r.IntN(2000))
		edited := slices.Concat(data[:at], inserted, data[at+removed:])
		blocks, _ := missing(SplitBytes(edited, Class64K), before)
		total += blocks
		if blocks > 6 {
			t.Errorf("seed %d: %d bytes for %d at %d: %d blocks are new", seed, len(inserted), removed, at, blocks)
		}
	}
	if total > 60*3/2 {
		t.Errorf("60 edits changed %d blocks", total)
	}
}

func TestRandomPagesChangeAsManyBlocks(t *testing.T) {
	data := fastRandom(3, 64<<20)
	before := SplitBytes(data, Class256K)
	for i := range 16 {
		at := i<<22 + i*40_961&^4095
		copy(data[at:at+4096], fastRandom(uint64(100+i), 4096))
	}
	if blocks, _ := missing(SplitBytes(data, Class256K), before); blocks > 16+2 {
		t.Errorf("16 pages changed %d blocks", blocks)
	}
}

func FuzzCut(f *testing.F) {
	f.Add([]byte("abc"), uint16(3), uint8(1))
	f.Add(make([]byte, 1000), uint16(400), uint8(2))
	f.Fuzz(func(t *testing.T, seed []byte, times uint16, class uint8) {
		c := Class(class)%largest + 1
		data := bytes.Repeat(seed, min(int(times), (4<<20)/max(1, len(seed))))
		total := 0
		for _, n := range lengths(SplitBytes(data, c)) {
			total += n
		}
		if total != len(data) {
			t.Fatalf("blocks have %d bytes of %d", total, len(data))
		}
	})
}
