package disktest

import (
	"os"
	"path/filepath"
	"time"
)

// Person does to the files of a folder what people and their programs do. Paths
// have slashes.
type Person interface {
	Write(path string, data []byte) error
	Read(path string) ([]byte, error)
	Mkdir(path string) error // and those above it
	Symlink(target, path string) error
	Rename(from, to string) error
	Remove(path string) error // and all below it
	Chmod(path string, mode uint32) error
	Touch(path string, modified int64) error // ns
}

// OnDisk is a Person who works in a directory.
type OnDisk string

func (d OnDisk) at(path string) string { return filepath.Join(string(d), filepath.FromSlash(path)) }

// Write saves a file in place.
func (d OnDisk) Write(path string, data []byte) error { return os.WriteFile(d.at(path), data, 0o644) }

// Read reads a file.
func (d OnDisk) Read(path string) ([]byte, error) { return os.ReadFile(d.at(path)) }

// Mkdir makes a directory and those above it.
func (d OnDisk) Mkdir(path string) error { return os.MkdirAll(d.at(path), 0o755) }

// Symlink makes a link.
func (d OnDisk) Symlink(target, path string) error { return os.Symlink(target, d.at(path)) }

// Rename moves an object, replacing a file.
func (d OnDisk) Rename(from, to string) error { return os.Rename(d.at(from), d.at(to)) }

// Remove removes an object and all below it.
func (d OnDisk) Remove(path string) error { return os.RemoveAll(d.at(path)) }

// Chmod sets permission bits.
func (d OnDisk) Chmod(path string, mode uint32) error {
	return os.Chmod(d.at(path), os.FileMode(mode))
}

// Touch sets the time of a file.
func (d OnDisk) Touch(path string, modified int64) error {
	return os.Chtimes(d.at(path), time.Unix(0, modified), time.Unix(0, modified))
}
