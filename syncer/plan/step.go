package plan

import (
	"errors"

	"kith/index"
)

// Step is one change to the tree on disk, with the state on which it was
// decided. Whoever carries it out checks that state again.
type Step struct {
	// Have is what lies at Want.Path as far as the plan knows: its Identity must
	// still hold. Kind Absent or Deleted: nothing lies there.
	Have index.Record
	// Want is what shall lie there. Kind Deleted: nothing. Kind Elsewhere: nothing,
	// and what lay there is not kept among the earlier versions, because others
	// keep it.
	Want index.File
	// From, unless Absent, is a record of another path in the same tree with the
	// content of Want: the object is moved from there, not copied.
	From index.Record
	// Aside, unless the root, is where the displaced object goes within the tree
	// (a conflict copy). Otherwise it becomes an earlier version.
	Aside index.Path
}

// Outcome is what became of a Step.
type Outcome struct {
	// Err is nil when Want lies at its path, durably. Otherwise nothing changed,
	// or nothing that could be lost; the sentinels below say what to do next.
	Err error
	// Now is the identity of the object at Want.Path; zero for Deleted.
	Now index.Identity
	// AsideNow is the identity of the object at Step.Aside; zero if there is none,
	// because an edit that was saved over it went to Rescued instead.
	AsideNow index.Identity
	// Rescued, unless the root, is where an edit was put that somebody saved
	// between the last look and the swap: it lies in the tree as a conflict copy.
	Rescued index.Path
}

// What a tree may answer to a Step.
var (
	// ErrChanged: the path no longer holds Step.Have (or From). Somebody saved
	// meanwhile; look again, then decide again.
	ErrChanged = errors.New("changed on disk meanwhile")
	// ErrNotEmpty: a directory to be removed or replaced still holds something.
	ErrNotEmpty = errors.New("directory is not empty")
	// ErrName: this disk cannot hold the name, or takes it for another one that
	// is already there.
	ErrName = errors.New("this disk cannot hold the name")
	// ErrSpecial: what lies there is a socket, a pipe, a device: nothing that has
	// content, and so nothing that travels.
	ErrSpecial = errors.New("not a file, link or directory")
	// ErrParent: the directory that Want lies in is not there, or is not a directory.
	ErrParent = errors.New("parent directory is missing")
	// ErrUnavailable: the folder, or this part of it, cannot be reached now.
	// Nothing may be concluded from what is seen there.
	ErrUnavailable = errors.New("folder is unavailable")
	// ErrIncomplete: the draft of Want does not hold all of its content.
	ErrIncomplete = errors.New("draft is incomplete")
)
