package cli

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"kith/control"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

func (c *completionCmd) Run(s *session) error {
	all := completions(s.model)
	switch c.Shell {
	case "bash":
		fmt.Fprint(s.say.out, bash(all))
	case "zsh":
		fmt.Fprint(s.say.out, zsh(all))
	case "fish":
		fmt.Fprint(s.say.out, fish(all))
	}
	return nil
}

// completion is what can be typed after one command.
type completion struct {
	name, help string
	flags      []flag
	words      []string // choices for the first argument
	names      string   // what kith is asked for choices: folders, devices, offers
	dirs       bool     // an argument is a directory on disk
	files      bool     // an argument is a file on disk
}

type flag struct{ name, help string }

// completions reads what can be typed from the grammar.
func completions(model *kong.Application) []completion {
	var out []completion
	for _, n := range model.Children {
		if n.Hidden {
			continue
		}
		c := completion{name: n.Name, help: n.Help}
		for _, f := range append(model.Flags, n.Flags...) {
			c.flags = append(c.flags, flag{"--" + f.Name, f.Help})
		}
		for i, p := range n.Positional {
			if i == 0 && p.Enum != "" {
				c.words = strings.Split(p.Enum, ",")
			}
			c.add(n.Name, p.Name)
		}
		out = append(out, c)
	}
	return out
}

// add notes what kind of choices an argument has, by its name.
func (c *completion) add(command, argument string) {
	switch argument {
	case "folder":
		c.names = "folders"
		if command == "accept" || command == "decline" {
			c.names = "offers"
		}
	case "device":
		c.names = "devices"
		if command == "unpair" {
			c.names = "paired"
		}
	case "dir":
		c.dirs = true
	case "file":
		c.files = true
	}
}

// namesCmd prints the names that an argument can have, one a line. Completions
// call it.
type namesCmd struct {
	What string `arg:"" enum:"folders,offers,devices,paired"`
}

func (c *namesCmd) Run(s *session) error {
	door, err := s.door()
	if err != nil {
		return nil // nothing to suggest is no error at a prompt
	}
	p, err := door.Picture(s.ctx)
	if err != nil {
		return nil
	}
	for _, name := range namesIn(p, c.What) {
		s.say.line("%s", name)
	}
	return nil
}

func namesIn(p control.Picture, what string) []string {
	var out []string
	switch what {
	case "folders":
		for _, f := range p.Folders {
			out = append(out, f.Name)
		}
	case "offers":
		for _, o := range p.Offers {
			out = append(out, o.Name)
		}
	default:
		for _, d := range p.Devices {
			if d.Paired || what == "devices" {
				out = append(out, d.Name)
			}
		}
	}
	return out
}
