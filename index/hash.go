package index

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/zeebo/blake3"
)

// Hash is a BLAKE3-256 digest.
type Hash [32]byte

// Sum returns the hash of data.
func Sum(data []byte) Hash { return blake3.Sum256(data) }

// RootOf returns the name of a file's whole content: the BLAKE3-256 of the list
// of its blocks, each written as its 32-byte hash and its size as a
// little-endian uint32.
func RootOf(blocks []Block) Hash {
	buf := make([]byte, 0, 36*len(blocks))
	for _, b := range blocks {
		buf = append(buf, b.Hash[:]...)
		buf = binary.LittleEndian.AppendUint32(buf, b.Size)
	}
	return Sum(buf)
}

// Compare orders hashes by their bytes.
func (h Hash) Compare(g Hash) int { return bytes.Compare(h[:], g[:]) }

// IsZero reports whether h was never set.
func (h Hash) IsZero() bool { return h == Hash{} }

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// ParseHash reads what String wrote.
func ParseHash(s string) (Hash, error) {
	var h Hash
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(h) {
		return Hash{}, fmt.Errorf("%q is not a hash of 64 hex digits", s)
	}
	copy(h[:], b)
	return h, nil
}
