package sqlite

import (
	"context"
	"errors"

	"kith/index"
)

// noEpoch is that of a folder whose last one has ended.
const noEpoch index.Epoch = 0

// Open makes the folder known and returns the epoch and the latest sequence
// number of our own index of it. A folder that is new, or whose epoch has ended, gets
// the given one.
func (x *Index) Open(ctx context.Context, id index.FolderID, fresh index.Epoch) (c index.Cursor, err error) {
	defer x.note(&err, "open folder "+id.Brief()+" in the index")
	x.writing.Lock()
	defer x.writing.Unlock()
	f, err := x.folder(id)
	switch {
	case err != nil:
		f, err = x.create(ctx, id, fresh)
	case f.epoch == noEpoch && fresh != noEpoch:
		f, err = x.writeInTurn(ctx, f, func(w *write) error {
			w.f.epoch = fresh
			return nil
		})
	}
	if err != nil {
		return index.Cursor{}, err
	}
	return index.Cursor{Epoch: f.epoch, Seq: f.seq}, nil
}

func (x *Index) create(ctx context.Context, id index.FolderID, epoch index.Epoch) (*folder, error) {
	f := &folder{name: id, epoch: epoch, ears: map[uint64]ear{}}
	err := x.w.transaction(ctx, func() error {
		res, err := x.w.exec(ctx, `INSERT INTO folder
			(name, epoch, seq, ear, files, bytes, directories, need_files, need_bytes, crc)
			VALUES (?, ?, 0, 0, 0, 0, 0, 0, 0, ?)`, id[:], epoch, sum(id[:], f.numbers()))
		if err == nil {
			f.id, err = res.LastInsertId()
		}
		return err
	})
	if err != nil {
		return nil, errors.Join(err, x.load(context.WithoutCancel(ctx))) // it may be there all the same
	}
	x.replace(id, f)
	return f, nil
}

// Renew starts a new epoch of our own index: sequence numbers go on. Zero ends the
// last one: the next Open gives a new one.
func (x *Index) Renew(ctx context.Context, id index.FolderID, epoch index.Epoch) (err error) {
	defer x.note(&err, "renew folder "+id.Brief()+" in the index")
	return x.write(ctx, id, func(w *write) error {
		w.f.epoch = epoch
		return nil
	})
}

// Drop forgets all about a folder. When it returns, the folder is gone; if ctx
// ended meanwhile, some of its rows are removed at the next start.
func (x *Index) Drop(ctx context.Context, id index.FolderID) (err error) {
	defer x.note(&err, "drop folder "+id.Brief()+" from the index")
	x.writing.Lock()
	defer x.writing.Unlock()
	f, err := x.folder(id)
	if err != nil {
		return nil
	}
	if err := x.strike(ctx, f.id); err != nil {
		return errors.Join(err, x.load(context.WithoutCancel(ctx))) // it may be gone all the same
	}
	x.replace(id, nil)
	return x.sweep(ctx, f.id)
}

// strike makes a folder one that was dropped, whose rows remain to be removed.
func (x *Index) strike(ctx context.Context, folder int64) error {
	return x.w.transaction(ctx, func() error {
		for _, text := range []string{
			`INSERT INTO dropped (folder) VALUES (?)`,
			`DELETE FROM folder WHERE id = ?`,
			`DELETE FROM device WHERE folder = ?`,
			`DELETE FROM note WHERE folder = ?`,
		} {
			if _, err := x.w.exec(ctx, text, folder); err != nil {
				return err
			}
		}
		return nil
	})
}

// sweepDropped removes what is left of folders that were dropped.
func (x *Index) sweepDropped(ctx context.Context) error {
	var ids []int64
	err := x.w.query(ctx, `SELECT folder FROM dropped`, nil, func(scan scanner) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	for _, id := range ids {
		if err == nil {
			err = x.sweep(ctx, id)
		}
	}
	return err
}

// sweep removes the rows of a dropped folder, a page in each transaction.
func (x *Index) sweep(ctx context.Context, folder int64) error {
	for {
		n, err := x.execCount(ctx, `DELETE FROM path WHERE id IN (SELECT id FROM path WHERE folder = ? LIMIT ?)`, folder, page)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	for {
		n, err := x.sweepLists(ctx, folder)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	_, err := x.w.exec(ctx, `DELETE FROM dropped WHERE folder = ?`, folder)
	return err
}

// sweepLists removes some of the block lists of a dropped folder.
func (x *Index) sweepLists(ctx context.Context, folder int64) (n int, err error) {
	w := &write{ctx: ctx, x: x}
	err = x.w.transaction(ctx, func() error {
		var lists []blockList
		err := w.query(`SELECT id, n, blocks FROM list WHERE folder = ? LIMIT ?`, []any{folder, maxIn}, func(scan scanner) error {
			l, err := scanList(scan)
			lists = append(lists, l)
			return err
		})
		for _, l := range lists {
			if err == nil {
				err = w.removeList(l)
			}
		}
		n = len(lists)
		return err
	})
	return n, err
}

func (x *Index) execCount(ctx context.Context, text string, args ...any) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	res, err := x.w.exec(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Value returns a note of the engine's; "" if there is none.
func (x *Index) Value(ctx context.Context, id index.FolderID, name string) (value string, err error) {
	defer x.note(&err, "read a note from the index")
	f, err := x.folder(id)
	if err != nil {
		return "", err
	}
	err = x.r.query(ctx, `SELECT value FROM note WHERE folder = ? AND name = ?`, []any{f.id, name},
		func(scan scanner) error { return scan(&value) })
	return value, err
}

// SetValue keeps a small note of the engine's by name, durably.
func (x *Index) SetValue(ctx context.Context, id index.FolderID, name, value string) (err error) {
	defer x.note(&err, "write a note to the index")
	return x.write(ctx, id, func(w *write) error {
		return w.exec(`INSERT OR REPLACE INTO note (folder, name, value) VALUES (?, ?, ?)`, w.f.id, name, value)
	})
}
