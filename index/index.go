// Package index is the vocabulary of the house: what a device holds, and where.
//
// It is pure: no files, no clock, no network. A Path cannot lead out of its
// folder, a Version compares without clocks, a deleted file is a kind of file
// and so has no blocks. Every other package speaks in these words.
package index

import (
	"cmp"
	"fmt"
	"slices"
)

// Kind says what lies at a path.
type Kind uint8

// The kinds, in the order in which they win a name over each other: when two
// concurrent versions differ in kind, the higher kind keeps the name.
const (
	Absent    Kind = iota // never heard of: the zero File
	Deleted               // known to have been removed
	Symlink               // a link, kept as a link
	Regular               // a file with content
	Directory             // a directory

	// Of a device that does not keep all of a folder: it knows of a version, and
	// has nothing on its disk. Neither is a claim that anything is there, or gone.
	Elsewhere // known, and left to others
	Sought    // known, and to be brought here; told to others as Elsewhere
)

func (k Kind) String() string {
	switch k {
	case Absent:
		return "absent"
	case Deleted:
		return "deleted"
	case Symlink:
		return "symlink"
	case Regular:
		return "file"
	case Directory:
		return "directory"
	case Elsewhere:
		return "elsewhere"
	case Sought:
		return "sought"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Block is a content-defined piece of a file, named by its hash.
type Block struct {
	Hash Hash
	Size uint32 // bytes
}

// File is what one device holds at one path.
type File struct {
	Path     Path
	Kind     Kind
	Size     int64   // bytes; zero unless Regular
	Modified int64   // nanoseconds since 1970 UTC; zero for Deleted and Directory
	Mode     uint32  // permission bits, at most 0777; zero for Deleted and Symlink
	Target   string  // what a Symlink points to
	Root     Hash    // of a Regular file: RootOf(Blocks). Of a Deleted one: the root it had.
	Blocks   []Block // of a Regular file, in order; nil when the list is not at hand
	Version  Version
	By       Short // the device that made this version
}

// Live reports whether something is there.
func (f File) Live() bool { return f.Kind > Deleted && f.Kind <= Directory }

// Away reports whether f says only that something is known of.
func (f File) Away() bool { return f.Kind == Elsewhere || f.Kind == Sought }

// SameContent reports whether f and g hold the same bytes (or link, or are both
// directories, or both gone), whatever their times and permissions.
func (f File) SameContent(g File) bool {
	if f.Kind != g.Kind {
		return false
	}
	switch f.Kind {
	case Regular:
		return f.Root == g.Root && f.Size == g.Size
	case Symlink:
		return f.Target == g.Target
	}
	return true
}

// Same reports whether f and g would look the same on a disk: content, time and
// permissions. It does not look at versions.
func (f File) Same(g File) bool {
	return f.SameContent(g) && f.Modified == g.Modified && f.Mode == g.Mode &&
		(f.Kind != Deleted || f.Root == g.Root)
}

// Compare orders files that claim one name: the greater keeps it. The order is
// by kind, then the recorded time, then the content, so it is the same on every
// device and asks no clock. It is total: zero means Same.
func (f File) Compare(g File) int {
	return cmp.Or(
		cmp.Compare(f.Kind, g.Kind),
		cmp.Compare(f.Modified, g.Modified),
		f.Root.Compare(g.Root),
		cmp.Compare(f.Target, g.Target),
		cmp.Compare(f.Mode, g.Mode),
		cmp.Compare(f.Size, g.Size),
	)
}

// Identity is what a disk said about an object at the moment when its content
// was known. Two equal identities mean "nobody touched it"; it proves nothing
// about content on its own. A zero Inode or Changed means the disk has none.
type Identity struct {
	Inode    uint64
	Size     int64
	Modified int64  // mtime as the disk keeps it, ns: may be coarser than File.Modified
	Changed  int64  // ctime, ns
	Mode     uint32 // permission bits as the disk keeps them
}

// Seq numbers the changes of one device's index of one folder, from 1, in the
// order in which they were made durable.
type Seq uint64

// Record is what this device holds at a path: the file, what the disk said when
// it was last known, and the number of the change that brought it.
type Record struct {
	File
	Identity Identity
	Seq      Seq
}

// Cursor is how far a device has heard another one's index of a folder. A
// cursor of another epoch says nothing: the index is told from its beginning.
type Cursor struct {
	Epoch Epoch
	Seq   Seq
}

// Holding is what another device says it holds at a path.
type Holding struct {
	Device DeviceID
	File
}

// Case is everything known about one path: what is here and what is elsewhere.
type Case struct {
	Path   Path
	Have   Record    // Kind Absent: never heard of here
	Others []Holding // by device
}

// Live reports whether something is there, here or on another device.
func (c Case) Live() bool {
	return c.Have.Live() || slices.ContainsFunc(c.Others, func(o Holding) bool { return o.Live() })
}

// Clone returns a copy of f which shares nothing that can be changed.
func (f File) Clone() File {
	f.Blocks = slices.Clone(f.Blocks)
	f.Version = slices.Clone(f.Version)
	return f
}
