package chunk

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/zeebo/blake3"
	"pgregory.net/rapid"

	"kith/index"
)

// random returns n bytes that follow from name and will be the same for ever.
func random(name string, n int) []byte {
	h := blake3.New()
	h.WriteString(name)
	data := make([]byte, n)
	h.Digest().Read(data)
	return data
}

// logLines returns n bytes of text in which much is the same from line to line.
func logLines(name string, n int) []byte {
	noise := random(name, n/8+8)
	var b bytes.Buffer
	for i := 0; b.Len() < n; i += 4 {
		fmt.Fprintf(&b, "INFO request %d handled path=/photos/%x\n", i, noise[i:i+4])
	}
	return b.Bytes()[:n]
}

// anyData draws content of the kinds that cutters stumble over, up to most bytes.
func anyData(t *rapid.T, most int) []byte {
	var data []byte
	for range rapid.IntRange(0, 6).Draw(t, "parts") {
		n := rapid.IntRange(0, 32).Draw(t, "size in 32nds")*(most/6/32) + rapid.IntRange(0, 100).Draw(t, "and")
		seed := rapid.StringN(1, 4, 8).Draw(t, "seed")
		switch rapid.SampledFrom([]string{"random", "zeros", "pattern", "text", "again"}).Draw(t, "kind") {
		case "random":
			data = append(data, random(seed, n)...)
		case "zeros":
			data = append(data, make([]byte, n)...)
		case "pattern":
			period := rapid.IntRange(1, 70_000).Draw(t, "period")
			data = append(data, bytes.Repeat(random(seed, period), n/period+1)[:n]...)
		case "text":
			data = append(data, logLines(seed, n)...)
		case "again":
			data = append(data, data[:min(n, len(data))]...)
		}
	}
	return data[:min(len(data), most)]
}

// lengths returns the sizes of blocks.
func lengths(blocks []index.Block) []int {
	list := make([]int, len(blocks))
	for i, b := range blocks {
		list[i] = int(b.Size)
	}
	return list
}

// missing counts the blocks of now that are not among those of before, and
// their bytes: what a device that holds before would have to fetch.
func missing(now, before []index.Block) (blocks int, size int64) {
	have := map[index.Hash]bool{}
	for _, b := range before {
		have[b.Hash] = true
	}
	for _, b := range now {
		if !have[b.Hash] {
			have[b.Hash] = true
			blocks++
			size += int64(b.Size)
		}
	}
	return blocks, size
}

// fastRandom fills a large slice quickly; seed decides what with.
func fastRandom(seed uint64, n int) []byte {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	data := make([]byte, n)
	rand.NewChaCha8(key).Read(data)
	return data
}

func must(t testing.TB, blocks []index.Block, err error) []index.Block {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return blocks
}
