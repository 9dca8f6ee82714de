package wire_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"kith/index"
	"kith/peer/wire"
)

var folder = index.FolderID{0xf0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}

func hashOf(s string) index.Hash { return index.Sum([]byte(s)) }

// examples has at least one of every message, with every field set.
func examples() []wire.Message {
	return []wire.Message{
		&wire.Hello{Version: 1, App: "kith 1.0", Name: "Anna's laptop", Session: [16]byte{1, 2, 3}, Data: true,
			Instance: [16]byte{9}, Port: 22547},
		&wire.Hello{Version: 2, Unknown: wire.Unknown{40, 2, 'h', 'i', 41, 1, 7}},
		&wire.Folders{},
		&wire.Folders{Lists: []wire.Membership{membership(), {Folder: folder, Serial: 7, Unknown: wire.Unknown{9, 1, 1}}}},
		&wire.Subscribe{Folder: folder, Heard: index.Cursor{Epoch: 77, Seq: 1000}, Mine: index.Cursor{Epoch: 1 << 31, Seq: 1 << 40}, Browses: true, Life: 1 << 63, Alone: true},
		&wire.Unsubscribe{Folder: folder, Left: true, Reason: "paused"},
		update(),
		&wire.Update{Folder: folder, Epoch: 5},
		&wire.WantBlocks{ID: 3, Folder: folder, Path: index.MustPath("a/b"), Root: hashOf("r")},
		&wire.GiveBlocks{ID: 3, Blocks: []index.Block{{Hash: hashOf("1"), Size: 65536}, {Hash: hashOf("2"), Size: 1}}, More: true},
		&wire.GiveBlocks{ID: 3, Gone: "no longer there"},
		&wire.Fetch{ID: 4, Folder: folder, Wants: []wire.Want{
			{Path: index.MustPath("a/b"), Root: hashOf("r"), Offset: 0, Size: 1 << 20},
			{Path: index.MustPath("a/b"), Root: hashOf("r"), Offset: 1 << 40, Size: 17},
			{Path: index.MustPath("a/c"), Root: hashOf("s"), Offset: 5, Size: 1},
		}},
		&wire.Piece{ID: 4, Index: 2, Data: []byte("content")},
		&wire.Piece{ID: 4, Index: 1, Gone: "no longer there"},
		&wire.Cancel{ID: 4},
		&wire.Ping{ID: 5},
		&wire.Pong{ID: 5},
		&wire.Bye{Reason: "shutting down"},
		&wire.Release{Sums: []byte("sums\n"), Signature: []byte("signature\n"), Unknown: wire.Unknown{3, 1, 9}},
	}
}

func ownerKey() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
}

func membership() wire.Membership {
	key := ownerKey()
	public := key.Public().(ed25519.PublicKey)
	owner := wire.DeviceOf(public)
	m := wire.Membership{Folder: folder, Name: "Photos", Owner: owner, OwnerKey: public, Serial: 3, Members: []index.Member{
		{Device: owner, Name: "Anna's laptop", Role: index.Both},
		{Device: index.DeviceID{2}, Name: "Ben", Role: index.Receive},
	}}
	m.Signature = ed25519.Sign(key, m.Signed())
	return m
}

// update has entries of every kind and in every form.
func update() *wire.Update {
	a, b := index.Actor{Device: 0xaaaaaaaaaaaaaaaa, Epoch: 1}, index.Actor{Device: 0xbbbbbbbbbbbbbbbb, Epoch: 0xffffffff}
	one := []index.Block{{Hash: hashOf("one"), Size: 1234}}
	two := []index.Block{{Hash: hashOf("one"), Size: 1234}, {Hash: hashOf("two"), Size: 99}}
	file := func(path string, blocks []index.Block) index.File {
		f := index.File{Path: index.MustPath(path), Kind: index.Regular, Modified: 1764000000123456789, Mode: 0o644,
			Blocks: blocks, Root: index.RootOf(blocks), Version: index.Version{{Actor: a, Count: 1}}, By: a.Device}
		for _, b := range blocks {
			f.Size += int64(b.Size)
		}
		return f
	}
	large := file("photos/large.bin", nil)
	large.Size, large.Root = 1<<40, hashOf("large")
	old := file("photos/before 1970", one)
	old.Modified, old.Mode, old.By = -5, 0, 0
	old.Version = index.Version{{Actor: a, Count: 300}, {Actor: b, Count: index.MaxCount}}
	return &wire.Update{Folder: folder, Epoch: 1, From: 10, To: 20, Latest: 21, Life: 1<<64 - 1, Files: []index.File{
		{Path: index.MustPath("photos"), Kind: index.Directory, Mode: 0o755, Version: index.Version{{Actor: b, Count: 2}}, By: b.Device},
		file("photos/one.jpg", one),
		file("photos/two.jpg", two),
		file("photos/empty", nil),
		large,
		old,
		file("photos/one copy.jpg", one),
		{Path: index.MustPath("photos/gone.jpg"), Kind: index.Deleted, Root: index.RootOf(one), Version: index.Version{{Actor: a, Count: 2}}, By: a.Device},
		{Path: index.MustPath("photos/gone too"), Kind: index.Deleted, Root: hashOf("never seen"), Version: index.Version{{Actor: a, Count: 2}}},
		{Path: index.MustPath("photos/left to others"), Kind: index.Elsewhere, Version: index.Version{{Actor: a, Count: 3}}},
		{Path: index.MustPath("photos/gone link"), Kind: index.Deleted, By: 0xcccccccccccccccc},
		{Path: index.MustPath("link"), Kind: index.Symlink, Modified: 17, Target: "photos/\xff", Version: index.Version{{Actor: a, Count: 2}}},
	}}
}

// tree makes an update of n typical files, each of one block.
func tree(n int) *wire.Update {
	rng := rand.New(rand.NewPCG(1, 2))
	a := index.Actor{Device: 0x0123456789abcdef, Epoch: 0x89abcdef}
	u := &wire.Update{Folder: folder, Epoch: a.Epoch, To: index.Seq(n), Latest: index.Seq(n)}
	for i := range n {
		size := uint32(rng.IntN(60000) + 1)
		blocks := []index.Block{{Hash: hashOf(fmt.Sprint(i)), Size: size}}
		u.Files = append(u.Files, index.File{
			Path: index.MustPath(fmt.Sprintf("Documents/project/src/module%02d/file%05d.go", i/100, i)), Kind: index.Regular,
			Size: int64(size), Modified: 1764000000000000000 + rng.Int64N(1e16), Mode: 0o644, Blocks: blocks,
			Root: index.RootOf(blocks), Version: index.Version{{Actor: a, Count: 1}}, By: a.Device,
		})
	}
	return u
}

func same(t *testing.T, got, want wire.Message) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
