//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"kith/sim/drive"
)

// ledger remembers every content that was completely written by somebody who
// did not take it back: it must be found again somewhere.
type ledger struct {
	mu       sync.Mutex // guards all below
	owed     map[[32]byte]entry
	finished map[[32]byte]bool // every content that was ever complete
}

// entry is who wrote a content, where, and when in the order of all writes.
type entry struct {
	device, path string
	number       int
}

func newLedger() *ledger {
	return &ledger{owed: map[[32]byte]entry{}, finished: map[[32]byte]bool{}}
}

// wrote records that a device's writer has finished a file.
func (l *ledger) wrote(device, path string, sum [32]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owed[sum] = entry{device, path, len(l.finished)}
	l.finished[sum] = true
}

// begins records that a content may come into being from now on, though it is
// not owed before wrote says so.
func (l *ledger) begins(sum [32]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.finished[sum] = true
}

// tookBack records that a device's writer overwrote or deleted a content. Only
// who wrote it can take it back.
func (l *ledger) tookBack(device string, sum [32]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owed[sum].device == device {
		delete(l.owed, sum)
	}
}

// check looks for everything that is owed: in the tree all devices share now,
// and among the earlier versions of each.
func (l *ledger) check(tree drive.Tree, all ...*device) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := map[[32]byte]bool{}
	for _, e := range tree {
		found[e.Hash] = true
	}
	for _, d := range all {
		if err := earlier(d, found); err != nil {
			return err
		}
	}
	var lost []string
	for sum, e := range l.owed {
		if !found[sum] {
			lost = append(lost, fmt.Sprintf("%x: written by %s at %q as number %d", sum[:6], e.device, e.path, e.number))
		}
	}
	if len(lost) > 0 {
		return fmt.Errorf("%d of %d contents are lost:\n  %s", len(lost), len(l.owed), strings.Join(lost[:min(20, len(lost))], "\n  "))
	}
	return nil
}

// whole tells whether every file that was always replaced whole holds a content
// that somebody completed: never half of one.
func (l *ledger) whole(tree drive.Tree) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var half []string
	for name, e := range tree {
		if strings.HasPrefix(filepath.Base(name), wholePrefix) && e.Mode.IsRegular() && !l.finished[e.Hash] {
			half = append(half, name)
		}
	}
	if len(half) > 0 {
		return fmt.Errorf("nobody wrote what is in %q", half)
	}
	return nil
}

// earlier adds the contents of a device's earlier versions.
func earlier(d *device, found map[[32]byte]bool) error {
	root := filepath.Join(d.dir, ".kith", "versions")
	err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		sum, err := drive.HashFile(name)
		found[sum] = true
		return err
	})
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
