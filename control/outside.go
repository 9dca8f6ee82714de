package control

import (
	"context"
	"crypto/ed25519"
	"io"
	"net/netip"
	"time"

	"kith/index"
	"kith/peer"
	"kith/peer/wire"
	"kith/syncer"
)

// Engine is what the desk asks of the running folders; syncer.Engine is one.
type Engine interface {
	Want(folders []syncer.Folder)
	Join(l syncer.Link)
	Part(l syncer.Link)
	Hear(l syncer.Link, m wire.Message)
	Status() []syncer.Status
	Drop(ctx context.Context, folder index.FolderID) error
	Scan(ctx context.Context, folder index.FolderID) error
	Approve(ctx context.Context, folder index.FolderID) error
	Undo(ctx context.Context, folder index.FolderID) error
	Conflicts(ctx context.Context, folder index.FolderID) ([]syncer.Conflict, error)
	Resolve(ctx context.Context, folder index.FolderID, p index.Path, keep string) (syncer.Settled, error)
	Unresolve(ctx context.Context, folder index.FolderID, s syncer.Settled) error
	Search(ctx context.Context, folder index.FolderID, text string, under, after index.Path, limit int) ([]syncer.Found, error)
	Children(ctx context.Context, folder index.FolderID, dir, after index.Path, limit int) ([]syncer.Found, error)
	Bring(ctx context.Context, folder index.FolderID, p index.Path) (index.Amount, error)
	LetGo(ctx context.Context, folder index.FolderID, p index.Path) (syncer.Released, error)
	Stat(ctx context.Context, folder index.FolderID, p index.Path) (syncer.Found, error)
	Versions(ctx context.Context, folder index.FolderID, p index.Path) ([]index.Kept, error)
	Restore(ctx context.Context, folder index.FolderID, k index.Kept, to index.Path) error
	Export(ctx context.Context, folder index.FolderID, k index.Kept, w io.Writer) error
	Look(ctx context.Context, folder index.FolderID, p index.Path, most int64) (syncer.Glimpse, error)
	Rules(ctx context.Context, folder index.FolderID) (string, error)
	TryRules(ctx context.Context, folder index.FolderID, text string) (syncer.RulesEffect, error)
	SetRules(ctx context.Context, folder index.FolderID, text string) error
}

// Page is what the desk asks of the page for the browser; dash.Page is one.
type Page interface {
	// Login returns a URL that shows a place on the page to whoever opens it
	// first, within life. With direct it is good for every browser; else it is
	// that of a file.
	Login(ctx context.Context, place string, direct bool, life time.Duration) (url string, err error)
}

// Identity is what the desk asks of this device's key; peer.Identity is one.
type Identity interface {
	ID() index.DeviceID
	PublicKey() ed25519.PublicKey
	Sign(message []byte) []byte
}

// Board is what the desk asks of the conversations with other devices; peer.Board
// is one. It calls functions of the desk, which must not call it back: so only
// the desk's own goroutine and the commands do.
type Board interface {
	Port() int
	Reach(device index.DeviceID, addrs []netip.AddrPort)
	Forget(device index.DeviceID)
	Recheck()
	Devices() []peer.PeerStatus
	Pair(ctx context.Context, device index.DeviceID, addrs []netip.AddrPort) (pairing string, err error)
	Answer(pairing string, yes bool) error
	Pairings() []peer.Pairing
	Probe(ctx context.Context, device index.DeviceID, addrs []netip.AddrPort) (peer.ProbeAnswer, error)
}
