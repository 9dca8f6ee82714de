package cli

import (
	"path"
	"strings"

	"kith/control"
)

type searchCmd struct {
	Text   string `arg:"" help:"Part of the name, in any case; with a slash in it, part of the path."`
	Folder string `help:"Look only there: FOLDER, or FOLDER/PATH." placeholder:"FOLDER"`
	JSON   bool   `name:"json" help:"Print them as JSON."`
}

func (c *searchCmd) Run(s *session) error {
	reply, err := s.ask(control.Command{Verb: control.Search, Query: c.Text, Folder: c.Folder})
	if err != nil {
		return err
	}
	if c.JSON {
		return s.say.json(append([]control.FolderEntry{}, reply.Entries...))
	}
	if len(reply.Entries) == 0 {
		s.say.line("Nothing of that name.")
		return nil
	}
	rows := [][]string{{"FOLDER", "PATH", "SIZE", "SAVED", "HERE", "ALSO ON"}}
	for _, e := range reply.Entries {
		rows = append(rows, append([]string{e.Folder}, entryRow(e, e.Path)...))
	}
	if err := s.say.table(rows); err != nil {
		return err
	}
	if reply.More {
		s.say.aside("There are more: say more of the name, or where to look with --folder.")
	}
	return nil
}

type listCmd struct {
	Folder string `arg:"" name:"folder" help:"FOLDER, FOLDER/PATH, or a path in it on disk."`
	JSON   bool   `name:"json" help:"Print them as JSON."`
}

func (c *listCmd) Run(s *session) error {
	ask := control.Command{Verb: control.List, Folder: c.Folder}
	all := []control.FolderEntry{}
	for {
		reply, err := s.ask(ask)
		if err != nil {
			return err
		}
		all = append(all, reply.Entries...)
		if !reply.More {
			break
		}
		ask.After = reply.Entries[len(reply.Entries)-1].Path
	}
	if c.JSON {
		return s.say.json(all)
	}
	if len(all) == 0 {
		s.say.line("Nothing lies there.")
		return nil
	}
	rows := [][]string{{"NAME", "SIZE", "SAVED", "HERE", "ALSO ON"}}
	for _, e := range all {
		rows = append(rows, entryRow(e, path.Base(e.Path)))
	}
	return s.say.table(rows)
}

// entryRow writes an entry under a name.
func entryRow(e control.FolderEntry, name string) []string {
	bytes, saved := size(e.Size), ""
	if !e.Modified.IsZero() {
		saved = moment(e.Modified)
	}
	if e.Kind == "directory" {
		name, bytes = name+"/", ""
	}
	here := map[string]string{"yes": "yes", "older": "another version"}[e.Here]
	return []string{name, bytes, saved, here, holders(e.Holders)}
}

// holders names the devices that hold something.
func holders(all []control.Holder) string {
	var names []string
	for _, h := range all {
		if !h.Connected {
			h.Name += " (away)"
		}
		names = append(names, h.Name)
	}
	return strings.Join(names, ", ")
}

type getCmd struct {
	Folder string `arg:"" name:"folder" help:"FOLDER/PATH, or a path in it on disk; FOLDER for all of it."`
}

func (c *getCmd) Run(s *session) error {
	return s.do(control.Command{Verb: control.Get, Folder: c.Folder})
}

type dropCmd struct {
	Folder string `arg:"" name:"folder" help:"FOLDER/PATH, or a path in it on disk; FOLDER for all of it."`
}

func (c *dropCmd) Run(s *session) error {
	return s.do(control.Command{Verb: control.LetGo, Folder: c.Folder})
}
