package peer

import (
	"math/bits"
	"sync"
)

// buffers lends out buffers of a few sizes: powers of four from 4 KiB up to
// 16 MiB, the largest piece, and a little more.
type buffers struct{ pools [classes]sync.Pool }

const (
	classes   = 7       // the largest is leastSize << 12: wire.MaxPiece
	leastSize = 4 << 10 // bytes
	slack     = 1 << 10 // bytes above the power of four, for what stands before a piece
)

// buffer is a lent buffer: b has the length asked for.
type buffer struct {
	b     []byte
	class int
}

func classFor(n int) int {
	n -= slack
	if n <= leastSize {
		return 0
	}
	return (bits.Len(uint(n-1)/leastSize) + 1) / 2
}

func sizeOf(class int) int { return leastSize<<(2*class) + slack }

// room returns how much memory a buffer of n bytes takes.
func room(n int) int64 { return int64(sizeOf(classFor(n))) }

// get lends a buffer of n bytes.
func (p *buffers) get(n int) *buffer {
	class := classFor(n)
	if b, ok := p.pools[class].Get().(*buffer); ok {
		b.b = b.b[:n]
		return b
	}
	return &buffer{b: make([]byte, sizeOf(class))[:n], class: class}
}

func (p *buffers) put(b *buffer) { p.pools[b.class].Put(b) }
