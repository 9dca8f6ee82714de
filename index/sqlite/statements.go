package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// preparer is a database or one connection of it.
type preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// statements keeps what was prepared, by its text.
//
// A statement is run without the caller's cancellation: the driver would start a
// goroutine for each. Callers look at their context between statements.
type statements struct {
	db preparer

	mu   sync.Mutex // guards kept
	kept map[string]*sql.Stmt
}

// scanner reads the columns of the current row. A sql.RawBytes is valid until
// the next one.
type scanner func(dest ...any) error

func (s *statements) prepare(text string) (*sql.Stmt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st, ok := s.kept[text]; ok {
		return st, nil
	}
	st, err := s.db.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, foreign(err)
	}
	s.kept[text] = st
	return st, nil
}

func (s *statements) exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	st, err := s.prepare(text)
	if err != nil {
		return nil, err
	}
	res, err := st.ExecContext(context.WithoutCancel(ctx), args...)
	return res, damaged(err)
}

// query calls fn for each row, until it returns an error.
func (s *statements) query(ctx context.Context, text string, args []any, fn func(scanner) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	st, err := s.prepare(text)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(context.WithoutCancel(ctx), args...)
	if err != nil {
		return damaged(err)
	}
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return damaged(errors.Join(rows.Err(), rows.Close()))
}

func (s *statements) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, st := range s.kept {
		errs = append(errs, st.Close())
	}
	s.kept = map[string]*sql.Stmt{}
	return errors.Join(errs...)
}

// foreign makes ErrCorrupt of a statement that SQLite does not understand: our
// own are right, so the tables are not those we made.
func foreign(err error) error {
	var e *driver.Error
	if errors.As(err, &e) && e.Code() == codes.SQLITE_ERROR {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return damaged(err)
}

// damaged makes SQLite's words for a broken database ErrCorrupt.
func damaged(err error) error {
	switch code, _ := sqliteCode(err); code {
	case codes.SQLITE_CORRUPT, codes.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}

// sqliteCode returns the primary code of an error that SQLite told.
func sqliteCode(err error) (code int, told bool) {
	var e *driver.Error
	if !errors.As(err, &e) {
		return 0, false
	}
	return e.Code() & 0xff, true
}

// maxIn is how many values go into one IN ( ) at most.
const maxIn = 128

// in returns text with its %s replaced by a list of placeholders for n values,
// and the values padded to that length by the last one: few lengths, few
// prepared statements.
func in[T any](text string, values []T) (string, []any) {
	n := 1
	for n < len(values) {
		n *= 4
	}
	n = max(min(n, maxIn), len(values))
	args := make([]any, 0, n+4)
	for i := range n {
		args = append(args, values[min(i, len(values)-1)])
	}
	return strings.Replace(text, "%s", strings.TrimSuffix(strings.Repeat("?,", n), ","), 1), args
}
