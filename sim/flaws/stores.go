package flaws

import (
	"context"
	"fmt"
	"slices"

	"kith/index"
	"kith/sim"
	"kith/syncer"
)

type freshIsLive struct{ syncer.Store }

func (s freshIsLive) Learn(ctx context.Context, id index.FolderID, d index.DeviceID, files []index.File, heard index.Cursor, fresh, sends bool) error {
	if fresh {
		files = slices.DeleteFunc(slices.Clone(files), func(f index.File) bool { return f.Kind == index.Deleted })
	}
	return s.Store.Learn(ctx, id, d, files, heard, fresh, sends)
}

type neverFresh struct{ syncer.Store }

func (s neverFresh) Learn(ctx context.Context, id index.FolderID, d index.DeviceID, files []index.File, heard index.Cursor, _, sends bool) error {
	return s.Store.Learn(ctx, id, d, files, heard, false, sends)
}

type noCompare struct{ syncer.Store }

func (s noCompare) Commit(ctx context.Context, id index.FolderID, records []index.Record) (index.Seq, []int, error) {
	records = slices.Clone(records)
	for i := range records {
		now, err := s.Get(ctx, id, []index.Path{records[i].Path}, false)
		if err != nil {
			return 0, nil, err
		}
		records[i].Seq = now[0].Seq
	}
	return s.Store.Commit(ctx, id, records)
}

type forgetful struct {
	syncer.Store
	n int
}

func (s *forgetful) Commit(ctx context.Context, id index.FolderID, records []index.Record) (index.Seq, []int, error) {
	if s.n++; s.n%7 == 0 {
		records = records[:len(records)/2]
	}
	return s.Store.Commit(ctx, id, records)
}

type halfDeaf struct{ syncer.Store }

func (s halfDeaf) Learn(ctx context.Context, id index.FolderID, d index.DeviceID, files []index.File, heard index.Cursor, fresh, sends bool) error {
	if len(files) > 1 {
		files = files[:len(files)-1]
	}
	return s.Store.Learn(ctx, id, d, files, heard, fresh, sends)
}

type boldTouch struct{ syncer.Store }

func (s boldTouch) Get(ctx context.Context, id index.FolderID, paths []index.Path, blocks bool) ([]index.Record, error) {
	recs, err := s.Store.Get(ctx, id, paths, blocks)
	for i := range recs {
		recs[i].Identity.Changed, recs[i].Identity.Modified = 0, 0
	}
	return recs, err
}

type hoarder struct{ syncer.Store }

func (s hoarder) Needs(ctx context.Context, id index.FolderID, after index.Path, limit int, gone bool) ([]index.Case, error) {
	if gone {
		return nil, nil
	}
	return s.Store.Needs(ctx, id, after, limit, gone)
}

// shortMemory notes nothing of what is left where something else should be.
type shortMemory struct{ syncer.Store }

func (s shortMemory) SetValue(ctx context.Context, id index.FolderID, name, value string) error {
	if name == "remains" {
		return nil
	}
	return s.Store.SetValue(ctx, id, name, value)
}

// onCommit changes the records that are written, knowing what is there.
func onCommit(fn func(s syncer.Store, r *index.Record, had index.Record)) sim.Flaw {
	return onStore(func(s syncer.Store) syncer.Store { return otherRecords{s, fn} })
}

type otherRecords struct {
	syncer.Store
	fn func(s syncer.Store, r *index.Record, had index.Record)
}

func (s otherRecords) Commit(ctx context.Context, id index.FolderID, records []index.Record) (index.Seq, []int, error) {
	records = slices.Clone(records)
	for i := range records {
		had, err := s.Get(ctx, id, []index.Path{records[i].Path}, false)
		if err != nil {
			return 0, nil, err
		}
		s.fn(s.Store, &records[i], had[0])
	}
	return s.Store.Commit(ctx, id, records)
}

// onLearn changes what is heard, knowing what is here.
func onLearn(fn func(f *index.File, had index.Record)) sim.Flaw {
	return onStore(func(s syncer.Store) syncer.Store { return otherNews{s, fn} })
}

type otherNews struct {
	syncer.Store
	fn func(f *index.File, had index.Record)
}

func (s otherNews) Learn(ctx context.Context, id index.FolderID, d index.DeviceID, files []index.File, heard index.Cursor, fresh, sends bool) error {
	files = slices.Clone(files)
	for i := range files {
		had, err := s.Get(ctx, id, []index.Path{files[i].Path}, false)
		if err != nil {
			return fmt.Errorf("learn: %w", err)
		}
		s.fn(&files[i], had[0])
	}
	return s.Store.Learn(ctx, id, d, files, heard, fresh, sends)
}
