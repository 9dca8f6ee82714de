package sqlite

import (
	"context"
	"fmt"
	"io/fs"
)

// schemaVersion is the PRAGMA user_version of a database that this program
// reads: how many scripts schema/1.sql, schema/2.sql, … it has been through.
const schemaVersion = 3

func checkVersion(version int) error {
	switch {
	case version > schemaVersion:
		return fmt.Errorf("%w: it has version %d, this program knows %d; install the newer one again", ErrNewer, version, schemaVersion)
	case version < 0:
		return fmt.Errorf("%w: version %d", ErrCorrupt, version)
	}
	return nil
}

// migrate runs the scripts that the database has not been through, each in one
// transaction with the number that says so: whenever it is interrupted, it goes
// on from there.
func migrate(ctx context.Context, s *statements, scripts fs.FS) error {
	version := 0
	err := s.query(ctx, `PRAGMA user_version`, nil, func(scan scanner) error { return scan(&version) })
	if err == nil {
		err = checkVersion(version)
	}
	for v := version + 1; err == nil && v <= schemaVersion; v++ {
		err = migrateTo(ctx, s, scripts, v)
	}
	return err
}

func migrateTo(ctx context.Context, s *statements, scripts fs.FS, version int) error {
	script, err := fs.ReadFile(scripts, fmt.Sprintf("schema/%d.sql", version))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	text := fmt.Sprintf("%s;\nPRAGMA application_id = %d;\nPRAGMA user_version = %d;", script, applicationID, version)
	return s.transaction(ctx, func() error {
		if _, err := s.exec(ctx, text); err != nil {
			return fmt.Errorf("migrate to version %d: %w", version, err)
		}
		return nil
	})
}
