package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// noise is a stream of bytes that looks random, as compressed photos do, and is
// the same for one seed.
func noise(seed uint64) *rand.ChaCha8 {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return rand.NewChaCha8(key)
}

// writeNoise makes a file of so many bytes of noise.
func writeNoise(name string, size int64, seed uint64) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, noise(seed), size)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// photos writes files of the size of photos.
func photos(dir string, count int) error {
	for i := range count {
		size := int64(1500+(i*397)%3000) * 1000
		if err := writeNoise(filepath.Join(dir, fmt.Sprintf("IMG_%04d.jpg", 4000+i)), size, uint64(i)); err != nil {
			return err
		}
	}
	return nil
}

// sources copies a part of the Go distribution: real source files, which every
// machine with the compiler has.
func sources(dir string, parts ...string) error {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("ask go for its sources: %w", err)
	}
	for _, part := range parts {
		from := filepath.Join(strings.TrimSpace(string(out)), "src", part)
		if err := os.CopyFS(filepath.Join(dir, part), os.DirFS(from)); err != nil {
			return fmt.Errorf("copy Go's sources: %w", err)
		}
	}
	return nil
}
