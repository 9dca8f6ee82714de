package syncer_test

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"kith/index"
	"kith/index/indextest"
	"kith/peer/wire"
	"kith/syncer"
	"kith/syncer/disk/disktest"
)

// counting is an index into which nothing is written, from a moment on, before it may.
type counting struct {
	syncer.Store
	held bool
	may  chan struct{}
}

func (c *counting) Commit(ctx context.Context, id index.FolderID, records []index.Record) (index.Seq, []int, error) {
	if c.held {
		<-c.may
	}
	return c.Store.Commit(ctx, id, records)
}

// busy is a conversation in which no part of an index gets across before it may.
type busy struct {
	outsider
	may chan struct{}
}

func (b *busy) Send(ctx context.Context, m wire.Message) error {
	if _, ok := m.(*wire.Update); ok {
		<-b.may
	}
	return b.outsider.Send(ctx, m)
}

// TestNobodyIsToldWhatIsJustCountedAnew: once a member has said that our index was set
// back, nobody else is told what was saved since by counts that were used before, also
// while it is still being counted anew.
func TestNobodyIsToldWhatIsJustCountedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var folder index.FolderID
		copy(folder[:], "a folder to test")
		ids := make([]index.DeviceID, 3)
		var members []index.Member
		for i, name := range []string{"anna", "ben", "carl"} {
			ids[i] = sha256.Sum256([]byte(name))
			members = append(members, index.Member{Device: ids[i], Name: name, Role: index.Both})
		}
		disk := disktest.NewMemory(disktest.Options{Device: "anna"})
		store := &counting{Store: indextest.NewMemory(), may: make(chan struct{})}
		start := func() (*syncer.Engine, func()) {
			e := syncer.New(syncer.Config{
				Self: ids[0], Store: store, Boot: "one life", Log: slog.New(slog.DiscardHandler), Random: rand.Uint32, Workers: 1,
				OpenTree: func(string, index.FolderID) (syncer.Tree, error) { return disk, nil },
				Event:    func(syncer.Event) {}, Changed: func() {},
			})
			e.Want([]syncer.Folder{{ID: folder, Name: "test", Dir: "/", Members: members}})
			ctx, end := context.WithCancel(t.Context())
			go e.Run(ctx) //nolint:errcheck // it ends when told to
			synctest.Wait()
			return e, func() { end(); synctest.Wait() }
		}
		saved := func(e *syncer.Engine, path string) {
			must(t, disk.Write(path, []byte("text")))
			must(t, e.Scan(t.Context(), folder))
		}

		e, end := start()
		saved(e, "a")
		end()
		e, end = start() // an epoch that begins in this run of the program is the latest in any case
		defer func() { end() }()
		old, err := store.Open(t.Context(), folder, 0)
		must(t, err)

		carl := &busy{outsider{id: ids[2], sent: make(chan wire.Message, 100)}, make(chan struct{})}
		e.Join(carl)
		e.Hear(carl, &wire.Subscribe{Folder: folder, Heard: old, Mine: index.Cursor{Epoch: 1}})
		synctest.Wait()
		saved(e, "b")
		store.held = true
		ben := &outsider{id: ids[1], sent: make(chan wire.Message, 100)}
		e.Join(ben)
		e.Hear(ben, &wire.Subscribe{Folder: folder, Heard: index.Cursor{Epoch: old.Epoch, Seq: old.Seq + 10}, Mine: index.Cursor{Epoch: 1}})
		synctest.Wait()
		close(carl.may)
		synctest.Wait()
		store.held = false
		close(store.may)
		synctest.Wait()

		told := false
		for len(carl.sent) > 0 {
			u, ok := (<-carl.sent).(*wire.Update)
			if !ok {
				continue
			}
			for _, f := range u.Files {
				if f.Path.String() != "b" {
					continue
				}
				told = true
				if n := f.Version.Count(index.Actor{Device: ids[0].Short(), Epoch: old.Epoch}); n > 0 {
					t.Errorf("in epoch %x it is told by a count of epoch %x: %v", u.Epoch, old.Epoch, f.Version)
				}
			}
		}
		if !told {
			t.Error("it is not told at all")
		}
	})
}
