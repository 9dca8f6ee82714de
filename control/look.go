package control

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"kith/index"
	"kith/syncer"
)

// How many entries one answer has.
const (
	usualEntries = 200
	mostEntries  = 1000
)

// FolderEntry is a file or directory of a shared folder, as far as it is known
// here, wherever it lies.
type FolderEntry struct {
	Folder   string         `json:"folder"`
	FolderID index.FolderID `json:"folder_id"`
	Path     string         `json:"path"`
	Kind     string         `json:"kind"` // file, directory, symlink
	Size     int64          `json:"size"`
	Modified time.Time      `json:"modified,omitzero"`
	Here     string         `json:"here"`    // yes; older: another version; no
	Holders  []Holder       `json:"holders"` // the other devices that hold it
}

// Holder is a device that holds a file, or did when it was last heard.
type Holder struct {
	Device    index.DeviceID `json:"device"`
	Name      string         `json:"name"`
	Connected bool           `json:"connected"`
}

// search finds files by their names, in one folder or all.
func (d *Desk) search(ctx context.Context, c Command) (Reply, error) {
	if c.Query == "" {
		return Reply{}, usage("no text to search for")
	}
	folders, under := d.Settings().Folders, index.Path{}
	if c.Folder != "" {
		f, p, err := d.placeOf(c)
		if err != nil {
			return Reply{}, err
		}
		folders, under = []Shared{*f}, p
	}
	after, err := afterOf(c)
	if err != nil {
		return Reply{}, err
	}
	out, most := d.newLook(), entriesOf(c)
	for _, f := range folders {
		// One more than there is room for tells whether there are more.
		found, err := d.engine.Search(ctx, f.ID, c.Query, under, after, most+1-len(out.entries))
		if errors.Is(err, syncer.ErrNoFolder) && c.Folder == "" {
			continue
		}
		if err != nil {
			return Reply{}, told("search "+f.Name, err)
		}
		if out.add(f, found); len(out.entries) > most {
			break
		}
	}
	return out.reply(most), nil
}

// list shows what lies in a directory of a folder, or one file.
func (d *Desk) list(ctx context.Context, c Command) (Reply, error) {
	f, p, err := d.placeOf(c)
	if err != nil {
		return Reply{}, err
	}
	after, err := afterOf(c)
	if err != nil {
		return Reply{}, err
	}
	out, most := d.newLook(), entriesOf(c)
	if !p.IsRoot() {
		found, err := d.engine.Stat(ctx, f.ID, p)
		switch {
		case err != nil:
			return Reply{}, told("look into "+f.Name, err)
		case !found.Live():
			return Reply{}, failed("there is no %s in %q", p, f.Name).Hint("kith ls %s", quoted(f.Name))
		case found.Kind != index.Directory:
			out.add(*f, []syncer.Found{found})
			return out.reply(most), nil
		}
	}
	found, err := d.engine.Children(ctx, f.ID, p, after, most+1)
	if err != nil {
		return Reply{}, told("look into "+f.Name, err)
	}
	out.add(*f, found)
	return out.reply(most), nil
}

func entriesOf(c Command) int {
	if c.Limit <= 0 {
		return usualEntries
	}
	return min(c.Limit, mostEntries)
}

// afterOf returns where an answer goes on.
func afterOf(c Command) (index.Path, error) {
	switch {
	case c.After == "":
		return index.Path{}, nil
	case c.Folder == "":
		return index.Path{}, usage("after says where to go on in one folder, and none was given")
	}
	p, err := index.ParsePath(c.After)
	if err != nil {
		return p, usage("%v", err)
	}
	return p, nil
}

// placeOf returns the folder and the path in it that a command is about: Folder
// and Path, or both in Folder as FOLDER/PATH, or as a path on disk.
func (d *Desk) placeOf(c Command) (*Shared, index.Path, error) {
	if c.Path != "" {
		return d.pathOf(c)
	}
	s := d.Settings()
	for name := c.Folder; name != ""; {
		var all []candidate[*Shared]
		for i := range s.Folders {
			all = append(all, candidate[*Shared]{&s.Folders[i], s.Folders[i].Name, s.Folders[i].ID.String()})
		}
		if f, err := choose("folder", name, all); err == nil {
			p, err := findPath(f, strings.Trim(c.Folder[len(name):], "/"))
			return f, p, err
		}
		name = name[:max(0, strings.LastIndexByte(name, '/'))]
	}
	f, err := findFolder(s, c.Cwd, c.Folder)
	if err != nil {
		return nil, index.Path{}, err
	}
	real := absolute(c.Cwd, c.Folder)
	if dir, err := filepath.EvalSymlinks(filepath.Dir(real)); err == nil && real != f.Dir {
		real = filepath.Join(dir, filepath.Base(real))
	}
	p, err := findPath(f, real)
	return f, p, err
}

// look gathers entries for an answer.
type look struct {
	d         *Desk
	connected map[index.DeviceID]bool
	entries   []FolderEntry
}

func (d *Desk) newLook() *look {
	l := &look{d: d, connected: make(map[index.DeviceID]bool), entries: []FolderEntry{}}
	for _, p := range d.board.Devices() {
		l.connected[p.ID] = p.Connected
	}
	return l
}

func (l *look) add(f Shared, found []syncer.Found) {
	for _, x := range found {
		e := FolderEntry{
			Folder: f.Name, FolderID: f.ID, Path: x.Path.String(), Kind: x.Kind.String(),
			Size: x.Size, Here: string(x.Here), Holders: []Holder{},
		}
		if x.Modified != 0 {
			e.Modified = time.Unix(0, x.Modified).UTC()
		}
		for _, h := range x.Holders {
			name := h.Brief()
			if m, ok := member(f.signed, h); ok {
				name = cleanName(m.Name, maxDeviceName)
			}
			e.Holders = append(e.Holders, Holder{h, name, l.connected[h]})
		}
		l.entries = append(l.entries, e)
	}
}

// reply returns the answer, with at most so many entries.
func (l *look) reply(most int) Reply {
	if len(l.entries) > most {
		return Reply{Entries: l.entries[:most], More: true}
	}
	return Reply{Entries: l.entries}
}
