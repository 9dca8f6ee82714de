package people

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"kith/sim/drive"
)

// Ledger remembers every content that was completely written by somebody who
// did not take it back: it must be found again somewhere.
type Ledger struct {
	mu       sync.Mutex // guards all below
	owed     map[[32]byte]entry
	finished map[[32]byte]bool   // every content that was ever complete, or may be
	kept     map[string][32]byte // paths that nobody touches again, with what they hold
}

// entry is who wrote a content, where, and when in the order of all writes.
type entry struct {
	device, path string
	number       int
}

// NewLedger makes an empty one.
func NewLedger() *Ledger {
	return &Ledger{owed: map[[32]byte]entry{}, finished: map[[32]byte]bool{}, kept: map[string][32]byte{}}
}

// Wrote records that a device's writer has finished a file.
func (l *Ledger) Wrote(device, path string, sum [32]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owed[sum] = entry{device, path, len(l.finished)}
	l.finished[sum] = true
}

// Kept is Wrote of a file that nobody will touch again: from now on it stays at
// its path, on every device that has it.
func (l *Ledger) Kept(device, path string, sum [32]byte) {
	l.Wrote(device, path, sum)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept[path] = sum
}

// Begins records that a content may come into being from now on, though it is
// not owed before Wrote says so.
func (l *Ledger) Begins(sum [32]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.finished[sum] = true
}

// TookBack records that a device's writer overwrote or deleted a content. Only
// who wrote it can take it back.
func (l *Ledger) TookBack(device string, sum [32]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owed[sum].device == device {
		delete(l.owed, sum)
	}
}

// Counts returns how many contents were written, and how many of them are owed.
func (l *Ledger) Counts() (written, owed int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.finished), len(l.owed)
}

// Check looks for everything that is owed: in the tree all devices share now,
// and among the earlier versions of each.
func (l *Ledger) Check(tree drive.Tree, all ...Place) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := map[[32]byte]bool{}
	for _, e := range tree {
		found[e.Hash] = true
	}
	for _, p := range all {
		if err := earlier(p, found); err != nil {
			return err
		}
	}
	var lost []string
	for sum, e := range l.owed {
		if !found[sum] {
			lost = append(lost, fmt.Sprintf("%x: written by %s at %q as number %d", sum[:6], e.device, e.path, e.number))
		}
	}
	return few(lost, "of %d contents are lost", len(l.owed))
}

// Whole tells whether every file that was always replaced whole holds a content
// that somebody completed: never half of one.
func (l *Ledger) Whole(tree drive.Tree) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var half []string
	for name, e := range tree {
		if strings.HasPrefix(path.Base(name), wholePrefix) && e.Mode.IsRegular() && !l.finished[e.Hash] {
			half = append(half, fmt.Sprintf("%q: nobody wrote what is in it: %v", name, e))
		}
	}
	return few(half, "of %d files are wrong", len(tree))
}

// Stands tells whether every file that nobody touched is where it was put.
func (l *Ledger) Stands(tree drive.Tree) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var gone []string
	for name, sum := range l.kept {
		switch e, ok := tree[name]; {
		case !ok:
			gone = append(gone, fmt.Sprintf("%q: gone", name))
		case e.Hash != sum:
			gone = append(gone, fmt.Sprintf("%q: changed: %v", name, e))
		}
	}
	return few(gone, "of %d files that nobody touched do not stand", len(l.kept))
}

// Purge throws a device's earlier versions away, as a person may who needs the
// room, and remembers that they are owed no longer. The program may go on to add
// some: each is taken out before it is looked at.
func (l *Ledger) Purge(p Place) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := filepath.Join(p.Scratch, "purged")
	return eachVersion(p, func(file string) error {
		if err := os.Rename(file, out); err != nil {
			return err
		}
		sum, err := drive.HashFile(out)
		if err != nil {
			return err
		}
		delete(l.owed, sum)
		return os.Remove(out)
	})
}

// few makes an error of the lines, with the first twenty of them; nil if there
// are none.
func few(lines []string, what string, of int) error {
	if len(lines) == 0 {
		return nil
	}
	slices.Sort(lines)
	shown := lines[:min(20, len(lines))]
	return fmt.Errorf("%d "+what+":\n  %s", len(lines), of, strings.Join(shown, "\n  "))
}

// earlier adds the contents of a device's earlier versions.
func earlier(p Place, found map[[32]byte]bool) error {
	return eachVersion(p, func(file string) error {
		sum, err := drive.HashFile(file)
		found[sum] = true
		return err
	})
}

// eachVersion calls do with every file among a device's earlier versions.
func eachVersion(p Place, do func(file string) error) error {
	return filepath.WalkDir(p.Versions(), func(name string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			err = do(name)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the program makes room too
		}
		return err
	})
}
