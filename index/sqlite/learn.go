package sqlite

import (
	"context"

	"kith/index"
)

// Learn records, in one transaction, what device says it holds and how far it
// has been heard. fresh: forget first what it said before (another epoch).
// sends: what it holds may be taken from it; otherwise it is a receiver whose
// own changes are nobody's need.
func (x *Index) Learn(ctx context.Context, id index.FolderID, device index.DeviceID, files []index.File, heard index.Cursor, fresh, sends bool) (err error) {
	defer x.note(&err, "learn what "+device.Brief()+" holds")
	for _, f := range files {
		if err := wellFormed(f); err != nil {
			return err
		}
	}
	return x.write(ctx, id, func(w *write) error {
		number, err := w.listen(device, heard, fresh, sends)
		if err != nil {
			return err
		}
		return batches(files, func(batch []index.File) error { return w.learn(number, batch) })
	})
}

// listen returns the ear for a device, a new one if need be.
func (w *write) listen(device index.DeviceID, heard index.Cursor, fresh, sends bool) (uint64, error) {
	number, e := w.f.find(device)
	if fresh && number != 0 {
		delete(w.f.ears, number)
		if err := w.resettle(); err != nil {
			return 0, err
		}
		number, e = 0, ear{}
	}
	turned := number != 0 && e.sends != sends
	if number == 0 {
		w.f.ear++
		number = w.f.ear
	}
	e.device, e.heard, e.sends = device, heard, sends
	w.f.ears[number] = e
	if turned {
		return number, w.resettle()
	}
	return number, nil
}

func (w *write) learn(number uint64, files []index.File) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	paths := pathsOf(files, func(f index.File) index.Path { return f.Path })
	rows, err := w.rows(paths)
	if err != nil {
		return err
	}
	for _, f := range files {
		r := rows[f.Path]
		r.others = append(without(r.others, number), held{number, f})
		r.heard = true
	}
	return w.flushAll(rows, paths)
}

// resettle works out anew what is needed, after ears went or turned. All rows
// that this can change are among those that are not settled.
func (w *write) resettle() error {
	var ids []int64
	err := w.query(`SELECT id FROM path INDEXED BY path_want WHERE folder = ? AND want IS NOT NULL`, []any{w.f.id}, func(scan scanner) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return err
	}
	w.f.need = index.Amount{}
	return batches(ids, w.resettleRows)
}

func (w *write) resettleRows(ids []int64) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	text, args := in(`SELECT `+rowColumns+` FROM path WHERE id IN (%s)`, ids)
	var rows []*row
	err := w.query(text, args, func(scan scanner) error {
		r, err := scanRow(scan, w.f)
		rows = append(rows, r)
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range rows {
		// Its devices' sums do not change: take away what flush adds to them.
		r.before = shareOf(r.have.File, r.others, w.f.sends)
		w.f.need.Files += r.before.need.Files
		w.f.need.Bytes += r.before.need.Bytes
		r.before.want, r.heard = unread, true
		if err := w.flush(r); err != nil {
			return err
		}
	}
	return nil
}

// Heard returns how far device has been heard; zero if never.
func (x *Index) Heard(_ context.Context, id index.FolderID, device index.DeviceID) (index.Cursor, error) {
	f, err := x.folder(id)
	if err != nil {
		return index.Cursor{}, err
	}
	_, e := f.find(device)
	return e.heard, nil
}

// Forget forgets all that device said about the folder.
func (x *Index) Forget(ctx context.Context, id index.FolderID, device index.DeviceID) (err error) {
	defer x.note(&err, "forget what "+device.Brief()+" holds")
	return x.write(ctx, id, func(w *write) error {
		number, _ := w.f.find(device)
		if number == 0 {
			return nil
		}
		delete(w.f.ears, number)
		return w.resettle()
	})
}
