package sqlite

import (
	"context"
	"fmt"
	"slices"

	"kith/index"
)

// Commit records what this device now holds, in one durable transaction. Each
// record gets the next sequence number, in the order given. A record's Seq says
// which record it was decided on (zero: none); where that is no longer the one
// here, nothing is written for that path and its index is among stale. last is
// the folder's latest sequence number then.
//
// Blocks may be nil where the list of that root is known already.
func (x *Index) Commit(ctx context.Context, id index.FolderID, records []index.Record) (last index.Seq, stale []int, err error) {
	defer x.note(&err, "commit to the index")
	for _, rec := range records {
		if err := wellFormedRecord(rec); err != nil {
			return 0, nil, err
		}
	}
	err = x.write(ctx, id, func(w *write) error {
		at := 0
		err := batches(records, func(batch []index.Record) error {
			old, err := w.commit(batch)
			for _, i := range old {
				stale = append(stale, at+i)
			}
			at += len(batch)
			return err
		})
		last = w.f.seq
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	return last, stale, nil
}

// wellFormedRecord tells why rec cannot be kept: a block list that is not its
// own would send out wrong bytes one day.
func wellFormedRecord(rec index.Record) error {
	if err := wellFormed(rec.File); err != nil {
		return err
	}
	if rec.Kind != index.Regular || rec.Blocks == nil {
		return nil
	}
	size := int64(0)
	for _, b := range rec.Blocks {
		size += int64(b.Size)
	}
	if size != rec.Size || index.RootOf(rec.Blocks) != rec.Root {
		return fmt.Errorf("%s: its blocks are not those of its root", rec.Path)
	}
	return nil
}

// batches calls fn for the parts of values that go into one IN ( ).
func batches[T any](values []T, fn func([]T) error) error {
	for batch := range slices.Chunk(values, maxIn) {
		if err := fn(batch); err != nil {
			return err
		}
	}
	return nil
}

func (w *write) commit(records []index.Record) (stale []int, err error) {
	if err := w.ctx.Err(); err != nil {
		return nil, err
	}
	paths := pathsOf(records, func(r index.Record) index.Path { return r.Path })
	rows, err := w.rows(paths)
	if err != nil {
		return nil, err
	}
	for i, rec := range records {
		r := rows[rec.Path]
		if r.have.Seq != rec.Seq {
			stale = append(stale, i)
			continue
		}
		if err := w.relist(r, &rec.File); err != nil {
			return nil, err
		}
		w.f.seq++
		rec.Seq = w.f.seq
		r.have, r.ours = rec, true
	}
	return stale, w.flushAll(rows, paths)
}

// flushAll writes the rows of paths, in their order.
func (w *write) flushAll(rows map[index.Path]*row, paths []index.Path) error {
	for _, p := range paths {
		r := rows[p]
		if err := w.flush(r); err != nil {
			return err
		}
		r.heard, r.ours = false, false
	}
	return nil
}

func pathsOf[T any](values []T, path func(T) index.Path) []index.Path {
	out := make([]index.Path, len(values))
	for i, v := range values {
		out[i] = path(v)
	}
	return out
}

// Touch updates the Identity of records whose Seq still is the one given. It
// takes no sequence number: nothing changed that others could see.
func (x *Index) Touch(ctx context.Context, id index.FolderID, records []index.Record) (err error) {
	defer x.note(&err, "touch records of the index")
	return x.write(ctx, id, func(w *write) error {
		return batches(records, w.touch)
	})
}

func (w *write) touch(records []index.Record) error {
	rows, err := w.rows(pathsOf(records, func(r index.Record) index.Path { return r.Path }))
	if err != nil {
		return err
	}
	for _, rec := range records {
		r := rows[rec.Path]
		if r.have.Kind == index.Absent || r.have.Seq != rec.Seq || r.have.Identity == rec.Identity {
			continue
		}
		r.have.Identity = rec.Identity
		if err := w.exec(`UPDATE path SET have = ? WHERE id = ?`, encodeRecord(r.have, r.key), r.id); err != nil {
			return err
		}
	}
	return nil
}
