package sqlite

import (
	"context"
	"fmt"
	"maps"

	"kith/index"
)

// Audit works out from the rows alone all that is kept up to date beside them,
// and returns the first thing that differs.
func (x *Index) Audit() error {
	x.writing.Lock()
	defer x.writing.Unlock()
	for _, text := range []string{
		`WITH used (id) AS (SELECT list FROM path WHERE list IS NOT NULL UNION ALL SELECT prev FROM path WHERE prev IS NOT NULL),
			counted (id, n) AS MATERIALIZED (SELECT id, count(*) FROM used GROUP BY id)
			SELECT 'list ' || l.id || ' has ' || refs || ' references' FROM list l LEFT JOIN counted c ON c.id = l.id
			WHERE refs <> coalesce(c.n, 0)`,
		`SELECT 'list ' || id || ' has no folder' FROM list WHERE folder NOT IN (SELECT id FROM folder)`,
		`SELECT 'chunk of list ' || list || ' has none' FROM chunk WHERE list NOT IN (SELECT id FROM list WHERE n > 1)`,
		`SELECT 'path ' || id || ' has no folder' FROM path WHERE folder NOT IN (SELECT id FROM folder)`,
		`SELECT 'path ' || id || ' is empty' FROM path WHERE have IS NULL AND want IS NULL`,
		`SELECT 'structure: ' || integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'`,
	} {
		err := x.w.query(context.Background(), text, nil, func(scan scanner) error {
			var what string
			if err := scan(&what); err != nil {
				return err
			}
			return fmt.Errorf("audit: %s", what)
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
		err = fmt.Errorf("audit: the paths of %s add up to %+v, not %+v", id.Brief(), sums, f)
	}
	return err
}
