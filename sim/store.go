package sim

import (
	"context"
	"fmt"

	"kith/index"
	"kith/syncer"
)

// store is a life's way to its index. What it does not frame passes unseen.
type store struct {
	l *life
	syncer.Store
}

var _ syncer.Store = (*store)(nil)

func (s *store) Open(ctx context.Context, id index.FolderID, fresh index.Epoch) (index.Cursor, error) {
	if err := s.l.enter("index open", ""); err != nil {
		return index.Cursor{}, err
	}
	return s.Store.Open(ctx, id, fresh)
}

func (s *store) Renew(ctx context.Context, id index.FolderID, epoch index.Epoch) error {
	return s.change("renew", "", func() error {
		err := s.Store.Renew(ctx, id, epoch)
		if err == nil {
			s.l.d.w.ledger.renewed(s.l.d)
		}
		return err
	})
}

func (s *store) Drop(ctx context.Context, id index.FolderID) error {
	return s.change("drop", "", func() error { return s.Store.Drop(ctx, id) })
}

// change frames an operation that writes.
func (s *store) change(op, about string, fn func() error) error {
	if err := s.l.enter(op, about); err != nil {
		return err
	}
	if err := s.l.d.storeFault(); err != nil {
		return err
	}
	s.l.d.remember()
	if err := fn(); err != nil {
		return err
	}
	return s.l.leave(op, about)
}

func (s *store) Commit(ctx context.Context, id index.FolderID, records []index.Record) (last index.Seq, stale []int, err error) {
	about := ""
	for _, r := range records {
		about += fmt.Sprintf("%s %s %s; ", r.Path, r.Kind, r.Version)
	}
	err = s.change("commit", about, func() (err error) {
		last, stale, err = s.Store.Commit(ctx, id, records)
		if err == nil {
			s.l.d.w.ledger.committed(s.l.d, records, stale)
		}
		return err
	})
	return last, stale, err
}

func (s *store) Touch(ctx context.Context, id index.FolderID, records []index.Record) error {
	return s.change("touch", "", func() error {
		err := s.Store.Touch(ctx, id, records)
		if err == nil {
			s.l.d.w.ledger.looked(s.l.d, records)
		}
		return err
	})
}

func (s *store) Learn(ctx context.Context, id index.FolderID, device index.DeviceID, files []index.File, heard index.Cursor, fresh, sends bool) error {
	about := device.Brief()
	for _, f := range files {
		about += fmt.Sprintf(" %s %s %s;", f.Path, f.Kind, f.Version)
	}
	return s.change("learn", about, func() error {
		err := s.Store.Learn(ctx, id, device, files, heard, fresh, sends)
		if err == nil {
			s.l.d.w.ledger.learnt(s.l.d, s.l.d.w.called(device), files)
		}
		return err
	})
}

// first is what an operation on some paths is about.
func first(paths []index.Path) string {
	if len(paths) == 0 {
		return ""
	}
	return paths[0].String()
}

func (s *store) Heard(ctx context.Context, id index.FolderID, device index.DeviceID) (index.Cursor, error) {
	if err := s.l.enter("heard", device.Brief()); err != nil {
		return index.Cursor{}, err
	}
	return s.Store.Heard(ctx, id, device)
}

func (s *store) Forget(ctx context.Context, id index.FolderID, device index.DeviceID) error {
	return s.change("forget", device.Brief(), func() error { return s.Store.Forget(ctx, id, device) })
}

func (s *store) Get(ctx context.Context, id index.FolderID, paths []index.Path, blocks bool) ([]index.Record, error) {
	if err := s.l.enter("get", first(paths)); err != nil {
		return nil, err
	}
	return s.Store.Get(ctx, id, paths, blocks)
}

func (s *store) List(ctx context.Context, id index.FolderID, under index.Path, fn func(index.Record) error) error {
	if err := s.l.enter("list", under.String()); err != nil {
		return err
	}
	return s.Store.List(ctx, id, under, fn)
}

func (s *store) Since(ctx context.Context, id index.FolderID, after index.Seq, limit, inline int) ([]index.Record, error) {
	if err := s.l.enter("since", ""); err != nil {
		return nil, err
	}
	return s.Store.Since(ctx, id, after, limit, inline)
}

func (s *store) Cases(ctx context.Context, id index.FolderID, paths []index.Path) ([]index.Case, error) {
	if err := s.l.enter("cases", first(paths)); err != nil {
		return nil, err
	}
	return s.Store.Cases(ctx, id, paths)
}

func (s *store) Needs(ctx context.Context, id index.FolderID, after index.Path, limit int, gone bool) ([]index.Case, error) {
	if err := s.l.enter("needs", ""); err != nil {
		return nil, err
	}
	return s.Store.Needs(ctx, id, after, limit, gone)
}

func (s *store) WithRoot(ctx context.Context, id index.FolderID, roots []index.Hash) ([]index.Record, error) {
	if err := s.l.enter("with root", ""); err != nil {
		return nil, err
	}
	return s.Store.WithRoot(ctx, id, roots)
}

func (s *store) Blocks(ctx context.Context, id index.FolderID, root index.Hash) ([]index.Block, bool, error) {
	if err := s.l.enter("blocks", ""); err != nil {
		return nil, false, err
	}
	return s.Store.Blocks(ctx, id, root)
}

func (s *store) Locate(ctx context.Context, id index.FolderID, blocks []index.Block) ([]syncer.Place, error) {
	if err := s.l.enter("locate", ""); err != nil {
		return nil, err
	}
	return s.Store.Locate(ctx, id, blocks)
}

func (s *store) Totals(ctx context.Context, id index.FolderID) (index.Totals, error) {
	if s.l.dead.Load() {
		return index.Totals{}, errDead
	}
	return s.Store.Totals(ctx, id)
}

func (s *store) Value(ctx context.Context, id index.FolderID, name string) (string, error) {
	if err := s.l.enter("value", name); err != nil {
		return "", err
	}
	return s.Store.Value(ctx, id, name)
}

func (s *store) SetValue(ctx context.Context, id index.FolderID, name, value string) error {
	return s.change("set", name, func() error { return s.Store.SetValue(ctx, id, name, value) })
}
