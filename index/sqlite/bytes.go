package sqlite

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"

	"kith/index"
)

// reader takes values off the front of bytes that may be damaged. After the
// first value that is not there, bad is set and everything reads as zero.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// take returns the next n bytes, or nil.
func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (r *reader) hash() (h index.Hash) {
	copy(h[:], r.take(uint64(len(h))))
	return h
}

// crc sums up values that belong together, so that a flipped bit in any of them
// is noticed: SQLite itself checks only its own structure.
func crc(parts ...[]byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	sum := uint32(0)
	for _, p := range parts {
		sum = crc32.Update(sum, table, p)
	}
	return sum
}

// seal appends the crc of the key and number that b belongs to, and of b.
func seal(b, key []byte, number uint64) []byte {
	sum := crc(key, binary.BigEndian.AppendUint64(nil, number), b)
	return binary.BigEndian.AppendUint32(b, sum)
}

// unseal checks what seal appended and takes it off.
func unseal(b, key []byte, number uint64) ([]byte, error) {
	if len(b) < 4 {
		return nil, fmt.Errorf("%w: %d bytes are no value", ErrCorrupt, len(b))
	}
	body, sum := b[:len(b)-4], b[len(b)-4:]
	if crc(key, binary.BigEndian.AppendUint64(nil, number), body) != binary.BigEndian.Uint32(sum) {
		return nil, fmt.Errorf("%w: checksum of %q does not match", ErrCorrupt, key)
	}
	return body, nil
}

// keyOf writes a path so that the order of bytes is the order of Path.Compare.
func keyOf(p index.Path) []byte {
	return []byte(strings.ReplaceAll(p.String(), "/", "\x00"))
}

func keysOf(paths []index.Path) [][]byte {
	keys := make([][]byte, len(paths))
	for i, p := range paths {
		keys[i] = keyOf(p)
	}
	return keys
}

// pathOf reads what keyOf wrote.
func pathOf(key []byte) (index.Path, error) {
	p, err := index.ParsePath(strings.ReplaceAll(string(key), "\x00", "/"))
	if err != nil {
		return p, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return p, nil
}

// brief48 and brief32 are the beginnings of hashes as they stand in indexes.
// What is found by one is compared whole. Six and four bytes are sizes in which
// SQLite keeps integers: with a million files, or ten million blocks, one look-up
// in a hundred million, or in four hundred, meets a wrong one.
func brief48(h index.Hash) int64 { return int64(binary.BigEndian.Uint64(h[:]) >> 17) }

func brief32(h index.Hash) int64 { return int64(int32(binary.BigEndian.Uint32(h[:]))) }
