// Package sqlite keeps an index in an SQLite database: for every shared folder,
// what each device holds, and where its blocks lie.
//
// One connection writes, a few read; a change is durable when its method
// returns. Everything known about a path stands in one row, in which another
// device that holds the same as we do takes a byte. Sums are kept as they
// change, so that asking for them costs nothing. What is read is checked: a row
// that makes no sense is ErrCorrupt, never a record.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"

	"kith/index"
)

// What an index may answer.
var (
	// ErrNewer: a later version of the program wrote this database. It was not changed.
	ErrNewer = errors.New("the index was written by a newer version of Kith")
	// ErrCorrupt: the database is damaged. The next Open sets it aside.
	ErrCorrupt = errors.New("the index is damaged")
)

// Index is an open database. Its methods may be called from several goroutines.
type Index struct {
	path  string
	lost  string
	moved bool

	logged, doubtful bool // as it was found: with a log, which may be another one's

	writer  *sql.DB
	conn    *sql.Conn // the one that writes
	readers *sql.DB
	w, r    *statements

	writing sync.Mutex // held during a write; guards w

	mu      sync.RWMutex // guards the fields below
	folders map[index.FolderID]*folder
	broken  bool // ErrCorrupt was met
}

// Lost returns the name under which a damaged database was set aside when this
// one was opened in its place, or "".
func (x *Index) Lost() string { return x.lost }

// Close waits for a write that is under way and closes the database.
func (x *Index) Close() error {
	x.writing.Lock()
	defer x.writing.Unlock()
	errs := []error{x.r.close(), x.readers.Close()}
	if !x.isBroken() {
		errs = append(errs, x.notePlace(context.Background()), x.mark(1))
	}
	errs = append(errs, x.w.close(), x.conn.Close(), x.writer.Close())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close index: %w", err)
	}
	return nil
}

// mark notes, in the main file and not only in its log, whether the database is
// closed in order.
func (x *Index) mark(clean int) error {
	ctx := context.Background()
	if _, err := x.w.exec(ctx, `UPDATE state SET clean = ?`, clean); err != nil {
		return err
	}
	return x.w.query(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`, nil, func(scanner) error { return nil })
}

func (x *Index) isBroken() bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.broken
}

// note wraps a method's error with what it was doing, and remembers damage so
// that the next Open does not trust this database.
func (x *Index) note(err *error, doing string) {
	if *err == nil {
		return
	}
	*err = fmt.Errorf("%s: %w", doing, *err)
	if !errors.Is(*err, ErrCorrupt) {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.broken {
		x.broken = true
		why := []byte(surelyDamaged)
		if _, told := sqliteCode(*err); told {
			why = nil
		}
		*err = errors.Join(*err, os.WriteFile(x.path+damagedMark, why, 0o600))
	}
}

// folder returns the present state of a folder, which must not be changed.
func (x *Index) folder(id index.FolderID) (*folder, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if f, ok := x.folders[id]; ok {
		return f, nil
	}
	return nil, fmt.Errorf("%w: %s", ErrUnknown, id.Brief())
}

// publish shows a new state of all folders.
func (x *Index) publish(folders map[index.FolderID]*folder) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.folders = folders
}
