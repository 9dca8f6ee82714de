package control

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"kith/index"
	"kith/syncer"
)

// folderOf returns the folder that a command is about.
func (d *Desk) folderOf(c Command) (*Shared, error) {
	return findFolder(d.Settings(), c.Cwd, c.Folder)
}

// scan looks at one folder, or all that are not paused, now.
func (d *Desk) scan(ctx context.Context, c Command) (Reply, error) {
	if c.Folder != "" {
		f, err := d.folderOf(c)
		if err != nil {
			return Reply{}, err
		}
		reply := Reply{Text: "Looked at " + f.Name + ".", Folder: &f.ID}
		switch {
		case f.Paused && c.Lenient:
			return reply, nil
		case f.Paused:
			return Reply{}, failed("%q is paused", f.Name).Hint("kith resume %s", quoted(f.Name))
		}
		return reply, c.lenient(ctx, d.scanOne(ctx, *f))
	}
	looked := 0
	for _, f := range d.Settings().Folders {
		if f.Paused {
			continue
		}
		if err := c.lenient(ctx, d.scanOne(ctx, f)); err != nil {
			return Reply{}, err
		}
		looked++
	}
	return Reply{Text: "Looked at " + count(looked, "folder") + "."}, nil
}

// lenient passes over an error of a scan, if the command says so and there is
// time left: the picture shows why the folder could not be looked at.
func (c Command) lenient(ctx context.Context, err error) error {
	if c.Lenient && ctx.Err() == nil {
		return nil
	}
	return err
}

// How long a folder that was just shared or resumed may take to be open.
const (
	openWithin = 5 * time.Second
	openLook   = 20 * time.Millisecond
)

// scanOne scans a folder, waiting for it if it is only just being opened.
func (d *Desk) scanOne(ctx context.Context, f Shared) error {
	opened := time.Now().Add(openWithin)
	for {
		err := d.engine.Scan(ctx, f.ID)
		if err == nil || !d.opening(f.ID) || time.Now().After(opened) {
			return told("look at "+f.Name, err)
		}
		select {
		case <-ctx.Done():
			return told("look at "+f.Name, ctx.Err())
		case <-time.After(openLook):
		}
	}
}

// opening reports whether a folder is not yet known to be reachable or not.
func (d *Desk) opening(id index.FolderID) bool {
	for _, st := range d.engine.Status() {
		if st.Folder == id {
			return st.Phase == syncer.Scanning
		}
	}
	return true
}

// told makes an error of the engine's one for a person.
func told(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return &Fault{Kind: TimedOut, What: what + ": it took too long"}
	case errors.Is(err, syncer.ErrNoFolder):
		return failed("%s: the folder is not open", what).Hint("kith status")
	}
	return failed("%s: %w", what, err)
}

func (d *Desk) conflicts(ctx context.Context, c Command) (Reply, error) {
	folders := d.Settings().Folders
	if c.Folder != "" {
		f, err := d.folderOf(c)
		if err != nil {
			return Reply{}, err
		}
		folders = []Shared{*f}
	}
	out := Reply{Conflicts: []FolderConflict{}}
	for _, f := range folders {
		found, err := d.engine.Conflicts(ctx, f.ID)
		if errors.Is(err, syncer.ErrNoFolder) && c.Folder == "" {
			continue
		}
		if err != nil {
			return Reply{}, told("list conflicts of "+f.Name, err)
		}
		for _, x := range found {
			out.Conflicts = append(out.Conflicts, d.conflictRow(&f, x))
		}
	}
	return out, nil
}

func (d *Desk) resolve(ctx context.Context, c Command) (Reply, error) {
	switch c.Keep {
	case "mine", "theirs", "both":
	default:
		return Reply{}, usage("%q is not a way to resolve a conflict", c.Keep).Hint("--keep mine, --keep theirs or --keep both")
	}
	if c.All {
		return d.resolveAll(ctx, c)
	}
	f, p, err := d.pathOf(c)
	if err != nil {
		return Reply{}, err
	}
	done, err := d.engine.Resolve(ctx, f.ID, p, c.Keep)
	if err != nil {
		return Reply{}, told("resolve "+p.String(), err)
	}
	d.rememberSettled(f.ID, done)
	return Reply{Text: "Resolved " + p.String() + ": kept " + c.Keep + "."}, nil
}

// resolveAll decides about all conflicts of a folder in one way. Where several
// copies lie beside one file, the folder is looked at between one and the next.
func (d *Desk) resolveAll(ctx context.Context, c Command) (Reply, error) {
	f, err := d.folderOf(c)
	switch {
	case err != nil:
		return Reply{}, err
	case c.Path != "":
		return Reply{}, usage("a path, and all of them: which?")
	}
	resolved := 0
	for again := true; again; {
		if again = false; resolved > 0 {
			if err := d.scanOne(ctx, *f); err != nil {
				return Reply{}, err
			}
		}
		found, err := d.engine.Conflicts(ctx, f.ID)
		if err != nil {
			return Reply{}, told("list conflicts of "+f.Name, err)
		}
		met := make(map[index.Path]bool)
		for _, x := range found {
			if met[x.Path] {
				again = true
				continue
			}
			met[x.Path] = true
			done, err := d.engine.Resolve(ctx, f.ID, x.Copy, c.Keep)
			if err != nil {
				return Reply{}, told("resolve "+x.Path.String()+", after "+count(resolved, "other"), err)
			}
			d.rememberSettled(f.ID, done)
			resolved++
		}
	}
	return Reply{Text: "Resolved " + count(resolved, "conflict") + " of " + f.Name + ": kept " + c.Keep + "."}, nil
}

func (d *Desk) pathOf(c Command) (*Shared, index.Path, error) {
	f, err := d.folderOf(c)
	if err != nil {
		return nil, index.Path{}, err
	}
	p, err := findPath(f, c.Path)
	return f, p, err
}

func (d *Desk) versions(ctx context.Context, c Command) (Reply, error) {
	f, p, err := d.pathOf(c)
	if err != nil {
		return Reply{}, err
	}
	kept, err := d.engine.Versions(ctx, f.ID, p)
	if err != nil {
		return Reply{}, told("list versions of "+p.String(), err)
	}
	out := Reply{Versions: []KeptVersion{}}
	for _, k := range kept {
		out.Versions = append(out.Versions, versionRow(k))
	}
	return out, nil
}

// restore brings an earlier version back: the latest, or the one said.
func (d *Desk) restore(ctx context.Context, c Command) (Reply, error) {
	f, p, err := d.pathOf(c)
	if err != nil {
		return Reply{}, err
	}
	kept, err := d.engine.Versions(ctx, f.ID, p)
	if err != nil {
		return Reply{}, told("list versions of "+p.String(), err)
	}
	k, err := pick(kept, p, c.Version)
	if err != nil {
		return Reply{}, err
	}
	if c.To != "" {
		return d.restoreTo(ctx, f, k, absolute(c.Cwd, c.To))
	}
	if err := d.engine.Restore(ctx, f.ID, k, k.Path); err != nil {
		return Reply{}, told("restore "+p.String(), err)
	}
	return Reply{Text: "Restored " + p.String() + " as of " + at(k.Modified) + "."}, nil
}

// pick returns the version of exactly p that is meant; without an ID, the latest.
func pick(kept []index.Kept, p index.Path, id string) (index.Kept, error) {
	for _, k := range kept {
		if k.Path == p && (id == "" || k.ID == id) {
			return k, nil
		}
	}
	if id != "" {
		return index.Kept{}, failed("there is no version %q of %s", id, p).Hint("kith versions lists those there are")
	}
	return index.Kept{}, failed("there is no earlier version of %s", p).Hint("check the spelling of the path")
}

// restoreTo writes a version to a path on disk: in the folder as one of its
// files, elsewhere as a new file.
func (d *Desk) restoreTo(ctx context.Context, f *Shared, k index.Kept, file string) (Reply, error) {
	done := Reply{Text: "Restored " + k.Path.String() + " as of " + at(k.Modified) + " to " + file}
	if real, err := resolveNew("", file); err == nil && within(real, f.Dir) {
		to, err := findPath(f, real)
		if err != nil {
			return Reply{}, err
		}
		if err := d.engine.Restore(ctx, f.ID, k, to); err != nil {
			return Reply{}, told("restore to "+file, err)
		}
		return done, nil
	}
	err := newFile(file, func(w io.Writer) error { return d.engine.Export(ctx, f.ID, k, w) })
	if err != nil {
		return Reply{}, told("restore to "+file, err)
	}
	return done, nil
}

// newFile makes a file with what fill writes. It replaces nothing, and leaves
// nothing behind if it fails.
func newFile(path string, fill func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = fill(f)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

func at(ns int64) string { return time.Unix(0, ns).Format("2006-01-02 15:04") }

func (d *Desk) approve(ctx context.Context, c Command) (Reply, error) {
	f, err := d.folderOf(c)
	if err != nil {
		return Reply{}, err
	}
	if err := d.engine.Approve(ctx, f.ID); err != nil {
		return Reply{}, told("approve the changes of "+f.Name, err)
	}
	return Reply{Text: "Approved: the changes of " + f.Name + " go on."}, nil
}

func (d *Desk) undo(ctx context.Context, c Command) (Reply, error) {
	f, err := d.folderOf(c)
	if err != nil {
		return Reply{}, err
	}
	if err := d.engine.Undo(ctx, f.ID); err != nil {
		return Reply{}, told("undo the changes of "+f.Name, err)
	}
	return Reply{Text: "Undone: " + f.Name + " is as it was before."}, nil
}
