package control

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kith/index"
	"kith/peer/wire"
)

// How many there may be.
const (
	maxFolders = 256
	maxDevices = 64
)

// drop takes a folder out of the settings. Its files stay.
func (s *Settings) drop(id index.FolderID) {
	s.Folders = slices.DeleteFunc(s.Folders, func(f Shared) bool { return f.ID == id })
}

// share makes a directory a shared folder, or adds devices to one that it is
// already.
func (d *Desk) share(_ context.Context, c Command) (Reply, error) {
	if c.Make && c.Dir != "" {
		if err := os.MkdirAll(absolute(c.Cwd, c.Dir), 0o777); err != nil {
			return Reply{}, failed("make %s: %w", c.Dir, err).Hint("choose another place")
		}
	}
	dir, err := resolveDir(c.Cwd, c.Dir)
	if err != nil {
		return Reply{}, err
	}
	role, err := roleOf(c.Role)
	if err != nil {
		return Reply{}, err
	}
	with, err := d.findDevices(c.With)
	if err != nil {
		return Reply{}, err
	}
	for _, f := range d.Settings().Folders {
		if f.Dir == dir {
			return d.shareMore(f.ID, with, role, c.Name)
		}
	}
	return d.shareNew(dir, c.Name, with, role)
}

func (d *Desk) shareNew(dir, name string, with []index.DeviceID, role index.Role) (Reply, error) {
	if name == "" {
		name = filepath.Base(dir)
	}
	f := Shared{ID: newFolderID(), Name: cleanName(name, maxFolderName), Dir: dir}
	err := d.change(func(s *Settings) error {
		if err := d.checkNew(s, f); err != nil {
			return err
		}
		f.setList(d.newList(f.ID, f.Name, s.Name))
		if len(with) > 0 {
			if _, err := d.admit(s, &f, with, role); err != nil {
				return err
			}
		}
		if err := d.cfg.MakeFolder(dir, f.ID); err != nil {
			return failed("share %s: %w", dir, err)
		}
		s.Folders = append(s.Folders, f)
		return nil
	})
	if err != nil {
		return Reply{}, err
	}
	d.note(Entry{Verb: "shared", Folder: f.Name, Path: dir})
	text := "Shared " + f.Name + "."
	if len(with) == 0 {
		text += " Nobody else has it yet: kith share " + quoted(dir) + " --with DEVICE"
	}
	return Reply{Text: text, Folder: &f.ID}, nil
}

// checkNew refuses a folder that cannot stand beside those there are.
func (d *Desk) checkNew(s *Settings, f Shared) error {
	if len(s.Folders) >= maxFolders {
		return failed("there are %d shared folders, and there can be no more", maxFolders).
			Hint("leave one: kith leave FOLDER")
	}
	for _, o := range s.Folders {
		if o.Name == f.Name {
			return failed("there is a folder %q already: %s", f.Name, o.Dir).
				Hint("give this one another name: --name NAME")
		}
	}
	return d.checkPlace(s, f.Dir)
}

func (d *Desk) shareMore(id index.FolderID, with []index.DeviceID, role index.Role, name string) (Reply, error) {
	f, ok := d.Settings().Folder(id)
	switch {
	case !ok:
		return Reply{}, failed("the folder was left meanwhile")
	case name != "" && name != f.Name:
		return Reply{}, failed("%s is already shared as %q", f.Dir, f.Name).
			Hint("leave out --name")
	case len(with) == 0:
		return Reply{Text: f.Name + " is shared already.", Folder: &id}, nil
	}
	var added int
	err := d.change(func(s *Settings) error {
		f, ok := s.Folder(id)
		if !ok {
			return failed("the folder was left meanwhile")
		}
		var err error
		added, err = d.admit(s, f, with, role)
		return err
	})
	if err != nil {
		return Reply{}, err
	}
	d.note(Entry{Verb: "shared", Folder: f.Name, Detail: "with " + count(added, "more device")})
	return Reply{Text: "Offered " + f.Name + " to " + count(added, "more device") + ".", Folder: &id}, nil
}

func roleOf(word string) (index.Role, error) {
	if word == "" {
		return index.Both, nil
	}
	role, err := index.ParseRole(word)
	if err != nil {
		return 0, usage("%v", err)
	}
	return role, nil
}

// accept makes an offered folder one of ours.
func (d *Desk) accept(ctx context.Context, c Command) (Reply, error) {
	o, err := d.findOffer(c.Folder)
	if err != nil {
		return Reply{}, err
	}
	f := Shared{ID: o.list.Folder, Name: cleanName(o.list.Name, maxFolderName), Browse: c.Browse}
	f.setList(o.list)
	if c.Dir == "" {
		f.Dir, err = freeDir(f.Name)
	} else {
		f.Dir, err = resolveNew(c.Cwd, c.Dir)
	}
	if err != nil {
		return Reply{}, err
	}
	err = d.change(func(s *Settings) error {
		if _, held := s.Folder(f.ID); held {
			return failed("%q is one of your folders already", f.Name)
		}
		if len(s.Folders) >= maxFolders {
			return failed("there are %d shared folders, and there can be no more", maxFolders)
		}
		if err := d.checkPlace(s, f.Dir); err != nil {
			return err
		}
		if err := d.prepare(f); err != nil {
			return err
		}
		if err := d.engine.Drop(ctx, f.ID); err != nil { // what was known when it was left
			return failed("prepare the index of %q: %w", f.Name, err)
		}
		s.undecline(f.ID)
		s.Folders = append(s.Folders, f)
		return nil
	})
	if err != nil {
		return Reply{}, err
	}
	d.takeOffer(f.ID)
	d.Changed()
	d.note(Entry{Verb: "accepted", Folder: f.Name, Path: f.Dir, Device: d.nameOf(o.from)})
	text := "Accepted " + f.Name + ": it comes to " + f.Dir
	if f.Browse {
		text = "Accepted " + f.Name + " to browse: what you get comes to " + f.Dir
	}
	return Reply{Text: text, Folder: &f.ID}, nil
}

// prepare makes the directory of an accepted folder, if need be, and marks it.
func (d *Desk) prepare(f Shared) error {
	if err := os.MkdirAll(f.Dir, 0o777); err != nil {
		return failed("make %s: %w", f.Dir, err).Hint("choose another place: kith accept %s DIR", quoted(f.Name))
	}
	if err := d.cfg.MakeFolder(f.Dir, f.ID); err != nil {
		return failed("use %s for %q: %w", f.Dir, f.Name, err).Hint("choose another place: kith accept %s DIR", quoted(f.Name))
	}
	return nil
}

// decline says no to an offer.
func (d *Desk) decline(_ context.Context, c Command) (Reply, error) {
	o, err := d.findOffer(c.Folder)
	if err != nil {
		return Reply{}, err
	}
	err = d.change(func(s *Settings) error {
		s.decline(o.list.Folder, o.list.Serial)
		return nil
	})
	if err != nil {
		return Reply{}, err
	}
	d.bid(o.list.Owner, &wire.Unsubscribe{Folder: o.list.Folder, Left: true, Reason: "declined"})
	name := cleanName(o.list.Name, maxFolderName)
	d.note(Entry{Verb: "declined", Folder: name, Device: d.nameOf(o.from)})
	return Reply{Text: "Declined " + name + "."}, nil
}

// leave takes this device out of a folder. The files stay where they are.
func (d *Desk) leave(_ context.Context, c Command) (Reply, error) {
	f, err := findFolder(d.Settings(), c.Cwd, c.Folder)
	if err != nil {
		return Reply{}, err
	}
	err = d.change(func(s *Settings) error {
		s.drop(f.ID)
		if f.broken == nil && f.signed.Owner != d.self() {
			s.decline(f.ID, f.signed.Serial)
		}
		return nil
	})
	if err != nil {
		return Reply{}, err
	}
	d.forgetFolder(f.ID)
	for _, m := range f.signed.Members {
		d.bid(m.Device, &wire.Unsubscribe{Folder: f.ID, Left: true, Reason: "left"})
	}
	d.note(Entry{Verb: "left", Folder: f.Name, Path: f.Dir, Detail: "the files stay here"})
	return Reply{Text: "Left " + f.Name + ". Its files stay in " + f.Dir}, nil
}

// forgetFolder removes what the index knows of a folder that was left. If that
// fails it only takes up room: the index starts anew when the folder is accepted
// again.
func (d *Desk) forgetFolder(id index.FolderID) {
	if err := d.engine.Drop(context.Background(), id); err != nil {
		d.cfg.Log.Debug("forget folder", "folder", id.Brief(), "error", err)
	}
}

// pause stops one folder, or all, for a time or until a person says so.
func (d *Desk) pause(_ context.Context, c Command) (Reply, error) {
	var until time.Time
	if c.For > 0 {
		until = time.Now().Add(time.Duration(c.For) * time.Second).UTC().Truncate(time.Second)
	}
	text, err := d.setPause(c, true, until)
	if err == nil && c.For > 0 {
		text += " until " + until.Local().Format("15:04")
	}
	return Reply{Text: text + "."}, err
}

func (d *Desk) unpause(_ context.Context, c Command) (Reply, error) {
	d.forgetTwin()
	text, err := d.setPause(c, false, time.Time{})
	return Reply{Text: text + "."}, err
}

func (d *Desk) setPause(c Command, paused bool, until time.Time) (text string, err error) {
	verb := map[bool]string{true: "Paused", false: "Resumed"}[paused]
	err = d.change(func(s *Settings) error {
		if c.Folder == "" {
			for i := range s.Folders {
				s.Folders[i].Paused, s.Folders[i].Until = paused, until
			}
			text = verb + " all folders"
			return nil
		}
		f, err := findFolder(s, c.Cwd, c.Folder)
		if err != nil {
			return err
		}
		f.Paused, f.Until = paused, until
		text = verb + " " + f.Name
		return nil
	})
	if err == nil {
		d.note(Entry{Verb: map[bool]string{true: "paused", false: "resumed"}[paused], Folder: c.Folder})
	}
	return text, err
}

// untilResume returns a channel that speaks when the next pause ends, or nil.
func (d *Desk) untilResume(now time.Time) <-chan time.Time {
	var next time.Time
	for _, f := range d.Settings().Folders {
		if f.Paused && !f.Until.IsZero() && (next.IsZero() || f.Until.Before(next)) {
			next = f.Until
		}
	}
	if next.IsZero() {
		return nil
	}
	return time.After(max(next.Sub(now), time.Second)) // not faster, should saving fail
}

// endPauses resumes the folders whose pause is over.
func (d *Desk) endPauses(now time.Time) {
	var over []string
	err := d.change(func(s *Settings) error {
		for i := range s.Folders {
			if f := &s.Folders[i]; f.Paused && !f.Until.IsZero() && !f.Until.After(now) {
				f.Paused, f.Until = false, time.Time{}
				over = append(over, f.Name)
			}
		}
		return nil
	})
	if err != nil {
		d.cfg.Log.Error("resume folders", "error", err)
		return
	}
	for _, name := range over {
		d.note(Entry{Verb: "resumed", Folder: name, Detail: "the pause is over"})
	}
}
