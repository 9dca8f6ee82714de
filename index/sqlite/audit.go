package sqlite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"

	"kith/index"
)

// A database and its log are one thing in two files, and nothing in either says that they
// belong together: where one of them was brought back from a backup, and the other one is
// of a later life, SQLite makes a mixture of both, which is as sound as any. But what
// is kept beside the rows then tells of other rows.

// doubtfulLog reports whether there is a log that need not be of this database: in an
// ordinary life what is in the log comes after what is in the database, but where the
// program ended between carrying some of it over and its next change.
func doubtfulLog(path string) (there, doubtful bool) {
	log, err := os.Stat(path + "-wal")
	if err != nil || log.Size() == 0 {
		return false, false
	}
	written, ok := lastChange(path)
	logged, okToo := lastChange(path + "-wal")
	return true, !ok || !okToo || written >= logged
}

func lastChange(path string) (at int64, ok bool) {
	f, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	at, err = changedAt(f)
	return at, err == nil
}

// verify audits a database whose log may be another one's, or that is a copy and was not
// closed in order. What is wrong with it is written down beside it: it looks sound, once
// the log is carried over.
func (x *Index) verify() error {
	if !x.logged || !x.doubtful && !x.moved {
		return nil
	}
	err := x.Audit()
	if errors.Is(err, ErrCorrupt) {
		err = errors.Join(err, os.WriteFile(x.path+damagedMark, []byte(surelyDamaged), 0o600))
	}
	return err
}

// Audit works out from the rows alone all that is kept up to date beside them,
// and returns the first thing that differs, as ErrCorrupt. Rows of a dropped folder that
// remain to be removed are no damage.
func (x *Index) Audit() error {
	x.writing.Lock()
	defer x.writing.Unlock()
	for _, text := range []string{
		`WITH used (id) AS (SELECT list FROM path WHERE list IS NOT NULL UNION ALL SELECT prev FROM path WHERE prev IS NOT NULL),
			counted (id, n) AS MATERIALIZED (SELECT id, count(*) FROM used GROUP BY id)
			SELECT 'list ' || l.id || ' has ' || refs || ' references' FROM list l LEFT JOIN counted c ON c.id = l.id
			WHERE refs <> coalesce(c.n, 0) AND folder NOT IN (SELECT folder FROM dropped)`,
		`SELECT 'list ' || id || ' has no folder' FROM list WHERE folder NOT IN (SELECT id FROM folder UNION SELECT folder FROM dropped)`,
		`SELECT 'chunk of list ' || list || ' has none' FROM chunk WHERE list NOT IN (SELECT id FROM list WHERE n > 1)`,
		`SELECT 'path ' || id || ' has no folder' FROM path WHERE folder NOT IN (SELECT id FROM folder UNION SELECT folder FROM dropped)`,
		`SELECT 'path ' || id || ' is empty' FROM path WHERE have IS NULL AND want IS NULL`,
		`SELECT 'structure: ' || integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'`,
	} {
		err := x.w.query(context.Background(), text, nil, func(scan scanner) error {
			var what string
			if err := scan(&what); err != nil {
				return err
			}
			return fmt.Errorf("%w: %s", ErrCorrupt, what)
		})
		if err != nil {
			return err
		}
	}
	for id := range x.folders {
		if err := x.auditSums(id); err != nil {
			return err
		}
	}
	return nil
}

// auditSums adds up all paths of a folder again.
func (x *Index) auditSums(id index.FolderID) error {
	f := x.folders[id]
	sums := f.clone()
	sums.here, sums.directories, sums.need = index.Amount{}, 0, index.Amount{}
	for n, e := range sums.ears {
		e.has, e.clings = index.Amount{}, 0
		sums.ears[n] = e
	}
	err := x.w.query(context.Background(), `SELECT `+rowColumns+` FROM path WHERE folder = ?`, []any{f.id}, func(scan scanner) error {
		r, err := scanRow(scan, f)
		if err == nil {
			sums.add(shareOf(r.have.File, r.others, f.sends), 1)
		}
		return err
	})
	if err == nil && (sums.here != f.here || sums.directories != f.directories || sums.need != f.need || !maps.Equal(sums.ears, f.ears)) {
		err = fmt.Errorf("%w: the paths of %s add up to %+v, not %+v", ErrCorrupt, id.Brief(), sums, f)
	}
	return err
}
