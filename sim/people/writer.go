package people

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
	"sync"
	"syscall"
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

// Writer is a person at one device who does not wait: it saves, appends,
// renames and deletes files, and tells the ledger.
type Writer struct {
	Place
	// Durable has it wait until what it saved is on the disk before it counts on
	// it: where the power may be cut, nobody can count on less.
	Durable bool
	// Pace is the longest rest between two things it does.
	Pace time.Duration
	// Large is of how many contents one is a few MiB large.
	Large int
	// Hands is held while it does one thing: who holds it keeps the person still.
	Hands sync.Mutex

	ledger *Ledger
	chance *rand.Rand
	count  uint64 // of contents made so far: no two are alike
	salt   uint64
}

// NewWriter makes a person whose choices follow from the seed. No two persons of
// one ledger may have the same seed.
func NewWriter(p Place, l *Ledger, seed uint64) *Writer {
	return &Writer{
		Place: p, Pace: 30 * time.Millisecond, Large: 25,
		ledger: l, chance: rand.New(Noise(seed)), salt: seed,
	}
}

// Run works until ctx ends, and finishes what it has begun.
func (w *Writer) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := w.act(); err != nil {
			return fmt.Errorf("%s's writer: %w", w.Name, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(w.chance.Int64N(int64(w.Pace)))):
		}
	}
	return nil
}

// act does one thing. That a file has meanwhile gone, or has come, is no error:
// somebody else works here too. Nor is a full disk.
func (w *Writer) act() error {
	w.Hands.Lock()
	defer w.Hands.Unlock()
	name := w.name()
	var err error
	switch n := w.chance.IntN(100); {
	case n < 25:
		err = w.replace(name)
	case n < 32:
		err = w.saveLikeOffice(name)
	case n < 40:
		err = w.saveLikeGit(name)
	case n < 54:
		err = w.overwrite(w.other(inPlacePrefix))
	case n < 60:
		err = w.saveLikeVim(w.other(inPlacePrefix))
	case n < 75:
		err = w.rename(name)
	case n < 80:
		err = w.swap(name, w.other(wholePrefix))
	case n < 92:
		err = w.remove(name)
	default:
		err = w.renameDir()
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) || errors.Is(err, syscall.ENOSPC) {
		return nil
	}
	return err
}

// name draws one of a few names, so that the writers meet; sometimes one that is
// there, conflict copies among them.
func (w *Writer) name() string {
	if w.chance.IntN(4) == 0 {
		list, err := filepath.Glob(w.At("work-*/" + wholePrefix + "*"))
		if err == nil && len(list) > 0 {
			name, _ := filepath.Rel(w.Dir, list[w.chance.IntN(len(list))])
			return name
		}
	}
	return w.other(wholePrefix)
}

func (w *Writer) other(prefix string) string {
	return fmt.Sprintf("work-%d/%s%d.txt", w.chance.IntN(4), prefix, w.chance.IntN(8))
}

// content makes new bytes: a few KiB mostly, at times a few MiB, so that it
// takes a while on its way.
func (w *Writer) content() ([]byte, [32]byte) {
	size := 16 + w.chance.IntN(16<<10)
	if w.chance.IntN(w.Large) == 0 {
		size = 1<<20 + w.chance.IntN(4<<20)
	}
	return w.bytes(size)
}

func (w *Writer) bytes(size int) ([]byte, [32]byte) {
	w.count++
	b := make([]byte, size)
	Noise(w.salt<<20 + w.count).Read(b)
	binary.LittleEndian.PutUint64(b, w.count)
	return b, blake3.Sum256(b)
}

// Keep saves a new small file that it will never touch again.
func (w *Writer) Keep() error {
	w.Hands.Lock()
	defer w.Hands.Unlock()
	b, sum := w.bytes(64 + w.chance.IntN(4<<10))
	name := fmt.Sprintf("kept/by %s/%d/%d.txt", w.Name, w.count/100, w.count)
	err := w.putWhole(name, b, sum)
	if err == nil {
		w.ledger.Kept(w.Name, name, sum)
	}
	return err
}

// replace saves as good editors do: beside, then over it.
func (w *Writer) replace(name string) error {
	b, sum := w.content()
	if err := w.putWhole(name, b, sum); err != nil {
		return err
	}
	w.ledger.Wrote(w.Name, name, sum)
	return nil
}

// putWhole writes a file outside of the folder, and moves it there.
func (w *Writer) putWhole(name string, b []byte, sum [32]byte) error {
	file, beside := w.At(name), filepath.Join(w.Scratch, "unsaved")
	if err := w.put(beside, os.O_TRUNC, b); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	w.ledger.Begins(sum)
	return w.over(beside, file)
}

// put writes a file in place, in pieces.
func (w *Writer) put(file string, how int, b []byte) (err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|how, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for part := range slices.Chunk(b, 64<<10) {
		if _, err := f.Write(part); err != nil {
			return err
		}
	}
	if w.Durable {
		return f.Sync()
	}
	return nil
}

// over renames a file; what had that name is taken back.
func (w *Writer) over(from, to string) error {
	old := w.contentOf(to)
	if err := os.Rename(from, to); err != nil {
		return err
	}
	w.takeBack(old)
	return w.settle(filepath.Dir(to))
}

// settle waits until the names in a directory are on the disk.
func (w *Writer) settle(dir string) error {
	if !w.Durable {
		return nil
	}
	for ; strings.HasPrefix(dir, w.Dir); dir = filepath.Dir(dir) {
		f, err := os.Open(dir)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// overwrite saves as simple programs do: it empties the file and fills it.
func (w *Writer) overwrite(name string) error {
	b, sum := w.content()
	file := w.At(name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	w.ledger.Begins(sum)
	old := w.contentOf(file)
	w.takeBack(old) // whatever comes of it
	if err := w.put(file, os.O_TRUNC, b); err != nil {
		return err
	}
	if err := w.settle(filepath.Dir(file)); err != nil {
		return err
	}
	w.ledger.Wrote(w.Name, name, sum)
	return nil
}

// rename gives a file another name of its kind.
func (w *Writer) rename(name string) error {
	prefix := wholePrefix
	if w.chance.IntN(3) == 0 {
		prefix = inPlacePrefix
		name = w.other(prefix)
	}
	from, to := w.At(name), w.At(w.other(prefix))
	if from == to {
		return nil
	}
	return w.over(from, to)
}

func (w *Writer) remove(name string) error {
	file := w.At(name)
	old := w.contentOf(file)
	if err := os.Remove(file); err != nil {
		return err
	}
	w.takeBack(old)
	return nil
}

// Remove deletes one path, if it is there.
func (w *Writer) Remove(path string) error {
	w.Hands.Lock()
	defer w.Hands.Unlock()
	err := w.remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// renameDir gives a directory another number, where none is.
func (w *Writer) renameDir() error {
	from := w.At(fmt.Sprintf("work-%d", w.chance.IntN(4)))
	to := w.At(fmt.Sprintf("work-%d", w.chance.IntN(4)))
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
func (w *Writer) contentOf(file string) [32]byte {
	sum, err := drive.HashFile(file)
	if err != nil {
		return [32]byte{}
	}
	return sum
}

func (w *Writer) takeBack(sum [32]byte) { w.ledger.TookBack(w.Name, sum) }
