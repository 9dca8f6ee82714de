package syncer

import (
	"context"
	"io"

	"kith/index"
	"kith/peer/wire"
	"kith/syncer/plan"
)

// Store remembers, for every folder, what each device holds. All of it is
// observation: nothing in a Store says what is still to be done. Its methods may
// be called from several goroutines.
type Store interface {
	// Open makes the folder known and returns the epoch and the latest sequence
	// number of our own index of it. A folder gets the given epoch if it is new, or if
	// its last one has ended: so it is where the Store knows that it was set back.
	Open(ctx context.Context, folder index.FolderID, fresh index.Epoch) (index.Cursor, error)
	// Renew starts a new epoch of our own index: sequence numbers go on. Zero ends the
	// last one, and leaves it to the next Open to give a new one.
	Renew(ctx context.Context, folder index.FolderID, epoch index.Epoch) error
	// Drop forgets all about a folder.
	Drop(ctx context.Context, folder index.FolderID) error

	// Commit records what this device now holds, in one durable transaction. Each
	// record gets the next sequence number, in the order given. A record's Seq
	// says which record it was decided on (zero: none); where that is no longer
	// the one in the Store, nothing is written for that path and its index is
	// among stale. It returns the sequence number of the last one written.
	Commit(ctx context.Context, folder index.FolderID, records []index.Record) (last index.Seq, stale []int, err error)
	// Touch updates the Identity of records whose Seq still is the one given. It
	// takes no sequence number: nothing changed that others could see.
	Touch(ctx context.Context, folder index.FolderID, records []index.Record) error

	// Learn records, in one transaction, what device says it holds and how far it
	// has been heard. fresh: forget first what it said before (another epoch).
	// sends: what it holds may be taken from it; otherwise it is a receiver whose
	// own changes are nobody's need.
	Learn(ctx context.Context, folder index.FolderID, device index.DeviceID, files []index.File, heard index.Cursor, fresh, sends bool) error
	// Heard returns how far device has been heard; zero if never.
	Heard(ctx context.Context, folder index.FolderID, device index.DeviceID) (index.Cursor, error)
	// Forget forgets all that device said about the folder.
	Forget(ctx context.Context, folder index.FolderID, device index.DeviceID) error

	// Get returns our records of the paths, in their order; Kind Absent where
	// there is none. Blocks are left out unless asked for.
	Get(ctx context.Context, folder index.FolderID, paths []index.Path, blocks bool) ([]index.Record, error)
	// List calls fn for our records at and below a path, in the order of
	// Path.Compare, deleted ones included, without Blocks. fn may call the Store.
	List(ctx context.Context, folder index.FolderID, under index.Path, fn func(index.Record) error) error
	// Since returns up to limit of our records after a sequence number, in that
	// order, with Blocks if they are at most inline many.
	Since(ctx context.Context, folder index.FolderID, after index.Seq, limit, inline int) ([]index.Record, error)
	// Cases returns all that is known about the paths, in their order, without our Blocks.
	Cases(ctx context.Context, folder index.FolderID, paths []index.Path) ([]index.Case, error)
	// Needs returns up to limit cases after a path, in the order of Path.Compare,
	// in which a device that sends holds a version not contained in ours.
	// gone selects those where all such versions are deletions, or those where
	// one at least is not.
	Needs(ctx context.Context, folder index.FolderID, after index.Path, limit int, gone bool) ([]index.Case, error)

	// Find returns up to limit cases below a path, and after another one, in the
	// order of Path.Compare: those whose path has the pattern and where something
	// lives, here or on another device.
	Find(ctx context.Context, folder index.FolderID, pattern index.Pattern, under, after index.Path, limit int) ([]index.Case, error)
	// Children returns up to limit cases of what lies directly in a directory,
	// after a path, in the order of Path.Compare: those where something lives, here
	// or on another device.
	Children(ctx context.Context, folder index.FolderID, dir, after index.Path, limit int) ([]index.Case, error)

	// WithRoot returns a live record of ours with that root for each one asked
	// for, in their order; Kind Absent where there is none.
	WithRoot(ctx context.Context, folder index.FolderID, roots []index.Hash) ([]index.Record, error)
	// Blocks returns the block list of a root that a record of ours has, or had
	// until it was last replaced. ok is false if it is not known.
	Blocks(ctx context.Context, folder index.FolderID, root index.Hash) (blocks []index.Block, ok bool, err error)
	// Locate finds each block in a live record of ours; Size zero where there is none.
	Locate(ctx context.Context, folder index.FolderID, blocks []index.Block) ([]Place, error)

	// Totals counts what is here, what we need from devices that send, and, for
	// each device heard, what it lacks of ours.
	Totals(ctx context.Context, folder index.FolderID) (index.Totals, error)

	// Value and SetValue keep a small note of the engine's by name, durably.
	Value(ctx context.Context, folder index.FolderID, name string) (string, error)
	SetValue(ctx context.Context, folder index.FolderID, name, value string) error
}

// Place is where a block lies in a file of ours.
type Place = index.Place

// Tree is one shared folder on this device's disk, and the only way to it. No
// method follows a symbolic link or leaves the folder. Its methods may be called
// from several goroutines.
type Tree interface {
	// Check verifies that the folder is there and is the one it was: marker,
	// volume, directory. Its error wraps plan.ErrUnavailable.
	Check() error
	// Now returns the time that the disk would give to what is written now, in ns.
	Now() (int64, error)
	// Walk calls fn for what lies at and below a path (not for the root itself),
	// in the order of Path.Compare. What skip names is left out, and not entered.
	// What cannot be looked at is an Entry with Err set. Walk fails if the folder
	// becomes unavailable, and for a path below which nothing is, it calls nothing.
	Walk(ctx context.Context, under index.Path, skip func(p index.Path, dir bool) bool, fn func(index.Entry) error) error
	// Stat looks at one path. Its error is fs.ErrNotExist if nothing lies there.
	Stat(p index.Path) (index.Entry, error)
	// StatAll looks at single paths as Stat does and calls fn for each, in their order.
	StatAll(paths []index.Path, fn func(i int, e index.Entry, err error))
	// Crowded reports whether a path is free by its own spelling, and not to be had all
	// the same: the disk takes it for another one, at which something lies.
	Crowded(p index.Path) bool
	// Open opens a regular file for reading if it still has the identity; else the
	// error wraps plan.ErrChanged. A zero identity opens what is there.
	Open(p index.Path, id index.Identity) (interface {
		io.ReaderAt
		io.Closer
		// Same reports whether the file, at its path, still has the identity it
		// had when it was opened.
		Same() bool
		// NextData returns the start of the next stretch at or after off that is
		// not a hole, or the size of the file. Disks without holes return off.
		NextData(off int64) int64
	}, error)

	// Filled tells which of want's blocks (want.Blocks is set) already lie, with
	// the right bytes, in a draft that an earlier attempt left behind.
	Filled(ctx context.Context, want index.File) ([]bool, error)
	// Fill writes verified bytes into the draft of want, which is made if need be.
	// The draft is named by want.Path and want.Root.
	Fill(want index.File, off int64, data []byte) error
	// Reuse copies a block of a file of ours into the draft of want, by reflink
	// where the disk can, and verifies the bytes that arrived. An error means:
	// fetch it instead.
	Reuse(want index.File, off int64, from index.Record, at int64, b index.Block) error
	// Discard removes the draft of want.
	Discard(want index.File) error
	// Put carries out steps and makes all of it durable together: drafts, then
	// swaps, then directories. Parents come before children when they are made,
	// after them when they are removed: the order of steps is kept. Outcomes
	// stand in the order of the steps.
	Put(ctx context.Context, steps []plan.Step) []plan.Outcome
	// LateEdits brings back into the tree what was displaced in the last minute and
	// was written to since, by a program that had it open. It returns where that is.
	LateEdits() []index.Path
	// Flush makes durable what lies on the folder's volume now.
	Flush(ctx context.Context) error

	// Versions lists the earlier versions of a path, the latest first; for a
	// directory, or the root, those of everything below it.
	Versions(p index.Path) ([]index.Kept, error)
	// Restore copies an earlier version back to its path, or to another one in
	// the folder; what lies there becomes an earlier version itself.
	Restore(k index.Kept, to index.Path) error
	// Export copies an earlier version to a file outside the folder.
	Export(k index.Kept, w io.Writer) error
	// Thin removes earlier versions that are due, and drafts nobody came back for.
	Thin(ctx context.Context, now int64) error

	// Watch calls hint with paths at or under which something may have changed,
	// once they have been quiet for a while, and with everything set when it
	// cannot tell where to look. skip names what need not be watched; a value from
	// others says that it names other paths now, and what it names no more is hinted
	// at once it is watched. Watch returns when ctx ends, or with an error when
	// watching is not possible; periodic scans then are all there is.
	Watch(ctx context.Context, skip func(p index.Path, dir bool) bool, others <-chan struct{}, hint func(paths []index.Path, everything bool)) error

	Close() error
}

// Link is a live, trusted conversation with one device. Its methods may be
// called from several goroutines; after the conversation ended they fail.
type Link interface {
	Device() index.DeviceID
	// Send queues a control message, blocking while too much is queued.
	Send(ctx context.Context, m wire.Message) error
	// Blocks asks for the block list of a file which the device announced.
	Blocks(ctx context.Context, folder index.FolderID, p index.Path, root index.Hash) ([]index.Block, error)
	// Fetch asks for pieces of files which the device announced, and calls got for
	// each as it arrives, in any order, from one goroutine at a time. The bytes
	// are not verified. data is valid until release is called, which must happen
	// once. A piece that the device no longer has comes with an error and no
	// data. Fetch returns when all pieces came or failed, or the Link ended.
	Fetch(ctx context.Context, folder index.FolderID, wants []wire.Want, got func(i int, data []byte, release func(), err error)) error
}
