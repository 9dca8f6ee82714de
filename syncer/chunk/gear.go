package chunk

import (
	"encoding/binary"
	"io"

	"github.com/zeebo/blake3"
)

// gearSeed is what the gear table is drawn from. Another seed, other cuts: it
// stays as it is.
const gearSeed = "kith gear table 1"

// gearTable gives each byte value its random number, plain and doubled.
type gearTable struct{ plain, doubled [256]uint64 }

// gear is a constant in all but the word: nothing writes to it.
var gear = newGear()

// newGear draws the table from the BLAKE3 output stream of gearSeed, as
// little-endian numbers.
func newGear() *gearTable {
	h := blake3.New()
	h.WriteString(gearSeed)
	var raw [256 * 8]byte
	if _, err := io.ReadFull(h.Digest(), raw[:]); err != nil {
		panic(err) // the stream has 2^64 bytes
	}
	t := new(gearTable)
	for i := range t.plain {
		t.plain[i] = binary.LittleEndian.Uint64(raw[8*i:])
		t.doubled[i] = t.plain[i] << 1
	}
	return t
}
