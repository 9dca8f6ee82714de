// Package chunk cuts the content of files into blocks, by content.
//
// Where a block ends depends only on the bytes near its end, not on where it
// lies in the file: what is inserted or removed changes the blocks around it and
// leaves the others as they were. The cutter is FastCDC: Xia et al., "FastCDC: a
// Fast and Efficient Content-Defined Chunking Approach for Data Deduplication"
// (USENIX ATC 2016), and its two-bytes-a-step form from "The Design of Fast
// Content-Defined Chunking for Data Deduplication Based Storage Systems" (IEEE
// TPDS 2020). Devices find equal blocks only if all of them cut alike, so
// nothing that moves a cut may ever change here.
//
// The package is pure: it opens nothing and reads only what it is handed.
package chunk

import "math/bits"

// MaxBlock is the size of the largest block of any class, in bytes.
const MaxBlock = 8 << 20

// shape is what a Class means to the cutter, sizes in bytes.
//
// Chunking is normalised (section 4.4 of the 2016 paper) at level 1: up to the
// average a cut must meet one bit more than the average asks for, from there on
// one bit fewer. That draws the sizes together around the average. Level 2 does
// so more, but then an edit more often shifts the cuts for ten blocks to come.
type shape struct {
	min, avg, max int
	strict, lax   uint64 // masks: a position is a cut if the hash has zeros there
}

func shapeOf(avg int) shape {
	n := bits.Len(uint(avg)) - 1
	return shape{
		min:    avg / 4,
		avg:    avg,
		max:    4 * avg,
		strict: mask(n + 1),
		lax:    mask(n - 1),
	}
}

// mask selects n bits of the hash from bit 62 downwards. The higher a bit, the
// more bytes it depends on: bit i on the last i+1. Bit 63 is left out because
// the cutter tests every other hash when it is shifted by one.
func mask(n int) uint64 { return (1<<n - 1) << (63 - n) }

// cut returns the size of the first block of data, which holds at least max
// bytes unless the file ends with it. It is zero only if data is empty.
func (s *shape) cut(data []byte) int {
	data = data[:min(len(data), s.max)]
	if len(data) <= s.min {
		return len(data)
	}
	normal := min(len(data), s.avg)
	n, hash := seek(data[:normal], s.min, 0, s.strict)
	if n == 0 {
		n, _ = seek(data, normal, hash, s.lax)
	}
	if n == 0 {
		return len(data)
	}
	return n
}

// seek rolls the gear hash over data from a position on and returns the number
// of bytes up to and with the first one at which the masked hash is zero.
// Without such a byte it returns zero and the hash at the end.
//
// Two bytes a step: the hash of the first is kept doubled, and so is compared
// with the mask doubled, which saves a shift.
func seek(data []byte, from int, hash, mask uint64) (int, uint64) {
	i := from
	for ; i+1 < len(data); i += 2 {
		hash = hash<<2 + gear.doubled[data[i]]
		if hash&(mask<<1) == 0 {
			return i + 1, 0
		}
		hash += gear.plain[data[i+1]]
		if hash&mask == 0 {
			return i + 2, 0
		}
	}
	if i < len(data) {
		hash = hash<<1 + gear.plain[data[i]]
		if hash&mask == 0 {
			return i + 1, 0
		}
	}
	return 0, hash
}
