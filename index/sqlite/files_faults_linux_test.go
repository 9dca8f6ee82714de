package sqlite

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	sqlite3 "modernc.org/sqlite/lib"

	"kith/sim/results"
)

// answer is what the file system of SQLite makes of an error of the system.
type answer struct {
	errors string
	code   int32
	short  bool // half of the bytes are written before
}

// answers has, by operation, what SQLite is told of EIO, ENOSPC, EACCES and a short
// write: see unixOpen, unixRead, unixWrite and their like in its os_unix.c. Errors that
// are answered in the same way are one.
var answers = map[string][]answer{
	"open":     {{"EIO, ENOSPC or EACCES", sqlite3.SQLITE_CANTOPEN, false}},
	"read":     {{"EIO", sqlite3.SQLITE_IOERR_CORRUPTFS, false}, {"EACCES", sqlite3.SQLITE_IOERR_READ, false}},
	"write":    {{"EIO or EACCES", sqlite3.SQLITE_IOERR_WRITE, false}, {"ENOSPC", sqlite3.SQLITE_FULL, false}, {"a short write", sqlite3.SQLITE_FULL, true}},
	"truncate": {{"EIO, ENOSPC or EACCES", sqlite3.SQLITE_IOERR_TRUNCATE, false}},
	"sync":     {{"EIO or ENOSPC", sqlite3.SQLITE_IOERR_FSYNC, false}},
	"delete":   {{"EIO or EACCES", sqlite3.SQLITE_IOERR_DELETE, false}},
}

// failFile is fail, for the n-th operation on the files of the database and the
// way-th way in which it may fail. more says that there is an n-th.
func (s *story) failFile(n, way int) (hit string, more bool, err error) {
	shown()
	path, err := s.copy()
	if err != nil {
		return "", false, err
	}
	seen := 0 // guarded by the lock of the storage
	watch(func(o operation) verdict {
		if !strings.HasPrefix(o.file, path) {
			return verdict{}
		}
		seen++
		if seen-1 != n || way >= len(answers[o.verb]) {
			return verdict{}
		}
		a := answers[o.verb][way]
		hit = fmt.Sprintf("%s %q at %d: %s", o.verb, strings.TrimPrefix(o.file, path), o.off, a.errors)
		if a.short {
			return verdict{a.code, len(o.data) / 2}
		}
		return verdict{a.code, 0}
	})
	_, err = s.survive(path, "shown", func() string {
		watch(nil)
		return ""
	})
	return hit, seen > n, err
}

// TestEveryFaultOfTheDatabaseFilesIsSurvived is the same for what the system answers
// to SQLite: every operation on the database, its log and its journal fails once in
// every way, or half of KITH_DATABASE_FAULTS of them.
func TestEveryFaultOfTheDatabaseFilesIsSurvived(t *testing.T) {
	limit, seed := number("KITH_DATABASE_FAULTS", 300)/2, number("KITH_SEED", 1)
	if testing.Short() {
		limit = min(limit, 50)
	}
	chance := rand.New(rand.NewPCG(uint64(seed), 4))
	dir := memoryDir(t)
	injected, bad, pairs, verbs := 0, 0, 0, map[string]int{}
	for i, p := range chance.Perm(len(facts) * len(facts)) {
		if injected >= limit || bad > 10 {
			break
		}
		first, next := facts[p/len(facts)], facts[p%len(facts)]
		s, err := tell(filepath.Join(dir, strconv.Itoa(i)), first, next)
		if err != nil {
			t.Fatalf("%s, then %s: %v", first.name, next.name, err)
		}
		pairs++
		for n, more := 0, true; more && injected < limit && bad <= 10; n++ {
			for way := range 3 {
				if chance.Float64() >= min(1, max(0.1, float64(limit)/20_000)) {
					continue
				}
				hit, again, err := s.failFile(n, way)
				if hit != "" {
					injected++
					verb, _, _ := strings.Cut(hit, " ")
					verbs[verb]++
				}
				if more = again; err != nil {
					bad++
					t.Errorf("%s, then %s: operation %d (%s): %v", first.name, next.name, n, hit, err)
				}
			}
		}
		if err := os.RemoveAll(filepath.Dir(s.path)); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	t.Logf("KITH_SEED=%d: %d faults in %d pairs: %v", seed, injected, pairs, verbs)
	if err := results.Report("database-file-faults", map[string]any{"faults": injected, "pairs": pairs, "violations": bad, "seed": seed}); err != nil {
		t.Error(err)
	}
}

// TestAFailedReadIsNoDamage has a read fail in use: SQLite calls that damage. The
// next start looks at everything, and goes on with the same index.
func TestAFailedReadIsNoDamage(t *testing.T) {
	s, err := tell(filepath.Join(t.TempDir(), "index"), facts[1], facts[11])
	if err != nil {
		t.Fatal(err)
	}
	reads := 0
	for n, more := 0, true; more; n++ {
		var hit string
		if hit, more, err = s.failFile(n, 0); err != nil {
			t.Errorf("operation %d (%s): %v", n, hit, err)
		}
		if strings.HasPrefix(hit, "read") {
			reads++
		}
	}
	if reads < 10 {
		t.Errorf("only %d reads failed", reads)
	}
}
