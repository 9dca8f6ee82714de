package cli

import (
	"kith/control"
)

type conflictsCmd struct {
	Folder string `arg:"" optional:"" help:"Name of the folder, the start of its ID, or a path in it; all unless said."`
	JSON   bool   `name:"json" help:"Print them as JSON."`
}

func (c *conflictsCmd) Run(s *session) error {
	reply, err := s.ask(control.Command{Verb: control.Conflicts, Folder: c.Folder})
	if err != nil {
		return err
	}
	if c.JSON {
		return s.say.json(append([]control.FolderConflict{}, reply.Conflicts...))
	}
	if len(reply.Conflicts) == 0 {
		s.say.line("No conflicts.")
		return nil
	}
	rows := [][]string{{"FOLDER", "PATH", "THEIRS BY", "SAVED", "SIZE", "LIES IN"}}
	for _, x := range reply.Conflicts {
		rows = append(rows, []string{x.Folder, x.Path, x.Device, moment(x.Modified), size(x.Size), x.Copy})
	}
	if err := s.say.table(rows); err != nil {
		return err
	}
	s.say.aside("next: kith resolve FOLDER PATH --keep mine|theirs|both")
	return nil
}

type resolveCmd struct {
	oneFolder
	Path string `arg:"" optional:"" help:"The file, as a path in the folder."`
	All  bool   `help:"Decide about all conflicts of the folder in one way."`
	Keep string `required:"" enum:"mine,theirs,both" placeholder:"mine|theirs|both" help:"Which one keeps the name: the file as it is, the conflict copy, or both as they are."`
}

func (c *resolveCmd) Run(s *session) error {
	if c.All == (c.Path != "") {
		return &control.Fault{Kind: control.Usage, What: "say which conflict", Next: "kith resolve FOLDER PATH --keep …, or --all for all of them"}
	}
	return s.do(control.Command{Verb: control.Resolve, Folder: c.Folder, Path: c.Path, All: c.All, Keep: c.Keep})
}

type versionsCmd struct {
	oneFolder
	Path string `arg:"" help:"A file or directory, as a path in the folder."`
	JSON bool   `name:"json" help:"Print them as JSON."`
}

func (c *versionsCmd) Run(s *session) error {
	reply, err := s.ask(control.Command{Verb: control.Versions, Folder: c.Folder, Path: c.Path})
	if err != nil {
		return err
	}
	if c.JSON {
		return s.say.json(append([]control.KeptVersion{}, reply.Versions...))
	}
	if len(reply.Versions) == 0 {
		s.say.line("No earlier versions.")
		return nil
	}
	rows := [][]string{{"VERSION", "SAVED", "REPLACED", "SIZE", "PATH"}}
	for _, v := range reply.Versions {
		rows = append(rows, []string{v.ID, moment(v.Modified), moment(v.Replaced), size(v.Size), v.Path})
	}
	return s.say.table(rows)
}

type restoreCmd struct {
	oneFolder
	Path    string `arg:"" help:"The file, as a path in the folder."`
	Version string `help:"Which version, as kith versions lists them; the latest unless said." placeholder:"ID"`
	To      string `help:"Write it to this file instead." placeholder:"FILE"`
}

func (c *restoreCmd) Run(s *session) error {
	return s.do(control.Command{
		Verb: control.Restore, Folder: c.Folder, Path: c.Path, Version: c.Version, To: c.To,
	})
}
