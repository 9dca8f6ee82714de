package control

import (
	"context"
	"crypto/ed25519"
	"io"

	"kith/index"
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
	Resolve(ctx context.Context, folder index.FolderID, p index.Path, keep string) error
	Versions(ctx context.Context, folder index.FolderID, p index.Path) ([]index.Kept, error)
	Restore(ctx context.Context, folder index.FolderID, k index.Kept, to index.Path) error
	Export(ctx context.Context, folder index.FolderID, k index.Kept, w io.Writer) error
}

// Identity is what the desk asks of this device's key; peer.Identity is one.
type Identity interface {
	ID() index.DeviceID
	PublicKey() ed25519.PublicKey
	Sign(message []byte) []byte
}

// Board is what the desk asks of the conversations with other devices.
type Board interface {
	// Port returns the TCP port on which others reach us, 0 while there is none.
	Port() int
	// Reach says where a device may be reached, as host:port.
	Reach(device index.DeviceID, addrs []string)
	// Forget ends all conversation with a device that is no longer allowed.
	Forget(device index.DeviceID)
	// Recheck has the board ask again who is allowed.
	Recheck()
	// Conversations tells how we stand to the devices that are allowed.
	Conversations() []Conversation
	// Pair begins pairing with a device at its addresses; without any, it lets
	// others begin for a while. It returns the ID of the pairing, if it began one.
	Pair(ctx context.Context, device index.DeviceID, addrs []string) (string, error)
	// Answer says what the person said to the code of a pairing.
	Answer(pairing string, yes bool) error
	// Pairings tells about the pairings under way, and those just ended.
	Pairings() []Pairing
}

// Conversation is how this device stands to another one.
type Conversation struct {
	Device    index.DeviceID
	Name      string // what it calls itself; empty before it was heard
	Addr      string // of the conversation, or tried last
	Connected bool
	Reason    string // why not connected, for people
}
