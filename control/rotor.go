package control

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// What a log may take up: the file and its older parts.
const (
	logParts   = 5
	logPartMax = 10 << 20 // bytes
)

// rotor is a file that is only appended to and never grows without bound: when
// it is full it becomes path.1, that becomes path.2, and the oldest is dropped.
// It must be used by one goroutine at a time.
type rotor struct {
	path  string
	parts int
	max   int64
	file  *os.File
	size  int64
}

func openRotor(path string, parts int, max int64) (*rotor, error) {
	r := &rotor{path: path, parts: parts, max: max}
	return r, r.open()
}

func (r *rotor) open() error {
	f, err := os.OpenFile(r.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("open log: %w", err), f.Close())
	}
	r.file, r.size = f, info.Size()
	return nil
}

// Write appends p, in one piece.
func (r *rotor) Write(p []byte) (int, error) {
	if r.size > 0 && r.size+int64(len(p)) > r.max {
		if err := r.turn(); err != nil {
			return 0, err
		}
	}
	n, err := r.file.Write(p)
	r.size += int64(n)
	return n, err
}

func (r *rotor) turn() error {
	if err := r.file.Close(); err != nil {
		return err
	}
	for i := r.parts - 1; i >= 1; i-- {
		err := os.Rename(r.part(i-1), r.part(i))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(fmt.Errorf("turn log: %w", err), r.open())
		}
	}
	return r.open()
}

// part names the parts from the latest, 0, to the oldest.
func (r *rotor) part(i int) string {
	if i == 0 {
		return r.path
	}
	return fmt.Sprintf("%s.%d", r.path, i)
}

// Close closes the file.
func (r *rotor) Close() error { return r.file.Close() }
