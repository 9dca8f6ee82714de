package sqlite

import (
	"context"
	"errors"
	"maps"

	"kith/index"
)

// write is one transaction on one folder.
type write struct {
	ctx   context.Context
	x     *Index
	f     *folder // our copy; it is published when the transaction is durable
	fresh map[index.Hash]index.Block
}

// transaction runs fn between BEGIN and COMMIT, or ROLLBACK if it fails.
func (s *statements) transaction(ctx context.Context, fn func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := s.exec(ctx, `BEGIN IMMEDIATE`)
	if err == nil {
		err = fn()
	}
	if err == nil {
		_, err = s.exec(ctx, `COMMIT`)
	}
	if err != nil {
		// It fails where SQLite has rolled back already, or never begun.
		_, _ = s.exec(ctx, `ROLLBACK`)
	}
	return err
}

// write runs fn in a transaction and publishes what became of the folder.
func (x *Index) write(ctx context.Context, id index.FolderID, fn func(*write) error) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	before, err := x.folder(id)
	if err == nil {
		_, err = x.writeInTurn(ctx, before, fn)
	}
	return err
}

// writeInTurn is write for who holds x.writing; it returns what became of the folder.
func (x *Index) writeInTurn(ctx context.Context, before *folder, fn func(*write) error) (*folder, error) {
	w := &write{ctx: ctx, x: x, f: before.clone(), fresh: map[index.Hash]index.Block{}}
	err := x.w.transaction(ctx, func() error {
		if err := fn(w); err != nil {
			return err
		}
		return w.save(before)
	})
	if err != nil { // a COMMIT that failed may have become durable all the same
		return nil, errors.Join(err, x.load(context.WithoutCancel(ctx)))
	}
	x.replace(before.name, w.f)
	return w.f, nil
}

// replace shows the new state of one folder; nil for one that is gone.
func (x *Index) replace(id index.FolderID, f *folder) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.folders = maps.Clone(x.folders)
	if f == nil {
		delete(x.folders, id)
		return
	}
	x.folders[id] = f
}

func (w *write) exec(text string, args ...any) error {
	_, err := w.x.w.exec(w.ctx, text, args...)
	return err
}

func (w *write) query(text string, args []any, fn func(scanner) error) error {
	return w.x.w.query(w.ctx, text, args, fn)
}
