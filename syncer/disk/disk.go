// Package disk keeps one shared folder on this device's disk. It is the only
// code that touches a person's files.
//
// Whatever replaces, moves or removes an object does so by compare-and-swap:
// what lay there is moved to its place among the earlier versions in the same
// step, then looked at, and if it is not what the plan saw, it is put back into
// the tree under a conflict name. Nothing is ever unlinked outside Kith's own
// directory, and in there only drafts and earlier versions that are due.
//
// All access names a single component in an open directory. Directories are
// opened from the root without following a link or entering a mount.
package disk

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"kith/index"
	"kith/syncer/plan"
)

// The names inside Kith's own directory.
const (
	draftsName   = "drafts"   // content under way; removed freely
	versionsName = "versions" // what was replaced or deleted
	namesName    = "names"    // names too long to carry a version's suffix, in full
)

// Tree is one shared folder on this device's disk. Its methods may be called
// from several goroutines.
type Tree struct {
	path   string
	folder index.FolderID
	marker marker
	place  index.Identity // of the root; only Inode counts
	volume uint64
	traits Traits
	clock  func() time.Time

	root, own, drafts, versions, names *dir

	open   openDrafts
	served oldNotes
	late   lateWriters
	device atomic.Pointer[string]

	ticking sync.Mutex // guards the draft that tells the time

	noExchange, noClone, noCopy atomic.Bool // this disk refused it once
}

// Open opens the folder at a directory that Create made. It finishes or undoes
// what a crash left half done. The error wraps plan.ErrUnavailable if the folder
// is not there, or another one is.
func Open(path string, folder index.FolderID) (*Tree, error) {
	return open(path, folder, nil)
}

func open(path string, folder index.FolderID, tap tap) (*Tree, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	t := &Tree{path: path, folder: folder, clock: time.Now}
	t.open.init()
	t.SetDevice("this device")
	if err := t.enter(tap); err != nil {
		t.Close()
		return nil, fmt.Errorf("open folder %s: %w: %w", path, plan.ErrUnavailable, err)
	}
	if t.traits, err = t.probe(); err != nil {
		t.Close()
		return nil, fmt.Errorf("open folder %s: %w", path, err)
	}
	if err := t.recover(); err != nil {
		t.Close()
		return nil, fmt.Errorf("open folder %s: %w", path, err)
	}
	return t, nil
}

// enter opens the root and Kith's own directories.
func (t *Tree) enter(tap tap) (err error) {
	if t.root, err = openPlace(t.path); err != nil {
		return err
	}
	t.root.tap = tap
	at, err := t.root.stat()
	if err != nil {
		return err
	}
	t.place, t.volume = at.id, at.dev
	if t.own, err = t.root.sub(index.Own); err != nil {
		return fmt.Errorf("no marker of Kith's: %w", err)
	}
	if t.marker, err = readMarker(t.own); err != nil {
		return err
	}
	if t.marker.Folder != t.folder {
		return fmt.Errorf("the directory belongs to folder %s", t.marker.Folder.Brief())
	}
	for name, d := range map[string]**dir{draftsName: &t.drafts, versionsName: &t.versions, namesName: &t.names} {
		if *d, err = t.own.ensure(name); err != nil {
			return err
		}
	}
	return nil
}

// ensure opens a directory in d, and makes it if need be.
func (d *dir) ensure(name string) (*dir, error) {
	sub, err := d.sub(name)
	if !isNotExist(err) {
		return sub, err
	}
	if err := d.mkdir(name, 0o700); err != nil && !isExist(err) {
		return nil, err
	}
	return d.sub(name)
}

// SetDevice gives this device's name as it stands in the names of conflict copies.
func (t *Tree) SetDevice(name string) { t.device.Store(&name) }

// Traits tells what this disk can do.
func (t *Tree) Traits() Traits { return t.traits }

// Check verifies that the folder is there and is the one it was.
func (t *Tree) Check() error {
	if err := t.check(); err != nil {
		return fmt.Errorf("%w: %w", plan.ErrUnavailable, err)
	}
	return nil
}

func (t *Tree) check() error {
	at, err := statPlace(t.path)
	if err != nil {
		return fmt.Errorf("%s cannot be reached: %w", t.path, err)
	}
	if at.dev != t.volume || at.id.Inode != t.place.Inode {
		return fmt.Errorf("%s is another directory than before: was it moved, or is a disk not mounted?", t.path)
	}
	own, err := t.root.sub(index.Own)
	if err != nil {
		return fmt.Errorf("the marker %s/%s cannot be reached: %w", index.Own, markerName, err)
	}
	defer own.close()
	m, err := readMarker(own)
	if err != nil {
		return err
	}
	if m.Folder != t.marker.Folder || m.Instance != t.marker.Instance {
		return fmt.Errorf("%s carries the marker of another folder", t.path)
	}
	return nil
}

// Close lets go of the folder. Drafts stay for the next time.
func (t *Tree) Close() error {
	t.open.closeAll()
	for _, d := range []**dir{&t.names, &t.versions, &t.drafts, &t.own, &t.root} {
		if *d != nil {
			(*d).close()
			*d = nil
		}
	}
	return nil
}
