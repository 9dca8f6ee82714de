package cli

import (
	"kith/control"
)

type openCmd struct {
	Place string `arg:"" optional:"" help:"What to show: /conflicts, /devices, /activity, /settings …"`
	Print bool   `help:"Print the address instead: good for one browser, within a minute."`
}

// Run shows the page, or where no browser can be shown says where it is.
func (c *openCmd) Run(s *session) error {
	door, err := s.door()
	if err != nil {
		return err
	}
	if !c.Print {
		if err := control.ShowPage(s.ctx, door.Do, c.Place); err == nil {
			return nil
		}
	}
	r, err := door.Do(s.ctx, control.Command{Verb: control.Open, Place: c.Place, Direct: true})
	if err != nil {
		return err
	}
	if !c.Print {
		s.say.aside("No browser could be started. This opens the page once, within a minute, on this machine:")
	}
	s.say.line("%s", r.URL)
	return nil
}
