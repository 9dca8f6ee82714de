package cli

import (
	"errors"

	"kith/control"
)

type runCmd struct {
	Headless bool   `help:"Without a tray."`
	AtLogin  bool   `hidden:"" help:"Started by the system, not by a person."`
	Name     string `help:"What this device calls itself from now on; the machine's name at first." placeholder:"NAME"`
	Listen   string `help:"Address to listen on, this time." placeholder:"ADDR"`
}

// Run runs the app in the foreground. Where it runs already, a person who only
// said "kith" wants to see it; who said "kith run" is told.
func (c *runCmd) Run(s *session) error {
	err := s.program.Start(s.ctx, s.home, Options{
		Headless: c.Headless, Opened: s.bare, AtLogin: c.AtLogin, Name: c.Name, Listen: c.Listen, Ready: s.say.out,
	})
	if !errors.Is(err, control.ErrRunning) {
		return err
	}
	if !s.bare {
		return &control.Fault{Kind: control.Failed, What: "Kith runs already on this home", Next: "kith status, or kith quit"}
	}
	s.say.aside("Kith is running.")
	door, err := s.door()
	if err != nil {
		return err
	}
	if err := control.ShowPage(s.ctx, door.Do, ""); err == nil {
		return nil
	}
	return (&statusCmd{}).Run(s) // all that can be shown where there is no screen
}

type quitCmd struct{}

func (c *quitCmd) Run(s *session) error { return s.do(control.Command{Verb: control.Quit}) }

type versionCmd struct{}

func (c *versionCmd) Run(s *session) error {
	s.say.line("kith %s (%s)", s.program.Version, s.program.Build)
	return nil
}
