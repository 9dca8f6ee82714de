package chunk

import "kith/index"

// Class says how large the blocks of a file are. The zero Class means that it is
// not known. A Class is never stored or sent: ClassOf reads it off the blocks.
type Class uint8

// The classes, with the average size of their blocks and the file size up to
// which a new file gets them. Each doubles the average for files four times as
// large, so the number of blocks grows with the square root of the size.
const (
	Class64K  Class = iota + 1 // up to 256 MiB
	Class128K                  // up to 1 GiB
	Class256K                  // up to 4 GiB
	Class512K                  // up to 16 GiB
	Class1M                    // up to 64 GiB
	Class2M                    // beyond
)

const (
	smallest = Class64K
	largest  = Class2M
)

// shapes has the shape of each class; nothing writes to it.
var shapes = func() (s [largest + 1]shape) {
	for c := smallest; c <= largest; c++ {
		s[c] = shapeOf(64 << 10 << (c - smallest))
	}
	return s
}()

// shape returns what c means to the cutter; the zero Class counts as the smallest.
func (c Class) shape() *shape { return &shapes[max(c, smallest)] }

// Sizes returns the least, the average and the largest size of a block, in
// bytes. Only the last block of a file may be smaller than the least.
func (c Class) Sizes() (least, average, most int) {
	s := c.shape()
	return s.min, s.avg, s.max
}

// limit is the file size, in bytes, up to which a new file gets the class.
func (c Class) limit() int64 { return 256 << 20 << (2 * (c - smallest)) }

// keeps reports whether a file that is cut by c stays so at a size: from a
// quarter of the least size that c is given to up to four times the largest.
func (c Class) keeps(size int64) bool {
	below := c > smallest && size <= (c-1).limit()/4
	above := c < largest && size > c.limit()*4
	return c != 0 && !below && !above
}

// ClassFor returns the class by which to cut a file of size bytes that was cut
// by previous before; zero if it is new. A file keeps its class until it has
// grown or shrunk at least four times, so that growing re-cuts it rarely.
func ClassFor(size int64, previous Class) Class {
	if previous.keeps(size) {
		return previous
	}
	c := smallest
	for c < largest && size > c.limit() {
		c++
	}
	return c
}

// ClassOf tells the class by which a file was cut into blocks; zero for none.
//
// Its size leaves at most three classes. Among them those count first of which
// the largest block has exactly the most bytes, as where nothing in the content
// asked for a cut; then the one whose average is nearest. Content so regular that this
// errs (the same bytes over and over) has few blocks that differ, so that to
// re-cut it costs nothing on the wire.
func ClassOf(blocks []index.Block) Class {
	if len(blocks) == 0 {
		return 0
	}
	var size, most int64
	for _, b := range blocks {
		size += int64(b.Size)
		most = max(most, int64(b.Size))
	}
	best, bestOff, bestFull := Class(0), 0.0, false
	for c := smallest; c <= largest; c++ {
		s := c.shape()
		if !c.keeps(size) || most > int64(s.max) {
			continue
		}
		off, full := offAverage(s, size, len(blocks)), most == int64(s.max)
		if best == 0 || full && !bestFull || full == bestFull && off < bestOff {
			best, bestOff, bestFull = c, off, full
		}
	}
	return best
}

// offAverage tells how far, as a factor, the mean of n blocks is from what a
// shape yields: 6/5 of its average on random bytes (measured: 1.21).
func offAverage(s *shape, size int64, n int) float64 {
	factor := float64(size) / float64(n) / (float64(s.avg) * 6 / 5)
	return max(factor, 1/factor)
}
