package syncer

import (
	"time"

	"kith/index"
)

// Phase is what a folder is doing, in the words people see.
type Phase string

// The phases. The first that applies counts, from the bottom up.
const (
	InStep      Phase = "in-step"     // nothing to do here, and every look found it so
	Scanning    Phase = "scanning"    // looking at the disk
	Syncing     Phase = "syncing"     // others hold what is not here yet
	Paused      Phase = "paused"      // a person said so
	Held        Phase = "held"        // the brake waits for a person
	Unavailable Phase = "unavailable" // the folder cannot be reached
	Failing     Phase = "error"       // some paths cannot be brought in step; see Problems
)

// Status is what a folder is doing, as a value.
type Status struct {
	Folder  index.FolderID
	Phase   Phase
	Reason  string // of Held, Unavailable and Failing, and of Syncing where nothing comes, for people
	Totals  index.Totals
	Members []MemberStatus
	// Conflicts counts conflict copies that lie in the folder.
	Conflicts int
	// Held counts the deletions and replacements that the brake holds.
	Held     int
	DownBps  int64         // bytes per second fetched, lately
	UpBps    int64         // bytes per second served, lately
	ETA      time.Duration // until nothing is needed; negative when unknown
	Problems []Problem
	Active   []Transfer
	Traffic  []Traffic // with each device that sent or got content
}

// MemberStatus is how another member stands to us in one folder.
type MemberStatus struct {
	Device    index.DeviceID
	Connected bool         // and has the folder open
	InStep    bool         // it knows of all that we hold, and holds what has its place there; and so do we
	Browses   bool         // it does not keep all of the folder
	Lacks     index.Amount // what it does not hold of ours; nothing where we only receive
}

// Problem is a path that is not in step, why, and what a person can do.
type Problem struct {
	Path   string
	Reason string
	Next   string
}

// Transfer is a file under way.
type Transfer struct {
	Path        index.Path
	Size        int64 // bytes
	Done        int64 // bytes verified here
	Sources     []index.DeviceID
	BytesPerSec int64
	// Pieces, of the largest transfer, tell of each part of the file how much is
	// here, from 0, nothing, to 9, all.
	Pieces []byte
}

// Event is something that happened in a folder, for the log and the activity.
type Event struct {
	At     time.Time
	Folder index.FolderID
	Verb   string // "received", "deleted", "moved", "sent-changes", "conflict", "held", "unavailable", "back", …
	Path   string
	Device index.DeviceID // whose version it was, if known
	Detail string
}

// Conflict is a conflict copy and the file it stands beside.
type Conflict struct {
	Path     index.Path // the file that kept the name
	Copy     index.Path // the conflict copy
	Device   string     // whose version the copy is
	Modified int64      // of the copy, ns
	Size     int64      // of the copy, bytes
	File     index.File // what lies at Path: not Live if it is gone
	CopyMine bool       // KeepMine keeps the copy
}
