package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"testing"
	"testing/fstest"
)

func openForTest(t *testing.T) *Index {
	t.Helper()
	x, err := Open(filepath.Join(t.TempDir(), "index.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

func (s *statements) number(t *testing.T, text string) (n int) {
	t.Helper()
	if err := s.query(context.Background(), text, nil, func(scan scanner) error { return scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestMigrationDoneAgainDoesNothing(t *testing.T) {
	x := openForTest(t)
	before := x.w.number(t, `PRAGMA schema_version`)
	if err := migrate(t.Context(), x.w, schema); err != nil {
		t.Fatal(err)
	}
	if after := x.w.number(t, `PRAGMA schema_version`); after != before {
		t.Errorf("schema_version went from %d to %d", before, after)
	}
}

func TestMigrationIsAllOrNothing(t *testing.T) {
	x := openForTest(t)
	scripts := fstest.MapFS{"schema/4.sql": {Data: []byte(`CREATE TABLE extra (a); INSERT INTO nowhere VALUES (1);`)}}
	if err := migrateTo(t.Context(), x.w, scripts, 4); err == nil {
		t.Error("a script that cannot run was run")
	}
	version := `PRAGMA user_version`
	tables := `SELECT count(*) FROM sqlite_schema WHERE name = 'extra'`
	if v, n := x.w.number(t, version), x.w.number(t, tables); v != 3 || n != 0 {
		t.Errorf("after half a migration: version %d, %d tables", v, n)
	}
	scripts["schema/4.sql"].Data = []byte(`CREATE TABLE extra (a); INSERT INTO extra VALUES (1);`)
	if err := migrateTo(t.Context(), x.w, scripts, 4); err != nil {
		t.Fatal(err)
	}
	if v, n := x.w.number(t, version), x.w.number(t, tables); v != 4 || n != 1 {
		t.Errorf("after a whole one: version %d, %d tables", v, n)
	}
}

func TestScriptsAndVersionAgree(t *testing.T) {
	names, err := fs.Glob(schema, "schema/*.sql")
	if err != nil || len(names) != schemaVersion {
		t.Errorf("%d scripts for version %d, %v", len(names), schemaVersion, err)
	}
}

func TestNewerInTheLogOnly(t *testing.T) {
	x := openForTest(t)
	if _, err := x.w.exec(t.Context(), `PRAGMA user_version = 99`); err != nil {
		t.Fatal(err)
	}
	if err := migrate(t.Context(), x.w, schema); !errors.Is(err, ErrNewer) {
		t.Errorf("migrate: %v, want ErrNewer", err)
	}
}
