package index

// Entry is what a walk of a folder on disk meets.
type Entry struct {
	File              // without Root, Blocks, Version, By
	Identity Identity // what the disk says now

	// Raw is the name as the disk has it when it cannot be a Path; then File.Path
	// is the directory it lies in, and Err says why.
	Raw string
	// Err says that the object at Path could not be looked at: it, and all below
	// it, is unavailable, which is not the same as gone.
	Err error
}

// Kept is an earlier version of a path: something that was replaced or deleted.
type Kept struct {
	ID       string // names it among the versions of its path
	Path     Path
	Kind     Kind
	Size     int64  // bytes
	Modified int64  // ns: when this version was saved
	Replaced int64  // ns: when it was set aside
	Inode    uint64 // of the object, which is the one that lay at Path; zero if the disk does not tell
}

// Place is where a block lies in a live file of ours.
type Place struct {
	Record Record
	Offset int64
	Size   uint32 // zero: nowhere
}

// Amount counts paths and their bytes.
type Amount struct {
	Files int64 `json:"files"`
	Bytes int64 `json:"bytes"`
}

// Totals sums up one folder of one device.
type Totals struct {
	Here        Amount              // live files and links here
	Directories int64               // live directories here
	Need        Amount              // paths where a device that sends holds what ours does not contain
	Lacks       map[DeviceID]Amount // by device: paths of ours which it does not hold in our version or a newer one
}
