// Package wire has the messages of a conversation between two devices and their
// bytes.
//
// It is pure. Frames are length-prefixed and bounded before anything is
// allocated; what parses is written back byte for byte; fields that are not
// known are kept and skipped, so an older device can talk to a newer one.
package wire

import "kith/index"

// Message is one of the types below.
type Message interface{ Type() Type }

// Version is the version of the protocol spoken here; devices that speak
// another major one tell their people so and part.
const Version = 1

// Hello is the first message in both directions, on both connections.
type Hello struct {
	Version  uint64   // of the protocol
	App      string   // version of the program, for people
	Name     string   // what the device calls itself
	Session  [16]byte // drawn by who dials; joins a data connection to its control connection
	Data     bool     // this is the data connection
	Instance [16]byte // drawn when the program starts: a device that restarted has another one
	Port     uint16   // where the sender listens; zero if it does not
	Unknown  Unknown
}

// Folders says which folders the sender shares with the receiver: the signed
// membership of each. It is sent after Hello and whenever one changes; a folder
// that is no longer among them is no longer shared.
type Folders struct {
	Lists   []Membership
	Unknown Unknown
}

// Membership is the list of a folder's members, signed by its owner.
type Membership struct {
	Folder    index.FolderID
	Name      string
	Owner     index.DeviceID
	OwnerKey  []byte // Ed25519 public key; its ID is Owner
	Serial    uint64 // grows with each change; the highest counts
	Members   []index.Member
	Signature []byte // of all of the above, see Signed
	Unknown   Unknown
}

// Subscribe says that the sender has this folder open and wants to hear the
// receiver's index of it from a cursor on.
type Subscribe struct {
	Folder  index.FolderID
	Heard   index.Cursor // how far the sender has heard the receiver's index
	Mine    index.Cursor // the sender's own epoch and latest sequence number
	Browses bool         // the sender does not keep all of the folder, and may let go of what it has
	Life    uint64       // in which the receiver gave out Heard.Seq, as it told; zero if that is not known
	Alone   bool         // the sender changed something in this life, and has told nobody yet
	Unknown Unknown
}

// Unsubscribe says that the sender has the folder closed: paused, unavailable,
// or left for good.
type Unsubscribe struct {
	Folder  index.FolderID
	Left    bool // it declined the folder or left it
	Reason  string
	Unknown Unknown
}

// Update tells part of the sender's index: what it holds at some paths.
type Update struct {
	Folder  index.FolderID
	Epoch   index.Epoch
	From    index.Seq // these follow upon From; zero: the beginning of the index
	To      index.Seq // having heard them, the receiver's cursor is To
	Latest  index.Seq // the sender's latest; equal to To when this is all for now
	Life    uint64    // the run of the sender's program that gave out To, by a random number; zero if not known
	Files   []index.File
	Unknown Unknown
}

// WantBlocks asks for the block list of a file which the receiver announced.
type WantBlocks struct {
	ID      uint64
	Folder  index.FolderID
	Path    index.Path
	Root    index.Hash
	Unknown Unknown
}

// GiveBlocks answers WantBlocks, in one message or several.
type GiveBlocks struct {
	ID      uint64
	Blocks  []index.Block
	More    bool   // another one follows
	Gone    string // why there is no list
	Unknown Unknown
}

// Want is a piece of a file which the receiver announced with that root.
type Want struct {
	Path   index.Path
	Root   index.Hash
	Offset int64
	Size   uint32
}

// Fetch asks for pieces of files, on the data connection.
type Fetch struct {
	ID      uint64
	Folder  index.FolderID
	Wants   []Want
	Unknown Unknown
}

// Piece answers one Want of a Fetch. Its bytes are not part of the message
// proper: they follow the header in the same frame.
type Piece struct {
	ID    uint64
	Index uint64
	Gone  string // why there are no bytes
	Data  []byte
}

// Cancel says that the answers to a Fetch are no longer needed.
type Cancel struct {
	ID      uint64
	Unknown Unknown
}

// Ping asks for a Pong: is the other side alive?
type Ping struct {
	ID      uint64
	Unknown Unknown
}

// Pong answers a Ping.
type Pong struct {
	ID      uint64
	Unknown Unknown
}

// Bye is the last message: the sender ends the conversation, and says why.
type Bye struct {
	Reason  string
	Unknown Unknown
}

// Release hands on what a release of the program says of itself: the newest one
// that the sender knows. Who hears it believes the signature, not the sender.
type Release struct {
	Sums      []byte // of the release's files
	Signature []byte
	Unknown   Unknown
}
