package syncer

import "sync/atomic"

// pieceCells is into how many parts of equal size a file is divided on its map.
const pieceCells = 120

// pieceMap shows which parts of a file under way are here. Its methods may be
// called from several goroutines.
type pieceMap struct {
	size int64
	got  [pieceCells]atomic.Int64 // bytes of each part
}

// span returns where a part begins and the next one does.
func (m *pieceMap) span(i int64) (from, to int64) {
	return m.size/pieceCells*i + m.size%pieceCells*i/pieceCells, m.size/pieceCells*(i+1) + m.size%pieceCells*(i+1)/pieceCells
}

// add notes that n bytes from off are here.
func (m *pieceMap) add(off, n int64) {
	for i := m.cell(off); i < pieceCells && n > 0; i++ {
		_, to := m.span(i)
		here := min(n, to-off)
		m.got[i].Add(here)
		off, n = off+here, n-here
	}
}

// cell returns the part that an offset lies in.
func (m *pieceMap) cell(off int64) int64 {
	i := min(pieceCells-1, int64(float64(off)/float64(max(1, m.size))*pieceCells))
	for i > 0 {
		if from, _ := m.span(i); from <= off {
			break
		}
		i--
	}
	for i < pieceCells-1 {
		if _, to := m.span(i); off < to {
			break
		}
		i++
	}
	return i
}

// shares tells of each part how much is here, from 0, nothing, to 9, all.
func (m *pieceMap) shares() []byte {
	out := make([]byte, pieceCells)
	for i := range out {
		from, to := m.span(int64(i))
		got := m.got[i].Load()
		switch {
		case got >= to-from:
			out[i] = 9
		case got > 0:
			out[i] = byte(1 + got*8/(to-from))
		}
	}
	return out
}
