package syncer

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func TestPieceMapsAddUp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int64{1, 119, 120, 121, 1000, 1 << 20, 3<<40 + 7} {
		m := &pieceMap{size: size}
		if got := m.shares(); size >= pieceCells && !bytes.Equal(got, make([]byte, pieceCells)) {
			t.Errorf("size %d: at first %v", size, got)
		}
		var cuts []int64
		for off := int64(0); off < size; {
			n := min(size-off, 1+r.Int64N(size/20+1))
			cuts = append(cuts, off)
			off += n
		}
		for _, i := range r.Perm(len(cuts)) {
			end := size
			if i+1 < len(cuts) {
				end = cuts[i+1]
			}
			m.add(cuts[i], end-cuts[i])
		}
		if got := m.shares(); !bytes.Equal(got, bytes.Repeat([]byte{9}, pieceCells)) {
			t.Errorf("size %d: in the end %v", size, got)
		}
	}
}

func TestPieceMapsShowWhereSomethingIs(t *testing.T) {
	m := &pieceMap{size: 120000}
	m.add(60000, 1500)
	got := m.shares()
	for i, share := range got {
		want := map[int]byte{60: 9, 61: 5}[i]
		if share != want {
			t.Errorf("part %d: %d, want %d", i, share, want)
		}
	}
}
