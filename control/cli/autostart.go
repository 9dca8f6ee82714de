package cli

import (
	"errors"

	"kith/control"
)

type autostartCmd struct {
	Mode string `arg:"" enum:"on,off,status" default:"status" help:"on, off or status."`
}

// Run asks the app that runs, so that it knows what the person decided. Where
// none runs it does the same by itself.
func (c *autostartCmd) Run(s *session) error {
	command := control.Command{Verb: control.Autostart}
	if c.Mode != "status" {
		on := c.Mode == "on"
		command.On = &on
	}
	err := s.do(command)
	var f *control.Fault
	if !errors.As(err, &f) || f.Kind != control.Absent {
		return err
	}
	entry := s.program.Autostart(s.home)
	if command.On != nil {
		if err := entry.Set(*command.On); err != nil {
			return err
		}
	}
	on, err := entry.On()
	switch {
	case err != nil:
		return err
	case on:
		s.say.line("Kith is started when you log in.")
	default:
		s.say.line("Kith is not started when you log in.")
	}
	return nil
}
