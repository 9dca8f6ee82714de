package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"slices"

	"kith/index"
)

// Find returns up to limit cases below a path, and after another one, in the
// order of Path.Compare: those whose path has the pattern and where something
// lives, here or on another device. It looks at the keys alone: a million in
// some tenths of a second.
func (x *Index) Find(ctx context.Context, id index.FolderID, pattern index.Pattern, under, after index.Path, limit int) ([]index.Case, error) {
	from, end := below(under)
	if next := append(keyOf(after), 0); !after.IsRoot() && bytes.Compare(next, from) > 0 {
		from = next
	}
	return x.lookAt(ctx, id, limit, func(f *folder, most int) (keys [][]byte, err error) {
		err = x.r.query(ctx, `SELECT key FROM path INDEXED BY path_key WHERE folder = ? AND key >= ? AND key < ? ORDER BY key`,
			[]any{f.id, from, end}, func(scan scanner) error {
				var key sql.RawBytes
				if err := scan(&key); err != nil {
					return err
				}
				if !pattern.MatchesBytes(key, 0) {
					return nil
				}
				if keys = append(keys, bytes.Clone(key)); len(keys) == most {
					return errEnough
				}
				return ctx.Err()
			})
		if len(keys) > 0 {
			from = append(slices.Clone(keys[len(keys)-1]), 0)
		}
		return keys, err
	})
}

// Children returns up to limit cases of what lies directly in a directory, after
// a path, in the order of Path.Compare: those where something lives, here or on
// another device. What lies deeper costs nothing.
func (x *Index) Children(ctx context.Context, id index.FolderID, dir, after index.Path, limit int) ([]index.Case, error) {
	from, end := below(dir)
	if !dir.IsRoot() {
		from = append(from, 0)
	}
	prefix := len(from)
	if !after.IsRoot() && after != dir && after.Within(dir) {
		from = append(keyOf(after), 1)
	}
	return x.lookAt(ctx, id, limit, func(f *folder, most int) (keys [][]byte, err error) {
		err = x.r.query(ctx, selectChildren, []any{f.id, from, end, prefix, most}, func(scan scanner) error {
			var key sql.RawBytes
			if err := scan(&key); err != nil {
				return err
			}
			keys = append(keys, bytes.Clone(key))
			return ctx.Err()
		})
		if err == nil && len(keys) == most {
			from = append(slices.Clone(keys[most-1]), 1)
			err = errEnough
		}
		return keys, err
	})
}

// selectChildren steps from one child of a directory to the next, over all that
// lies below it: ?4 is how many bytes of a key name the directory. A child that
// is not known itself is named by what lies below it.
const selectChildren = `
WITH RECURSIVE step (name) AS (
	SELECT (SELECT ` + childName + ` FROM path INDEXED BY path_key WHERE folder = ?1 AND key >= ?2 AND key < ?3 ORDER BY key LIMIT 1)
	UNION ALL
	SELECT (SELECT ` + childName + ` FROM path INDEXED BY path_key WHERE folder = ?1 AND key >= CAST(name || x'01' AS BLOB) AND key < ?3 ORDER BY key LIMIT 1)
	FROM step WHERE name IS NOT NULL
)
SELECT name FROM step WHERE name IS NOT NULL LIMIT ?5`

const childName = `substr(key, 1, ?4 + instr(CAST(substr(key, ?4 + 1) || x'00' AS BLOB), x'00') - 1)`

// lookAt returns up to limit cases, of the keys that more gives out, where
// something lives. errEnough says that there may be others behind them.
func (x *Index) lookAt(ctx context.Context, id index.FolderID, limit int, more func(f *folder, most int) ([][]byte, error)) (out []index.Case, err error) {
	defer x.note(&err, "look through the index")
	for len(out) < limit {
		f, err := x.folder(id)
		if err != nil {
			return nil, err
		}
		keys, last := more(f, limit-len(out))
		if last != nil && !errors.Is(last, errEnough) {
			return nil, last
		}
		paths := make([]index.Path, len(keys))
		for i, key := range keys {
			if paths[i], err = pathOf(key); err != nil {
				return nil, err
			}
		}
		cases, err := x.Cases(ctx, id, paths)
		if err != nil {
			return nil, err
		}
		for _, c := range cases {
			if c.Live() {
				out = append(out, c)
			}
		}
		if last == nil {
			break
		}
	}
	return out, nil
}
