package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"kith/index"
	"kith/sim/results"
)

var errInjected = errors.New("disk I/O error, injected")

// failing counts what the driver of SQLite is asked for, and lets one of it fail:
// instead of being done, or after it was done all the same.
type failing struct {
	sync.Mutex
	driver.Driver
	n, seen int // n below zero: none
	late    bool
	hit     string
}

// do does one thing, unless its turn to fail has come.
func (f *failing) do(what string, fn func() error) error {
	f.Lock()
	hit := f.seen == f.n
	f.seen++
	if hit {
		f.hit = what
	}
	late := f.late
	f.Unlock()
	if hit && !late {
		return errInjected
	}
	err := fn()
	if hit && err == nil {
		err = errInjected
	}
	return err
}

func (f *failing) set(n int, late bool) {
	f.Lock()
	defer f.Unlock()
	f.n, f.seen, f.late, f.hit = n, 0, late, ""
}

func (f *failing) Open(name string) (c driver.Conn, err error) {
	err = f.do("open", func() error {
		c, err = f.Driver.Open(name)
		return err
	})
	if err != nil {
		if c != nil {
			c.Close()
		}
		return nil, err
	}
	return failingConn{c, f}, nil
}

type failingConn struct {
	driver.Conn
	f *failing
}

func (c failingConn) Prepare(text string) (st driver.Stmt, err error) {
	err = c.f.do("prepare "+text, func() error {
		st, err = c.Conn.Prepare(text)
		return err
	})
	if err != nil {
		if st != nil {
			st.Close()
		}
		return nil, err
	}
	return failingStmt{st, c.f, text}, nil
}

type failingStmt struct {
	driver.Stmt
	f    *failing
	text string
}

func (s failingStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (res driver.Result, err error) {
	err = s.f.do(s.text, func() error {
		res, err = s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
		return err
	})
	return res, err
}

func (s failingStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (rows driver.Rows, err error) {
	err = s.f.do(s.text, func() error {
		rows, err = s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
		return err
	})
	if err != nil {
		if rows != nil {
			rows.Close()
		}
		return nil, err
	}
	return failingRows{rows, s.f, s.text}, nil
}

type failingRows struct {
	driver.Rows
	f    *failing
	text string
}

func (r failingRows) Next(dest []driver.Value) error {
	return r.f.do("row of "+r.text, func() error { return r.Rows.Next(dest) })
}

var theFailing = sync.OnceValue(func() *failing {
	db, err := sql.Open(theDriver, "")
	if err != nil {
		panic(err)
	}
	defer db.Close()
	f := &failing{Driver: db.Driver(), n: -1}
	sql.Register("failing", f)
	return f
})

// fact is one thing that an index is told or asked.
type fact struct {
	name string
	do   func(ctx context.Context, x *Index) error
}

var (
	theFolder, otherFolder = index.FolderID{1}, index.FolderID{2}
	anna, bert             = index.DeviceID{3}, index.DeviceID{4}
)

// aFile has as many blocks as asked for.
func aFile(path string, blocks, count int) index.File {
	f := index.File{Path: index.MustPath(path), Kind: index.Regular, Mode: 0o644, Modified: int64(count) * 1e9,
		Version: index.Version{{Actor: index.Actor{Device: 9, Epoch: 1}, Count: uint64(count)}}, By: 9}
	for i := range blocks {
		b := index.Block{Hash: index.Sum(fmt.Append(nil, path, count, i)), Size: 4096}
		f.Blocks, f.Size = append(f.Blocks, b), f.Size+4096
	}
	f.Root = index.RootOf(f.Blocks)
	return f
}

// commit commits files as a scan does: on what is there, and not what is there.
func commit(files ...index.File) func(context.Context, *Index) error {
	return func(ctx context.Context, x *Index) error {
		have, err := x.Get(ctx, theFolder, pathsOf(files, func(f index.File) index.Path { return f.Path }), false)
		if err != nil {
			return err
		}
		var records []index.Record
		for i, f := range files {
			if have[i].Root != f.Root || have[i].Kind != f.Kind {
				records = append(records, index.Record{File: f, Seq: have[i].Seq, Identity: index.Identity{Inode: 5, Size: f.Size}})
			}
		}
		_, stale, err := x.Commit(ctx, theFolder, records)
		if err == nil && len(stale) > 0 {
			err = fmt.Errorf("%d are stale", len(stale))
		}
		return err
	}
}

func learn(device index.DeviceID, fresh, sends bool, files ...index.File) func(context.Context, *Index) error {
	return func(ctx context.Context, x *Index) error {
		return x.Learn(ctx, theFolder, device, files, index.Cursor{Epoch: 2, Seq: 7}, fresh, sends)
	}
}

var facts = []fact{
	{"another folder is opened", func(ctx context.Context, x *Index) error {
		_, err := x.Open(ctx, otherFolder, 3)
		return err
	}},
	{"new files are committed", commit(aFile("d/new", 1, 1), aFile("d/large", 5, 1), index.File{Path: index.MustPath("d/l"), Kind: index.Symlink, Target: "x"})},
	{"a file is replaced", commit(aFile("d/a", 4, 9))},
	{"a file is deleted", commit(index.File{Path: index.MustPath("d/a"), Kind: index.Deleted, Version: index.Version{{Actor: index.Actor{Device: 9, Epoch: 1}, Count: 9}}})},
	{"a file is touched", func(ctx context.Context, x *Index) error {
		have, err := x.Get(ctx, theFolder, []index.Path{index.MustPath("d/a")}, false)
		if err == nil {
			have[0].Identity.Changed = 77
			err = x.Touch(ctx, theFolder, have)
		}
		return err
	}},
	{"another device is heard", learn(bert, false, true, aFile("d/a", 2, 5), aFile("d/other", 3, 1))},
	{"a device is heard anew", learn(anna, true, true, aFile("d/b", 2, 6))},
	{"a device sends no more", learn(anna, false, false)},
	{"a device is forgotten", func(ctx context.Context, x *Index) error { return x.Forget(ctx, theFolder, anna) }},
	{"a note is written", func(ctx context.Context, x *Index) error { return x.SetValue(ctx, theFolder, "note", "new") }},
	{"an epoch begins", func(ctx context.Context, x *Index) error { return x.Renew(ctx, theFolder, 8) }},
	{"a folder is dropped", func(ctx context.Context, x *Index) error {
		_, err := x.Open(ctx, theFolder, 3) // so that there is one at the end
		return errors.Join(err, x.Drop(ctx, otherFolder))
	}},
}

// begin is what every story begins with.
func begin(ctx context.Context, x *Index) error {
	_, err := x.Open(ctx, theFolder, 5)
	for _, do := range []func(context.Context, *Index) error{
		commit(aFile("d/a", 3, 1), aFile("d/b", 1, 1), index.File{Path: index.MustPath("d"), Kind: index.Directory}),
		learn(anna, false, true, aFile("d/a", 3, 1), aFile("d/b", 2, 4), aFile("d/theirs", 1, 1)),
	} {
		if err == nil {
			err = do(ctx, x)
		}
	}
	return err
}

// picture is all that an index says.
func picture(ctx context.Context, x *Index) (string, error) {
	var b strings.Builder
	var errs []error
	tell := func(what any, err error) {
		fmt.Fprintf(&b, "%+v\n", what)
		errs = append(errs, err)
	}
	for _, id := range []index.FolderID{theFolder, otherFolder} {
		if _, err := x.folder(id); err != nil {
			continue
		}
		totals, err := x.Totals(ctx, id)
		tell(totals, err)
		heard, err := x.Heard(ctx, id, anna)
		tell(heard, err)
		err = x.List(ctx, id, index.Path{}, func(r index.Record) error {
			tell(r, nil)
			return nil
		})
		errs = append(errs, err)
		since, err := x.Since(ctx, id, 0, 100, 10)
		tell(since, err)
		cases, err := x.Cases(ctx, id, []index.Path{index.MustPath("d/a"), index.MustPath("d/b"), index.MustPath("d/other")})
		tell(cases, err)
		for _, gone := range []bool{false, true} {
			needs, err := x.Needs(ctx, id, index.Path{}, 100, gone)
			tell(needs, err)
		}
		places, err := x.Locate(ctx, id, aFile("d/a", 3, 1).Blocks)
		tell(places, err)
		value, err := x.Value(ctx, id, "note")
		tell(value, err)
	}
	return b.String(), errors.Join(errs...)
}

// story is a database that was closed in order, and what is next.
type story struct {
	path          string
	next          fact
	before, after string
	operations    int
}

// number returns the number that a variable holds, if it does.
func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// TestEveryFaultOfTheDatabaseIsSurvived tells an index every pair of facts and
// lets every single operation of the database fail during the second one, or
// KITH_DATABASE_FAULTS of them: the index is as before or as after, says so, and
// takes the fact once more; so it does when it is opened again.
func TestEveryFaultOfTheDatabaseIsSurvived(t *testing.T) {
	limit, seed := number("KITH_DATABASE_FAULTS", 300), number("KITH_SEED", 1)
	chance := rand.New(rand.NewPCG(uint64(seed), 2))
	dir := memoryDir(t)
	var pairs [][2]int
	for i := range facts {
		for j := range facts {
			pairs = append(pairs, [2]int{i, j})
		}
	}
	chance.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	share := min(1, float64(limit)/8000)
	injected, bad := 0, 0
	for i, p := range pairs {
		if injected >= limit || bad > 10 {
			break
		}
		s, err := tell(filepath.Join(dir, strconv.Itoa(i)), facts[p[0]], facts[p[1]])
		if err != nil {
			t.Fatalf("%s, then %s: %v", facts[p[0]].name, facts[p[1]].name, err)
		}
		for n := range 2 * s.operations {
			if injected >= limit || chance.Float64() >= share {
				continue
			}
			f := theFailing()
			f.set(-1, false)
			hit, err := s.fail(n/2, n%2 == 1)
			if hit == "" {
				continue
			}
			injected++
			if err != nil {
				bad++
				t.Errorf("%s, then %s: operation %d (%s) fails, late %v: %v", facts[p[0]].name, s.next.name, n/2, hit, n%2 == 1, err)
			}
		}
		os.RemoveAll(filepath.Dir(s.path))
	}
	t.Logf("KITH_SEED=%d: %d faults", seed, injected)
	if err := results.Report("database-faults", map[string]any{"faults": injected, "violations": bad, "seed": seed}); err != nil {
		t.Error(err)
	}
}

// memoryDir is a directory in memory, where there is such a thing.
func memoryDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "kith-index-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// TestAFailedCommitMayHaveHappened: also where nothing that a folder adds up to
// tells that it did, as when a device is forgotten from which nothing is needed.
func TestAFailedCommitMayHaveHappened(t *testing.T) {
	named := func(name string) fact {
		return facts[slices.IndexFunc(facts, func(f fact) bool { return f.name == name })]
	}
	s, err := tell(filepath.Join(memoryDir(t), "index"), named("a device sends no more"), named("a device is forgotten"))
	if err != nil {
		t.Fatal(err)
	}
	commits := 0
	for n := range s.operations {
		hit, err := s.fail(n, true)
		if err != nil {
			t.Errorf("operation %d (%s) fails, late: %v", n, hit, err)
		}
		if hit == "COMMIT" {
			commits++
		}
	}
	if commits == 0 {
		t.Error("no COMMIT failed")
	}
}

// tell makes a database, tells it a fact, and finds out what the next one does.
func tell(dir string, first, next fact) (*story, error) {
	ctx := context.Background()
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	s := &story{path: filepath.Join(dir, "index.db"), next: next}
	x, err := Open(s.path)
	if err != nil {
		return nil, err
	}
	if err = errors.Join(begin(ctx, x), first.do(ctx, x)); err == nil {
		s.before, err = picture(ctx, x)
	}
	if err = errors.Join(err, x.Close()); err != nil {
		return nil, err
	}
	f := theFailing()
	f.set(-1, false)
	copied, err := s.copy()
	if err != nil {
		return nil, err
	}
	if x, err = openBy("failing", copied); err != nil {
		return nil, err
	}
	if err = next.do(ctx, x); err == nil {
		if s.after, err = picture(ctx, x); err == nil {
			err = x.Close()
		}
	}
	s.operations = f.seen
	return s, err
}

func (s *story) copy() (string, error) {
	all, err := os.ReadFile(s.path)
	if err != nil {
		return "", err
	}
	for _, end := range []string{"-wal", "-shm", damagedMark} {
		os.Remove(s.path + ".copy" + end)
	}
	return s.path + ".copy", os.WriteFile(s.path+".copy", all, 0o600)
}

// fail opens a copy, tells it the next fact and asks it for all it knows, while
// one operation fails. It returns what failed.
func (s *story) fail(n int, late bool) (hit string, err error) {
	path, err := s.copy()
	if err != nil {
		return "", err
	}
	f := theFailing()
	f.set(n, late)
	return s.survive(path, "failing", func() string {
		defer f.set(-1, false)
		return f.hit
	})
}

// survive is fail, by a driver one of whose operations fails until heal, which returns
// what failed.
func (s *story) survive(path, driver string, heal func() string) (hit string, err error) {
	ctx := context.Background()
	x, opened := openBy(driver, path)
	if opened != nil {
		hit = heal()
		if x, err = openBy(driver, path); err != nil {
			return hit, fmt.Errorf("after %w it does not open: %w", opened, err)
		}
		if now, err := picture(ctx, x); err != nil || now != s.before {
			return hit, fmt.Errorf("opened again it says %s, not %s (%v)", now, s.before, err)
		}
		return hit, errors.Join(s.finish(ctx, x), x.Close())
	}
	said := s.next.do(ctx, x)
	seen, looked := picture(ctx, x)
	hit = heal()
	if said == nil && looked == nil && seen != s.after {
		return hit, errors.Join(fmt.Errorf("nothing was said, and it shows\n%s, not\n%s", seen, s.after), x.Close())
	}
	if now, err := picture(ctx, x); err != nil || now != s.after && (said == nil || now != s.before) {
		return hit, errors.Join(fmt.Errorf("it said %v, and shows\n%s, not\n%s nor\n%s(%v)", said, now, s.before, s.after, err), x.Close())
	}
	return hit, errors.Join(s.finish(ctx, x), x.Close(), s.reopen(path))
}

// finish tells the fact once more.
func (s *story) finish(ctx context.Context, x *Index) error {
	if x.Lost() != "" {
		return errors.New("it was taken for damaged")
	}
	if now, err := picture(ctx, x); err != nil || now != s.after {
		if err := s.next.do(ctx, x); err != nil {
			return fmt.Errorf("once more: %w", err)
		}
	}
	now, err := picture(ctx, x)
	if err == nil && now != s.after {
		err = fmt.Errorf("once more, it shows\n%s, not\n%s", now, s.after)
	}
	return errors.Join(err, x.Audit())
}

func (s *story) reopen(path string) error {
	x, err := Open(path)
	if err != nil {
		return err
	}
	now, err := picture(context.Background(), x)
	if err == nil && now != s.after {
		err = fmt.Errorf("opened again, it shows\n%s, not\n%s", now, s.after)
	}
	if x.Lost() != "" {
		err = errors.Join(err, errors.New("it was taken for damaged"))
	}
	return errors.Join(err, x.Audit(), x.Close())
}
