package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

//go:embed schema/*.sql
var schema embed.FS

const (
	applicationID = 0x4b697468                  // "Kith", in the header of the file
	damagedMark   = "-damaged"                  // a file of this name beside the database says: do not trust it
	surelyDamaged = "a record makes no sense\n" // in that file; otherwise SQLite told of damage, and has to look again
)

// Open opens the database at path, which is made if it is not there. A database
// that is damaged, or is none of ours, is set aside under another name, never
// deleted, and a new one takes its place: see Lost. One that a newer program
// wrote is left as it is: ErrNewer. Only one process may have it open.
func Open(path string) (*Index, error) { return openBy(theDriver, path) }

// theDriver is the name under which the driver of SQLite is registered.
const theDriver = "sqlite"

func openBy(driver, path string) (*Index, error) {
	ctx := context.Background()
	x, err := open(ctx, driver, path)
	if errors.Is(err, ErrCorrupt) { // so SQLite calls a read that failed, too: a second look tells
		x, err = open(ctx, driver, path)
	}
	if !errors.Is(err, ErrCorrupt) {
		return x, err
	}
	lost, err := setAside(path, time.Now())
	if err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	if x, err = open(ctx, driver, path); err != nil {
		return nil, err
	}
	x.lost = lost
	return x, nil
}

func open(ctx context.Context, driver, path string) (x *Index, err error) {
	path, err = filepath.Abs(path)
	if err == nil {
		err = inspect(path)
	}
	x = &Index{path: path}
	x.logged, x.doubtful = doubtfulLog(path)
	if err == nil {
		err = keepPrivate(path)
	}
	if err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	if err := x.connect(ctx, driver); err != nil {
		return nil, fmt.Errorf("open index: %w", errors.Join(damaged(err), x.abandon()))
	}
	if err := x.start(ctx); err != nil {
		return nil, fmt.Errorf("open index: %w", errors.Join(err, x.abandon()))
	}
	return x, nil
}

// keepPrivate sees to it that the database, and what SQLite keeps beside it with
// the same rights, can be read by their owner only: it holds all names.
func keepPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	for _, part := range []string{"", "-wal", "-shm"} {
		if err := os.Chmod(path+part, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// inspect looks at the header of a database without opening it, so that one
// which is not to be used is not touched. What a power cut left of a header, while
// it was being written, stands whole in a log: then SQLite shall look.
func inspect(path string) error {
	if why, err := os.ReadFile(path + damagedMark); err == nil && string(why) == surelyDamaged {
		return fmt.Errorf("%w: marked so when it was last used", ErrCorrupt)
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	header := make([]byte, 100)
	switch n, err := io.ReadFull(f, header); {
	case n == 0 && err == io.EOF:
		return nil
	case !bytes.HasPrefix(header, magic) && hasLog(path):
		return nil
	case err == io.ErrUnexpectedEOF:
		return fmt.Errorf("%w: only %d bytes long", ErrCorrupt, n)
	case err != nil:
		return err
	}
	// Offsets as in https://www.sqlite.org/fileformat.html, 1.3.
	if !bytes.HasPrefix(header, magic) {
		return fmt.Errorf("%w: not an SQLite database", ErrCorrupt)
	}
	if id := binary.BigEndian.Uint32(header[68:]); id != applicationID && id != 0 {
		return fmt.Errorf("%w: a database of another program", ErrCorrupt)
	}
	return checkVersion(int(int32(binary.BigEndian.Uint32(header[60:]))))
}

var magic = []byte("SQLite format 3\x00")

// hasLog reports whether something stands in a log of a database, of what is to be
// carried over or of what is to be taken back.
func hasLog(path string) bool {
	for _, part := range []string{"-wal", "-journal"} {
		if info, err := os.Stat(path + part); err == nil && info.Size() > 0 {
			return true
		}
	}
	return false
}

// connect opens the connections. The writer waits for the disk at each commit;
// memory is bounded by the page caches, 16 MiB for it and 4 MiB for each reader.
func (x *Index) connect(ctx context.Context, driver string) (err error) {
	dsn := func(pragmas ...string) string {
		q := url.Values{"_pragma": append([]string{"busy_timeout(10000)"}, pragmas...)}
		p := filepath.ToSlash(x.path)
		if !strings.HasPrefix(p, "/") {
			p = "/" + p // C:/…
		}
		return (&url.URL{Scheme: "file", Path: p, RawQuery: q.Encode()}).String()
	}
	x.writer, err = sql.Open(driver, dsn("journal_mode(WAL)", "synchronous(FULL)",
		"wal_autocheckpoint(4000)", "journal_size_limit(33554432)", "cache_size(-16384)"))
	if err != nil {
		return err
	}
	x.readers, err = sql.Open(driver, dsn("query_only(1)", "cache_size(-4096)"))
	if err != nil {
		return err
	}
	readers := min(max(runtime.NumCPU(), 2), 4)
	x.readers.SetMaxOpenConns(readers)
	x.readers.SetMaxIdleConns(readers)
	x.r = &statements{db: x.readers, kept: map[string]*sql.Stmt{}}
	x.conn, err = x.writer.Conn(ctx)
	if err != nil {
		return err
	}
	x.w = &statements{db: x.conn, kept: map[string]*sql.Stmt{}}
	return nil
}

// start brings the schema up to date, checks a database that was not closed in
// order, and reads what is kept in memory.
func (x *Index) start(ctx context.Context) error {
	if err := migrate(ctx, x.w, schema); err != nil {
		return err
	}
	clean := 0
	err := x.w.query(ctx, `SELECT clean FROM state`, nil, func(scan scanner) error { return scan(&clean) })
	if err != nil {
		return err
	}
	_, absent := os.Lstat(x.path + damagedMark)
	switch {
	case absent == nil:
		if err := x.check(ctx, `PRAGMA integrity_check(1)`); err != nil {
			return err
		}
		if err := os.Remove(x.path + damagedMark); err != nil {
			return err
		}
	case clean != 1:
		if err := x.check(ctx, `PRAGMA quick_check(1)`); err != nil {
			return err
		}
	}
	if err := x.mark(0); err != nil {
		return err
	}
	if err := x.load(ctx); err != nil {
		return err
	}
	if err := x.settle(ctx); err != nil {
		return err
	}
	if err := x.verify(); err != nil {
		return err
	}
	return x.sweepDropped(ctx)
}

// check looks at the structure of the whole file: quick_check takes about a second
// for a million files that are in the cache of the system, integrity_check some.
func (x *Index) check(ctx context.Context, how string) error {
	return x.w.query(ctx, how, nil, func(scan scanner) error {
		var verdict string
		if err := scan(&verdict); err != nil {
			return err
		}
		if verdict != "ok" {
			return fmt.Errorf("%w: %s", ErrCorrupt, verdict)
		}
		return nil
	})
}

// abandon closes what connect opened, as far as it came.
func (x *Index) abandon() error {
	var errs []error
	if x.w != nil {
		errs = append(errs, x.w.close(), x.conn.Close())
	}
	if x.r != nil {
		errs = append(errs, x.r.close())
	}
	for _, db := range []*sql.DB{x.readers, x.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// setAside renames the database and its log and returns the new name.
func setAside(path string, now time.Time) (string, error) {
	stamp := path + ".damaged-" + now.UTC().Format("20060102T150405")
	aside := stamp
	for i := 2; ; i++ {
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			break
		}
		aside = fmt.Sprintf("%s-%d", stamp, i)
	}
	for _, part := range []string{"-wal", "-shm", ""} {
		if err := os.Rename(path+part, aside+part); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("set damaged index aside: %w", err)
		}
	}
	if err := os.Remove(path + damagedMark); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("set damaged index aside: %w", err)
	}
	return aside, nil
}
