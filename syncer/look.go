package syncer

import (
	"context"

	"kith/index"
)

// Found is a path of a folder as far as it is known here, wherever it lies.
type Found struct {
	index.File                  // its latest version, without Blocks
	Here       Presence         // what of it lies on this device
	Holders    []index.DeviceID // the other devices that hold that version
}

// Presence is what of a path lies on this device.
type Presence string

// The presences.
const (
	Here      Presence = "yes"   // its latest version
	HereOlder Presence = "older" // something else: an older version, or one that lost its name
	NotHere   Presence = "no"    // nothing
)

// Search returns up to limit paths whose name has a text, at and below one path
// and after another, in the order of Path.Compare. It looks through the index,
// so it finds what is held only by devices that are asleep, too.
func (e *Engine) Search(ctx context.Context, id index.FolderID, text string, under, after index.Path, limit int) ([]Found, error) {
	f := e.folder(id)
	if f == nil {
		return nil, ErrNoFolder
	}
	pattern := index.NewPattern(text)
	return f.lookThrough(after, limit, func(after index.Path, most int) ([]index.Case, error) {
		return f.store.Find(ctx, id, pattern, under, after, most)
	})
}

// Children returns up to limit of the paths that lie directly in a directory,
// after a path, in the order of Path.Compare. Like Search it asks the index.
func (e *Engine) Children(ctx context.Context, id index.FolderID, dir, after index.Path, limit int) ([]Found, error) {
	f := e.folder(id)
	if f == nil {
		return nil, ErrNoFolder
	}
	return f.lookThrough(after, limit, func(after index.Path, most int) ([]index.Case, error) {
		return f.store.Children(ctx, id, dir, after, most)
	})
}

// Stat returns what is known of one path; Kind Absent or Deleted if nothing lives
// there.
func (e *Engine) Stat(ctx context.Context, id index.FolderID, p index.Path) (Found, error) {
	f := e.folder(id)
	if f == nil {
		return Found{}, ErrNoFolder
	}
	cases, err := f.store.Cases(ctx, id, []index.Path{p})
	if err != nil {
		return Found{}, err
	}
	return f.found(cases[0]), nil
}

// lookThrough gathers what lives of the cases that page gives out.
func (f *folder) lookThrough(after index.Path, limit int, page func(after index.Path, most int) ([]index.Case, error)) ([]Found, error) {
	var all []Found
	for len(all) < limit {
		cases, err := page(after, limit-len(all))
		if err != nil || len(cases) == 0 {
			return all, err
		}
		for _, c := range cases {
			if found := f.found(c); found.Live() {
				all = append(all, found)
			}
		}
		after = cases[len(cases)-1].Path
	}
	return all, nil
}

func (f *folder) found(c index.Case) Found {
	latest, holders := f.plan().Latest(c)
	if f.rules.Load().leaves(latest) {
		holders = nil // what others have there is not heard
	}
	latest.Blocks = nil
	out := Found{File: latest, Here: NotHere, Holders: holders}
	switch {
	case c.Have.Live() && c.Have.SameContent(latest):
		out.Here = Here
	case c.Have.Live():
		out.Here = HereOlder
	}
	return out
}
