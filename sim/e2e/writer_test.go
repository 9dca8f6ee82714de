//go:build linux

package e2e

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/zeebo/blake3"

	"kith/sim/drive"
)

// The first letters of a name say how its writer replaces it: whole, by a
// rename, as good editors do, or in place.
const (
	wholePrefix   = "whole-"
	inPlacePrefix = "inplace-"
)

// writer is a person at one device who does not wait: it saves, appends,
// renames and deletes files, and tells the ledger.
type writer struct {
	device *device
	ledger *ledger
	chance *rand.Rand
	count  uint64 // of contents made so far: no two are alike
	salt   uint64
}

func newWriter(d *device, l *ledger, seed uint64) *writer {
	return &writer{device: d, ledger: l, chance: rand.New(noise(seed)), salt: seed}
}

// run works until ctx ends, and finishes what it has begun.
func (w *writer) run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := w.act(); err != nil {
			return fmt.Errorf("%s's writer: %w", w.device.Name, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(w.chance.IntN(30)) * time.Millisecond):
		}
	}
	return nil
}

// act does one thing. That a file has meanwhile gone, or has come, is no error:
// somebody else works here too.
func (w *writer) act() error {
	name := w.name()
	var err error
	switch n := w.chance.IntN(100); {
	case n < 40:
		err = w.replace(name)
	case n < 60:
		err = w.overwrite(w.other(inPlacePrefix))
	case n < 80:
		err = w.rename(name)
	case n < 92:
		err = w.remove(name)
	default:
		err = w.renameDir()
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// name draws one of a few names, so that the two writers meet; sometimes one
// that is there, conflict copies among them.
func (w *writer) name() string {
	if w.chance.IntN(4) == 0 {
		list, err := filepath.Glob(w.device.path("work-*/" + wholePrefix + "*"))
		if err == nil && len(list) > 0 {
			name, _ := filepath.Rel(w.device.dir, list[w.chance.IntN(len(list))])
			return name
		}
	}
	return w.other(wholePrefix)
}

func (w *writer) other(prefix string) string {
	return fmt.Sprintf("work-%d/%s%d.txt", w.chance.IntN(4), prefix, w.chance.IntN(8))
}

// content makes new bytes: a few KiB mostly, at times a few MiB, so that it
// takes a while on its way.
func (w *writer) content() ([]byte, [32]byte) {
	size := 16 + w.chance.IntN(16<<10)
	if w.chance.IntN(25) == 0 {
		size = 1<<20 + w.chance.IntN(4<<20)
	}
	w.count++
	b := make([]byte, size)
	noise(w.salt<<20 + w.count).Read(b)
	binary.LittleEndian.PutUint64(b, w.count)
	return b, blake3.Sum256(b)
}

// replace saves as good editors do: beside, then over it. The temporary file
// lies outside of the folder.
func (w *writer) replace(name string) error {
	b, sum := w.content()
	file, beside := w.device.path(name), filepath.Join(w.device.Home, "unsaved")
	if err := os.WriteFile(beside, b, 0o644); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	w.ledger.begins(sum)
	old := w.contentOf(file)
	if err := os.Rename(beside, file); err != nil {
		return err
	}
	w.takeBack(old)
	w.ledger.wrote(w.device.Name, name, sum)
	return nil
}

// overwrite saves as simple programs do: it empties the file and fills it.
func (w *writer) overwrite(name string) error {
	b, sum := w.content()
	file := w.device.path(name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	w.ledger.begins(sum)
	old := w.contentOf(file)
	f, err := os.OpenFile(file, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	w.takeBack(old)
	for part := range slices.Chunk(b, 64<<10) {
		if _, err := f.Write(part); err != nil {
			f.Close()
			return err
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	w.ledger.wrote(w.device.Name, name, sum)
	return nil
}

// rename gives a file another name of its kind; what had that name is taken back.
func (w *writer) rename(name string) error {
	prefix := wholePrefix
	if w.chance.IntN(3) == 0 {
		prefix = inPlacePrefix
		name = w.other(prefix)
	}
	from, to := w.device.path(name), w.device.path(w.other(prefix))
	if from == to {
		return nil
	}
	old := w.contentOf(to)
	if err := os.Rename(from, to); err != nil {
		return err
	}
	w.takeBack(old)
	return nil
}

func (w *writer) remove(name string) error {
	file := w.device.path(name)
	old := w.contentOf(file)
	if err := os.Remove(file); err != nil {
		return err
	}
	w.takeBack(old)
	return nil
}

// renameDir gives a directory another number, where none is.
func (w *writer) renameDir() error {
	from := w.device.path(fmt.Sprintf("work-%d", w.chance.IntN(4)))
	to := w.device.path(fmt.Sprintf("work-%d", w.chance.IntN(4)))
	if _, err := os.Lstat(to); err == nil {
		return nil
	}
	err := os.Rename(from, to)
	if err != nil && strings.Contains(err.Error(), "not empty") {
		return nil
	}
	return err
}

// contentOf is what a file holds now; zero if it isn't there.
func (w *writer) contentOf(file string) [32]byte {
	sum, err := drive.HashFile(file)
	if err != nil {
		return [32]byte{}
	}
	return sum
}

func (w *writer) takeBack(sum [32]byte) { w.ledger.tookBack(w.device.Name, sum) }
