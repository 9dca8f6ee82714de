package syncer_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"

	"kith/index"
	"kith/peer/wire"
	"kith/syncer"
)

// outsider is a conversation with a device that is no member of the folder: it
// may be one of another.
type outsider struct {
	id   index.DeviceID
	sent chan wire.Message
}

func (o *outsider) Device() index.DeviceID { return o.id }
func (o *outsider) Send(_ context.Context, m wire.Message) error {
	o.sent <- m
	return nil
}
func (o *outsider) Blocks(context.Context, index.FolderID, index.Path, index.Hash) ([]index.Block, error) {
	return nil, errors.New("asked")
}
func (o *outsider) Fetch(context.Context, index.FolderID, []wire.Want, func(int, []byte, func(), error)) error {
	return errors.New("asked")
}

// TestAFolderTalksWithItsMembersOnly has a device in conversation with us that
// tries a folder in whose list it does not stand.
func TestAFolderTalksWithItsMembersOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	a.write("secret", "for members")
	w.settle()
	rec, err := a.store.Get(t.Context(), w.folder, []index.Path{index.MustPath("secret")}, true)
	must(t, err)
	l := &outsider{id: index.DeviceID(sha256.Sum256([]byte("mallory"))), sent: make(chan wire.Message, 100)}
	a.engine.Join(l)
	a.engine.Hear(l, &wire.Subscribe{Folder: w.folder})
	gone := index.File{Path: rec[0].Path, Kind: index.Deleted, Root: rec[0].Root, Version: rec[0].Version.Bump(index.Actor{Device: l.id.Short(), Epoch: 1}), By: l.id.Short()}
	a.engine.Hear(l, &wire.Update{Folder: w.folder, Epoch: 1, To: 1, Latest: 1, Files: []index.File{gone}})
	if _, err := a.engine.Blocks(t.Context(), l.id, wire.WantBlocks{Folder: w.folder, Path: rec[0].Path, Root: rec[0].Root}); !errors.Is(err, syncer.ErrNotShared) {
		t.Errorf("its blocks: %v", err)
	}
	if c, err := a.engine.Open(t.Context(), l.id, w.folder, rec[0].Path, rec[0].Root); !errors.Is(err, syncer.ErrNotShared) {
		t.Errorf("its content: %v, %v", c, err)
	}
	a.write("another", "for members too")
	w.settle()
	w.same("another = for members too", "secret = for members")
	select {
	case m := <-l.sent:
		t.Errorf("it was told %+v", m)
	default:
	}
	if heard, err := a.store.Heard(t.Context(), w.folder, l.id); err != nil || heard != (index.Cursor{}) {
		t.Errorf("it was heard up to %v, %v", heard, err)
	}
}
