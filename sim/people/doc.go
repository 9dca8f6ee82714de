// Package people has the persons who work in a folder while a test torments the
// program, and the ledger that remembers what they did. The ledger knows nothing
// of the program: what it is owed it looks for in the files themselves.
package people

import (
	"encoding/binary"
	"math/rand/v2"
	"path/filepath"
)

// Place is where a person works: one device's folder.
type Place struct {
	Name    string // of the device
	Dir     string // the folder
	Scratch string // a directory on the same volume, outside of the folder
}

// At returns the file of a path in the folder.
func (p Place) At(path string) string { return filepath.Join(p.Dir, filepath.FromSlash(path)) }

// Versions is where the device keeps the earlier versions of the folder.
func (p Place) Versions() string { return filepath.Join(p.Dir, ".kith", "versions") }

// Noise is a stream of bytes that looks random and is the same for one seed.
func Noise(seed uint64) *rand.ChaCha8 {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return rand.NewChaCha8(key)
}
