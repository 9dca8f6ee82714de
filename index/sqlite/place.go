package sqlite

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// A database that was brought back from a backup, or copied to another machine,
// must not go on counting: the numbers it would give to new changes may have been
// given to others already. It tells by a small file beside it, which is made anew
// whenever the database is opened or closed. What is in that file, and when it got
// there by the clock of the file system, which no copying program can set, stands
// in the database as well; if the two do not agree, one of them is not where it
// was. A database that was moved for a good reason is taken for a copy too: then a
// new epoch costs the others a look at our whole index, and nothing else.
//
// A whole disk that is set back, as a virtual machine is, is not seen by this, but
// by the other devices, which remember how far they have heard.

// placeMark is the suffix of that file.
const placeMark = "-place"

// Moved reports whether the database was found to be a copy when it was opened:
// every folder begins a new epoch.
func (x *Index) Moved() bool { return x.moved }

// settle ends the epoch of each folder if the database is a copy, so that whoever opens
// the folder next gives it a new one, and notes where it is now. Interrupted, it does so
// again.
func (x *Index) settle(ctx context.Context) error {
	noted := ""
	err := x.w.query(ctx, `SELECT place FROM state`, nil, func(scan scanner) error { return scan(&noted) })
	if err != nil {
		return err
	}
	here, err := readPlace(x.path + placeMark)
	if err != nil {
		return fmt.Errorf("see where the index is: %w", err)
	}
	if x.moved = noted != "" && noted != here; x.moved {
		for id := range x.folders {
			if err := x.Renew(ctx, id, noEpoch); err != nil {
				return err
			}
		}
	}
	return x.notePlace(ctx)
}

// notePlace makes the file anew, and notes it in the database.
func (x *Index) notePlace(ctx context.Context) error {
	if err := writePlace(x.path + placeMark); err != nil {
		return fmt.Errorf("note where the index is: %w", err)
	}
	here, err := readPlace(x.path + placeMark)
	if err != nil {
		return fmt.Errorf("note where the index is: %w", err)
	}
	_, err = x.w.exec(ctx, `UPDATE state SET place = ?`, here)
	return err
}

func writePlace(path string) error {
	draft := path + ".new"
	f, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(rand.Text())
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(draft, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(draft))
	}
	return nil
}

// readPlace returns what is in the file and when it was last changed; empty if it
// is not there.
func readPlace(path string) (string, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	text := make([]byte, 64)
	n, err := f.Read(text)
	if err != nil {
		return fmt.Sprintf("unreadable: %v", err), nil
	}
	changed, err := changedAt(f)
	return fmt.Sprintf("%s %d", text[:n], changed), err
}
