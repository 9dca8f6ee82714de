package cli

import (
	"fmt"
	"strings"
	"time"

	"kith/control"
)

type shareCmd struct {
	Dir  string   `arg:"" help:"The directory."`
	Name string   `help:"What the folder is called; the directory's name unless said." placeholder:"NAME"`
	With []string `help:"Devices to offer it to, with commas between." placeholder:"DEVICE,…" sep:","`
	As   string   `help:"What those devices may do: both send and receive, or only receive." enum:"both,receive" default:"both"`
}

func (c *shareCmd) Run(s *session) error {
	return s.do(control.Command{Verb: control.Share, Dir: c.Dir, Name: c.Name, With: c.With, Role: c.As})
}

type offersCmd struct {
	JSON bool `name:"json" help:"Print them as JSON."`
}

func (c *offersCmd) Run(s *session) error {
	door, err := s.door()
	if err != nil {
		return err
	}
	p, err := door.Picture(s.ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return s.say.json(p.Offers)
	}
	if len(p.Offers) == 0 {
		s.say.line("Nobody offers a folder.")
		return nil
	}
	rows := [][]string{{"FOLDER", "FROM", "MEMBERS", "AS", "WOULD GO TO"}}
	for _, o := range p.Offers {
		rows = append(rows, []string{o.Name, o.From, number(int64(o.Members)), o.Role, o.Dir})
	}
	return s.say.table(rows)
}

type acceptCmd struct {
	Folder string `arg:"" help:"Name of the offered folder, or the start of its ID."`
	Dir    string `arg:"" optional:"" help:"Where it shall go; ~/Kith/NAME unless said."`
	Browse bool   `help:"Keep nothing of it here but what you get: kith ls, kith get."`
}

func (c *acceptCmd) Run(s *session) error {
	return s.do(control.Command{Verb: control.Accept, Folder: c.Folder, Dir: c.Dir, Browse: c.Browse})
}

type declineCmd struct {
	Folder string `arg:"" help:"Name of the offered folder, or the start of its ID."`
}

func (c *declineCmd) Run(s *session) error {
	return s.do(control.Command{Verb: control.Decline, Folder: c.Folder})
}

// oneFolder is what commands about one folder take.
type oneFolder struct {
	Folder string `arg:"" help:"Name of the folder, the start of its ID, or a path in it."`
}

// anyFolder is what commands about one folder or all take.
type anyFolder struct {
	Folder string `arg:"" optional:"" help:"Name of the folder, the start of its ID, or a path in it; all unless said."`
}

type leaveCmd struct{ oneFolder }

func (c *leaveCmd) Run(s *session) error {
	return s.do(control.Command{Verb: control.Leave, Folder: c.Folder})
}

type pauseCmd struct {
	anyFolder
	For time.Duration `help:"How long, such as 30m or 1h; until kith resume unless said." placeholder:"TIME"`
}

func (c *pauseCmd) Run(s *session) error {
	if c.For < 0 || c.For > 0 && c.For < time.Second {
		return &control.Fault{Kind: control.Usage, What: fmt.Sprintf("cannot pause for %v", c.For), Next: "say a time such as 30m or 1h"}
	}
	return s.do(control.Command{Verb: control.Pause, Folder: c.Folder, For: int64(c.For / time.Second)})
}

type resumeCmd struct{ anyFolder }

func (c *resumeCmd) Run(s *session) error {
	return s.do(control.Command{Verb: control.Resume, Folder: c.Folder})
}

type scanCmd struct{ anyFolder }

func (c *scanCmd) Run(s *session) error {
	return s.do(control.Command{Verb: control.Scan, Folder: c.Folder})
}

type approveCmd struct{ oneFolder }

func (c *approveCmd) Run(s *session) error {
	return s.do(control.Command{Verb: control.Approve, Folder: c.Folder})
}

type undoCmd struct{ oneFolder }

func (c *undoCmd) Run(s *session) error {
	return s.do(control.Command{Verb: control.Undo, Folder: c.Folder})
}

// word writes a name as one word for a shell.
func word(name string) string {
	if name != "" && !strings.ContainsAny(name, " \t'\"\\$&|;<>()*?[]#~`!") {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}
