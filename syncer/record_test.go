package syncer_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"kith/index"
	"kith/sim/waits"
	"kith/syncer"
)

// full is a store that cannot be written once, when it is to record a file of that
// size. It says so only when it has heard of a larger one.
type full struct {
	syncer.Store
	size  int64
	once  sync.Once
	tried chan struct{} // closed when it is to record the one
	heard sync.Once
	next  chan struct{} // closed when it has heard of the other
}

var errFull = errors.New("no room for the index")

func (s *full) Commit(ctx context.Context, folder index.FolderID, records []index.Record) (last index.Seq, stale []int, err error) {
	for _, r := range records {
		if r.Size == s.size {
			s.once.Do(func() {
				close(s.tried)
				err = errFull
				select {
				case <-s.next:
				case <-time.After(waits.Limit):
				}
			})
		}
	}
	if err != nil {
		return 0, nil, err
	}
	return s.Store.Commit(ctx, folder, records)
}

func (s *full) Learn(ctx context.Context, folder index.FolderID, device index.DeviceID, files []index.File, heard index.Cursor, fresh, sends bool) error {
	err := s.Store.Learn(ctx, folder, device, files, heard, fresh, sends)
	for _, f := range files {
		if f.Kind == index.Regular && f.Size > s.size {
			s.heard.Do(func() { close(s.next) })
		}
	}
	return err
}

// TestWhatCouldNotBeRecordedIsNoEdit has a file put in place while the index cannot be
// written, and its author save the next one meanwhile: there is one author, and no
// conflict.
func TestWhatCouldNotBeRecordedIsNoEdit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	anna, ben := w.devices[0], w.devices[1]
	ben.stop()
	store := &full{Store: ben.store, size: int64(len("second")), tried: make(chan struct{}), next: make(chan struct{})}
	ben.store = store
	ben.start()
	connect(anna, ben)
	anna.write("a", "one")
	w.settle()
	anna.write("a", "second")
	anna.scan()
	<-store.tried
	anna.write("a", "and the third")
	anna.scan()
	w.settle()
	w.same("a = and the third")
}
