// Package indextest proves stores of an index: one script of operations which
// every store must pass, and a store in memory to compare with and to test
// others on.
package indextest

import (
	"context"

	"kith/index"
)

// Store is what the engine asks of an index; its own declaration gives the
// contract. It is declared here once more so that tests inside the engine's
// package can use this one.
type Store interface {
	Open(ctx context.Context, folder index.FolderID, fresh index.Epoch) (index.Cursor, error)
	Renew(ctx context.Context, folder index.FolderID, epoch index.Epoch) error
	Drop(ctx context.Context, folder index.FolderID) error
	Commit(ctx context.Context, folder index.FolderID, records []index.Record) (last index.Seq, stale []int, err error)
	Touch(ctx context.Context, folder index.FolderID, records []index.Record) error
	Learn(ctx context.Context, folder index.FolderID, device index.DeviceID, files []index.File, heard index.Cursor, fresh, sends bool) error
	Heard(ctx context.Context, folder index.FolderID, device index.DeviceID) (index.Cursor, error)
	Forget(ctx context.Context, folder index.FolderID, device index.DeviceID) error
	Get(ctx context.Context, folder index.FolderID, paths []index.Path, blocks bool) ([]index.Record, error)
	List(ctx context.Context, folder index.FolderID, under index.Path, fn func(index.Record) error) error
	Since(ctx context.Context, folder index.FolderID, after index.Seq, limit, inline int) ([]index.Record, error)
	Cases(ctx context.Context, folder index.FolderID, paths []index.Path) ([]index.Case, error)
	Needs(ctx context.Context, folder index.FolderID, after index.Path, limit int, gone bool) ([]index.Case, error)
	Find(ctx context.Context, folder index.FolderID, pattern index.Pattern, under, after index.Path, limit int) ([]index.Case, error)
	Children(ctx context.Context, folder index.FolderID, dir, after index.Path, limit int) ([]index.Case, error)
	WithRoot(ctx context.Context, folder index.FolderID, roots []index.Hash) ([]index.Record, error)
	Blocks(ctx context.Context, folder index.FolderID, root index.Hash) (blocks []index.Block, ok bool, err error)
	Locate(ctx context.Context, folder index.FolderID, blocks []index.Block) ([]index.Place, error)
	Totals(ctx context.Context, folder index.FolderID) (index.Totals, error)
	Value(ctx context.Context, folder index.FolderID, name string) (string, error)
	SetValue(ctx context.Context, folder index.FolderID, name, value string) error
}
