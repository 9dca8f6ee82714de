package sqlite

import (
	"database/sql"

	"kith/index"
)

// row is a row of path, decoded.
type row struct {
	id     int64 // zero: not in the database yet
	key    []byte
	path   index.Path
	have   index.Record // Blocks: those of a single file
	others []held
	list   int64 // zero: none
	prev   int64

	before share // what it added up to when it was read
	// What is to be written: nothing, the columns that say what others hold, or all.
	heard, ours bool
}

const rowColumns = `id, key, coalesce(seq, 0), coalesce(list, 0), coalesce(prev, 0), have, others`

// scanRow decodes a row of rowColumns. Holdings of ears that f does not have
// are left out.
func scanRow(scan scanner, f *folder) (*row, error) {
	r := &row{}
	var seq int64
	var key, have, others sql.RawBytes
	if err := scan(&r.id, &key, &seq, &r.list, &r.prev, &have, &others); err != nil {
		return nil, err
	}
	r.key = append(r.key, key...)
	var err error
	if r.path, err = pathOf(r.key); err != nil {
		return nil, err
	}
	if have != nil {
		if r.have, err = decodeRecord(have, r.key, r.path, index.Seq(seq)); err != nil {
			return nil, err
		}
	}
	if r.others, err = decodeOthers(others, r.key, r.have.File, r.path); err != nil {
		return nil, err
	}
	kept := r.others[:0]
	for _, o := range r.others {
		if _, ok := f.ears[o.ear]; ok {
			kept = append(kept, o)
		}
	}
	r.others = kept
	return r, nil
}

// rows reads what is known about paths, by key. There is a row for each: an
// empty one where nothing is known.
func (w *write) rows(paths []index.Path) (map[index.Path]*row, error) {
	keys := keysOf(paths)
	text, args := in(`SELECT `+rowColumns+` FROM path INDEXED BY path_key WHERE folder = ? AND key IN (%s)`, keys)
	out := make(map[index.Path]*row, len(paths))
	err := w.query(text, append([]any{w.f.id}, args...), func(scan scanner) error {
		r, err := scanRow(scan, w.f)
		if err == nil {
			r.before = shareOf(r.have.File, r.others, w.f.sends)
			out[r.path] = r
		}
		return err
	})
	for i, p := range paths {
		if out[p] == nil {
			out[p] = &row{key: keys[i], path: p, before: share{want: settled}}
		}
	}
	return out, err
}

// flush writes a row that changed, and what that does to the sums.
func (w *write) flush(r *row) error {
	if !r.heard && !r.ours {
		return nil
	}
	now := shareOf(r.have.File, r.others, w.f.sends)
	w.f.add(r.before, -1)
	w.f.add(now, 1)
	others := encodeOthers(r.others, r.have.File, r.key)
	switch {
	case r.have.Kind == index.Absent && len(r.others) == 0:
		if r.id == 0 {
			return nil
		}
		return w.exec(`DELETE FROM path WHERE id = ?`, r.id)
	case r.id == 0:
		return w.exec(`INSERT INTO path (seq, root, list, prev, have, want, others, folder, key)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, append(r.oursColumns(), now.want.value(), others, w.f.id, r.key)...)
	case r.ours:
		return w.exec(`UPDATE path SET seq = ?, root = ?, list = ?, prev = ?, have = ?, want = ?, others = ?
			WHERE id = ?`, append(r.oursColumns(), now.want.value(), others, r.id)...)
	case now.want == r.before.want:
		return w.exec(`UPDATE path SET others = ? WHERE id = ?`, others, r.id)
	}
	return w.exec(`UPDATE path SET want = ?, others = ? WHERE id = ?`, now.want.value(), others, r.id)
}

// oursColumns are seq, root, list, prev and have.
func (r *row) oursColumns() []any {
	out := make([]any, 5, 9)
	if r.have.Kind == index.Absent {
		return out
	}
	out[0] = int64(r.have.Seq)
	if r.have.Kind == index.Regular {
		out[1] = brief48(r.have.Root)
	}
	for i, id := range []int64{r.list, r.prev} {
		if id != 0 {
			out[2+i] = id
		}
	}
	out[4] = encodeRecord(r.have, r.key)
	return out
}
