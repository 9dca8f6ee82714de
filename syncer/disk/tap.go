package disk

import (
	"errors"
	"os"
)

// op is one operation on the disk that is about to happen.
type op struct {
	verb string
	dir  *dir // where name is
	name string
	to   *dir   // of what gets a second name or another one: where that is
	as   string // and what it is

	file   *os.File // instead of a name: what is open
	off    int64    // where bytes go, or the size that it gets
	data   []byte   // that are written
	src    *os.File // from which bytes are copied instead
	at     int64    // where they are there
	size   int64    // how many
	target string   // of a link
	mode   uint32
	time   int64 // ns
}

// tap sees every operation before it happens. What it returns is an error that
// the disk answers instead. Tests look in between any two operations, keep a
// record of them, and let single ones fail; outside of tests there is none.
type tap func(op) error

func (t tap) see(o op) error {
	if t == nil {
		return nil
	}
	return t(o)
}

// file is an open file of ours. All that is done to one goes through it.
type file struct {
	*os.File
	tap tap
}

func (f *file) WriteAt(data []byte, off int64) (int, error) {
	if err := f.tap.see(op{verb: "write", file: f.File, off: off, data: data}); err != nil {
		return 0, err
	}
	return f.File.WriteAt(data, off)
}

func (f *file) Truncate(size int64) error {
	if err := f.tap.see(op{verb: "truncate", file: f.File, off: size}); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

// Sync makes content and times durable.
func (f *file) Sync() error {
	if err := f.tap.see(op{verb: "sync file", file: f.File}); err != nil {
		return err
	}
	return f.File.Sync()
}

// Close lets go of the file, whatever the disk says: some tell only now of what they could
// not write.
func (f *file) Close() error {
	err := f.tap.see(op{verb: "close", file: f.File})
	return errors.Join(err, f.File.Close())
}

// copyFrom copies a stretch of src by one of the calls that leave it to the system.
func (f *file) copyFrom(call copier, off int64, src *os.File, at, size int64) error {
	if err := f.tap.see(op{verb: "copy", file: f.File, off: off, src: src, at: at, size: size}); err != nil {
		return err
	}
	return call(f.File, off, src, at, size)
}

// copier is clone or copyRange.
type copier func(dst *os.File, off int64, src *os.File, at, size int64) error
