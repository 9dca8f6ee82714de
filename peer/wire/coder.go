package wire

import (
	"encoding/binary"
	"math"

	"kith/index"
)

// coder goes through the fields of a message, in the order of their tags, and
// writes or reads each. So each message is described once, for both directions.
//
// A field is its tag, the length of its value, and the value; both numbers are
// varints. A field whose value is zero or empty is left out. A message has its
// tags numbered from 1 without gaps, so what it does not know stands at its end.
type coder interface {
	number(tag, limit uint64, v *uint64)
	text(tag uint64, limit int, s *string)
	exact(tag uint64, b []byte)             // as many bytes as b has
	bytes(tag uint64, limit int, b *[]byte) // any number up to limit
	list(tag uint64, l list)                // a packed list
	unknown(u *Unknown)                     // what is left
	invalid(err error)                      // fails, if err is not nil
}

// list packs the items of a field by rules of its own.
type list interface {
	empty() bool
	check() error // whether get would accept what put writes
	put(b []byte) []byte
	get(b []byte) error
}

// fielded is a message proper: all but Piece.
type fielded interface{ fields(c coder) }

// small passes numbers narrower than 64 bits.
func small[T ~uint8 | ~uint16 | ~uint32 | ~uint64](c coder, tag uint64, v *T) {
	n := uint64(*v)
	c.number(tag, uint64(^T(0)), &n)
	*v = T(n)
}

func flag(c coder, tag uint64, v *bool) {
	var n uint64
	if *v {
		n = 1
	}
	c.number(tag, 1, &n)
	*v = n == 1
}

func path(c coder, tag uint64, p *index.Path) {
	s := p.String()
	c.text(tag, index.MaxPath, &s)
	if s == p.String() {
		return
	}
	var err error
	*p, err = index.ParsePath(s)
	c.invalid(err)
}

// zigzag folds the sign of v into its lowest bit, so that small numbers of
// either sign make short varints.
func zigzag(v int64) uint64   { return uint64(v<<1) ^ uint64(v>>63) }
func unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

// cut takes things off the front of a packed value. After the first failure it
// gives zeros, and bad tells.
type cut struct {
	b   []byte
	bad bool
}

// uvarint takes a varint, which must be written in the shortest way.
func (c *cut) uvarint() uint64 {
	if len(c.b) > 0 && c.b[0] < 0x80 {
		v := c.b[0]
		c.b = c.b[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(c.b)
	if n <= 0 || c.b[n-1] == 0 {
		c.fail()
		return 0
	}
	c.b = c.b[n:]
	return v
}

// count takes a varint which says how many things of at least size bytes follow.
func (c *cut) count(limit, size int) int {
	n := c.uvarint()
	if n > uint64(limit) || n > uint64(len(c.b)/size) {
		c.fail()
		return 0
	}
	return int(n)
}

// upTo takes a varint that is at most limit.
func (c *cut) upTo(limit uint64) uint64 {
	n := c.uvarint()
	if n > limit {
		c.fail()
		return 0
	}
	return n
}

// size takes the length of something in a file.
func (c *cut) size() int64 { return int64(c.upTo(math.MaxInt64)) }

// bytes takes n bytes; they are still part of what is being cut.
func (c *cut) bytes(n int) []byte {
	if n > len(c.b) {
		c.fail()
		return nil
	}
	b := c.b[:n]
	c.b = c.b[n:]
	return b
}

func (c *cut) byte() byte {
	if b := c.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cut) hash() (h index.Hash) {
	copy(h[:], c.bytes(len(h)))
	return h
}

// fail empties c, so that whoever goes on cutting ends soon.
func (c *cut) fail() { c.b, c.bad = nil, true }

// done reports whether all was cut without failure.
func (c *cut) done() bool { return !c.bad && len(c.b) == 0 }
