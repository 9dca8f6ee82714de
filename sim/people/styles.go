package people

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// The files that an office program has beside the one that is saved. They are
// nobody's but its own: no other device gets them.
const (
	freshPrefix = "~WRD"
	stalePrefix = "~WRL"
)

// Leftover tells whether a path is one of an office program's own files, which may
// stay where a save was disturbed, on the device where that happened.
func Leftover(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, freshPrefix) || strings.HasPrefix(base, stalePrefix)
}

// saveLikeVim keeps the old file as a backup while it writes a new one of the
// same name, then deletes the backup.
func (w *Writer) saveLikeVim(name string) error {
	b, sum := w.content()
	file := w.At(name)
	backup := file + "~"
	if err := w.over(file, backup); err != nil {
		return err
	}
	w.ledger.Begins(sum)
	if err := w.put(file, os.O_EXCL, b); err != nil {
		return err // the backup stays, as with vim
	}
	if err := w.settle(filepath.Dir(file)); err != nil {
		return err
	}
	w.ledger.Wrote(w.Name, name, sum)
	old := w.contentOf(backup)
	if err := os.Remove(backup); err != nil {
		return err
	}
	w.takeBack(old)
	return nil
}

// saveLikeOffice writes a temporary file beside, moves the old file out of the
// way, moves the new one in, and deletes the old one: for a moment nothing has
// the name.
func (w *Writer) saveLikeOffice(name string) error {
	b, sum := w.content()
	file := w.At(name)
	dir := filepath.Dir(file)
	fresh := filepath.Join(dir, fmt.Sprintf(freshPrefix+"%04d.tmp", w.count%10000))
	stale := filepath.Join(dir, fmt.Sprintf(stalePrefix+"%04d.tmp", w.count%10000))
	w.ledger.Begins(sum)
	if err := w.put(fresh, os.O_EXCL, b); err != nil {
		return err
	}
	old := w.contentOf(file)
	if err := os.Rename(file, stale); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	w.takeBack(old)
	if err := w.over(fresh, file); err != nil {
		return err
	}
	w.ledger.Wrote(w.Name, name, sum)
	return os.Remove(stale)
}

// saveLikeGit writes a lock file, which must not be there yet, and renames it to
// what it locks.
func (w *Writer) saveLikeGit(name string) error {
	b, sum := w.content()
	file := w.At(name)
	lock := filepath.Join(filepath.Dir(file), "index-of-"+filepath.Base(file)+".lock")
	w.ledger.Begins(sum)
	if err := w.put(lock, os.O_EXCL, b); err != nil {
		return err
	}
	if err := w.over(lock, file); err != nil {
		return err
	}
	w.ledger.Wrote(w.Name, name, sum)
	return nil
}

// swap gives two files each other's names.
func (w *Writer) swap(one, other string) error {
	a, b, aside := w.At(one), w.At(other), w.At("aside by "+w.Name)
	if a == b {
		return nil
	}
	if err := w.over(a, aside); err != nil {
		return err
	}
	if err := w.over(b, a); err != nil {
		return err
	}
	return w.over(aside, b)
}
