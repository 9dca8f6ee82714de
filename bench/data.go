//go:build linux

package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// noise is an endless stream of bytes that no program can compress or find
// twice, the same for the same seed.
func noise(seed uint64) *rand.ChaCha8 {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return rand.NewChaCha8(key)
}

// writeNoise makes a file of so many bytes of noise.
func writeNoise(name string, size int64, seed uint64) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	_, err = io.CopyN(w, noise(seed), size)
	if err == nil {
		err = w.Flush()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// smallTree is a tree of many small files: count of them in directories of a
// hundred, with sizes spread log-normally around a mean, as in a tree of
// source text: half of them are below 2.2 KiB, one in a hundred above 48 KiB.
type smallTree struct {
	count int
	mean  int // bytes
}

// sigma is the spread of the logarithm of the sizes.
const sigma = 1.25

// perDir is how many files share a directory.
const perDir = 100

func (t smallTree) write(root string, seed uint64) error {
	chance := rand.New(noise(seed))
	content := noise(seed + 1)
	buf := make([]byte, 1<<20)
	mu := math.Log(float64(t.mean)) - sigma*sigma/2
	for i := range t.count {
		if i%perDir == 0 {
			if err := os.MkdirAll(filepath.Join(root, t.dir(i/perDir)), 0o755); err != nil {
				return err
			}
		}
		size := min(len(buf), int(math.Exp(mu+sigma*chance.NormFloat64())))
		content.Read(buf[:size])
		if err := os.WriteFile(filepath.Join(root, t.file(i)), buf[:size], 0o644); err != nil {
			return err
		}
	}
	return nil
}

// file names the i-th file.
func (t smallTree) file(i int) string {
	return filepath.Join(t.dir(i/perDir), fmt.Sprintf("file-%05d.dat", i))
}

// dir names the n-th directory: ten of them in each group.
func (smallTree) dir(n int) string { return fmt.Sprintf("group-%02d/dir-%03d", n/10, n) }

// groups returns the names of the groups whose directories hold files in all;
// renaming them moves that many files.
func (t smallTree) groups(files int) []string {
	var names []string
	for i := 0; i*10*perDir < min(files, t.count); i++ {
		names = append(names, fmt.Sprintf("group-%02d", i))
	}
	return names
}

// insertFront writes a copy of the file old, with n bytes put in front, as name.
func insertFront(old, name string, n int64, seed uint64) error {
	in, err := os.Open(old)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = io.CopyN(out, noise(seed), n)
	if err == nil {
		_, err = io.Copy(out, in)
	}
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	return err
}

// page is the size of the pieces that scatterPages changes.
const page = 4096

// scatterPages overwrites n pages of a file, in place, at random places.
func scatterPages(name string, n int, seed uint64) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return err
	}
	chance, content := rand.New(noise(seed)), noise(seed+1)
	buf := make([]byte, page)
	for range n {
		content.Read(buf)
		if _, err = f.WriteAt(buf, chance.Int64N(info.Size()/page)*page); err != nil {
			break
		}
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
