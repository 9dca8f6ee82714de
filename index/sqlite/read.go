package sqlite

import (
	"context"
	"database/sql"
	"math"
	"slices"

	"kith/index"
)

// page is how many rows are read at a time where all are asked for.
const page = 1000

// selectRecord and selectWithBlocks are the beginnings of queries for records.
// Each says by which index it looks: SQLite would guess wrong at times, and look
// at every row. The second one adds block lists of up to so many blocks, its
// first argument.
func selectRecord(by string) string {
	return `SELECT p.key, p.seq, p.have, 0, NULL FROM path p INDEXED BY ` + by
}

func selectWithBlocks(by string) string {
	return `SELECT p.key, p.seq, p.have, coalesce(l.n, 0), l.blocks FROM path p INDEXED BY ` + by +
		` LEFT JOIN list l ON l.id = p.list AND l.n <= ?`
}

// scanRecord decodes a row of one of the texts above. Blocks is set for files
// of up to most blocks.
func scanRecord(scan scanner, most int) (index.Record, error) {
	var seq, n int64
	var key, have, blocks sql.RawBytes
	if err := scan(&key, &seq, &have, &n, &blocks); err != nil {
		return index.Record{}, err
	}
	p, err := pathOf(key)
	if err != nil {
		return index.Record{}, err
	}
	rec, err := decodeRecord(have, key, p, index.Seq(seq))
	if err != nil || rec.Kind != index.Regular {
		return rec, err
	}
	if n > 0 {
		rec.Blocks, err = decodeBlocks(blocks, uint64(n))
	}
	if len(rec.Blocks) > most {
		rec.Blocks = nil
	}
	return rec, err
}

func (x *Index) reading(ctx context.Context) querier {
	return func(text string, args []any, fn func(scanner) error) error { return x.r.query(ctx, text, args, fn) }
}

// Get returns our records of the paths, in their order; Kind Absent where there
// is none. Blocks are left out unless asked for.
func (x *Index) Get(ctx context.Context, id index.FolderID, paths []index.Path, blocks bool) (out []index.Record, err error) {
	defer x.note(&err, "read records of the index")
	f, err := x.folder(id)
	if err != nil {
		return nil, err
	}
	text, args, most := selectRecord(`path_key`), []any{f.id}, 0
	if blocks {
		text, args, most = selectWithBlocks(`path_key`), []any{math.MaxInt32, f.id}, math.MaxInt32
	}
	out = make([]index.Record, 0, len(paths))
	err = batches(paths, func(batch []index.Path) error {
		text, keys := in(text+` WHERE p.folder = ? AND p.key IN (%s) AND p.seq IS NOT NULL`, keysOf(batch))
		found := make(map[index.Path]index.Record, len(batch))
		err := x.r.query(ctx, text, slices.Concat(args, keys), func(scan scanner) error {
			rec, err := scanRecord(scan, most)
			found[rec.Path] = rec
			return err
		})
		for _, p := range batch {
			out = append(out, found[p])
		}
		return err
	})
	return out, err
}

// List calls fn for our records at and below a path, in the order of
// Path.Compare, deleted ones included, without Blocks. fn may call the Index:
// records are read a page at a time, and nothing is held meanwhile.
func (x *Index) List(ctx context.Context, id index.FolderID, under index.Path, fn func(index.Record) error) error {
	after, end := below(under)
	for {
		records, err := x.listPage(ctx, id, after, end)
		if err != nil {
			return err
		}
		for _, rec := range records {
			if err := fn(rec); err != nil {
				return err
			}
		}
		if len(records) < page {
			return nil
		}
		after = append(keyOf(records[page-1].Path), 0)
	}
}

// below returns the keys from which, and up to which, lie a path and all below it.
func below(p index.Path) (from, end []byte) {
	from = keyOf(p)
	if p.IsRoot() {
		return from, []byte{0xff} // in no valid UTF-8
	}
	return from, append(slices.Clone(from), 1)
}

func (x *Index) listPage(ctx context.Context, id index.FolderID, from, end []byte) (out []index.Record, err error) {
	defer x.note(&err, "list the index")
	f, err := x.folder(id)
	if err != nil {
		return nil, err
	}
	text := selectRecord(`path_key`) + ` WHERE p.folder = ? AND p.key >= ? AND p.key < ? AND p.seq IS NOT NULL ORDER BY p.key LIMIT ?`
	err = x.r.query(ctx, text, []any{f.id, from, end, page}, func(scan scanner) error {
		rec, err := scanRecord(scan, 0)
		out = append(out, rec)
		return err
	})
	return out, err
}

// Since returns up to limit of our records after a sequence number, in that
// order, with Blocks if they are at most inline many.
func (x *Index) Since(ctx context.Context, id index.FolderID, after index.Seq, limit, inline int) (out []index.Record, err error) {
	defer x.note(&err, "read changes of the index")
	f, err := x.folder(id)
	if err != nil {
		return nil, err
	}
	after = min(after, math.MaxInt64) // another device names it
	text := selectWithBlocks(`path_seq`) + ` WHERE p.folder = ? AND p.seq > ? ORDER BY p.seq LIMIT ?`
	err = x.r.query(ctx, text, []any{inline, f.id, int64(after), limit}, func(scan scanner) error {
		rec, err := scanRecord(scan, inline)
		out = append(out, rec)
		return err
	})
	return out, err
}

// Cases returns all that is known about the paths, in their order, without our Blocks.
func (x *Index) Cases(ctx context.Context, id index.FolderID, paths []index.Path) (out []index.Case, err error) {
	defer x.note(&err, "read cases of the index")
	f, err := x.folder(id)
	if err != nil {
		return nil, err
	}
	out = make([]index.Case, 0, len(paths))
	err = batches(paths, func(batch []index.Path) error {
		text, keys := in(`SELECT `+rowColumns+` FROM path INDEXED BY path_key WHERE folder = ? AND key IN (%s)`, keysOf(batch))
		found := make(map[index.Path]index.Case, len(batch))
		err := x.r.query(ctx, text, append([]any{f.id}, keys...), func(scan scanner) error {
			c, err := scanCase(scan, f)
			found[c.Path] = c
			return err
		})
		for _, p := range batch {
			c := found[p]
			c.Path = p
			out = append(out, c)
		}
		return err
	})
	return out, err
}

// Needs returns up to limit cases after a path, in the order of Path.Compare,
// in which a device that sends holds a version not contained in ours. gone
// selects those where all such versions are deletions, or those where one at
// least is not.
func (x *Index) Needs(ctx context.Context, id index.FolderID, after index.Path, limit int, gone bool) (out []index.Case, err error) {
	defer x.note(&err, "read needs of the index")
	f, err := x.folder(id)
	if err != nil {
		return nil, err
	}
	which := wantLive
	if gone {
		which = wantGone
	}
	text := `SELECT ` + rowColumns + ` FROM path INDEXED BY path_want WHERE folder = ? AND want = ? AND key > ? ORDER BY key LIMIT ?`
	err = x.r.query(ctx, text, []any{f.id, which.value(), keyOf(after), limit}, func(scan scanner) error {
		c, err := scanCase(scan, f)
		out = append(out, c)
		return err
	})
	return out, err
}

func scanCase(scan scanner, f *folder) (index.Case, error) {
	r, err := scanRow(scan, f)
	if err != nil {
		return index.Case{}, err
	}
	c := index.Case{Path: r.path, Have: r.have}
	c.Have.Blocks = nil
	for _, o := range r.others {
		c.Others = append(c.Others, index.Holding{Device: f.ears[o.ear].device, File: o.file})
	}
	slices.SortFunc(c.Others, func(a, b index.Holding) int { return a.Device.Compare(b.Device) })
	return c, nil
}

// Totals counts what is here, what we need from devices that send, and, for
// each device heard, what it lacks of ours. It reads nothing: the sums are kept.
func (x *Index) Totals(_ context.Context, id index.FolderID) (index.Totals, error) {
	f, err := x.folder(id)
	if err != nil {
		return index.Totals{}, err
	}
	return f.totals(), nil
}
