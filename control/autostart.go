package control

import "context"

// AutostartSwitch has the system start the app when this person logs in.
type AutostartSwitch interface {
	On() (bool, error)
	Set(on bool) error
}

// loginState is what was found when last looked.
type loginState struct {
	on     bool
	reason string // why it is not known
}

// lookAtLogin finds out whether the app is started at login. A person may change
// that with the means of the system, so it is looked at again at each command.
func (d *Desk) lookAtLogin() loginState {
	s := loginState{reason: "this system has no place for it"}
	if d.cfg.Autostart != nil {
		on, err := d.cfg.Autostart.On()
		s = loginState{on: on}
		if err != nil {
			s.reason = err.Error()
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.login = s
	return s
}

// autostart switches the start at login on or off, and says how it stands. Only
// a person does that: nothing else ever calls Set.
func (d *Desk) autostart(_ context.Context, c Command) (Reply, error) {
	if c.On == nil {
		return d.sayLogin()
	}
	if d.cfg.Autostart == nil {
		return Reply{}, failed("autostart: this system has no place for it")
	}
	asked := func(s *Settings) error {
		s.LoginAsked = true
		return nil
	}
	if err := d.save(asked); err != nil { // first, so that a crash asks nobody twice
		return Reply{}, err
	}
	if err := d.cfg.Autostart.Set(*c.On); err != nil {
		return Reply{}, failed("%w", err).Hint("use the settings of the system, or set it up by hand")
	}
	return d.sayLogin()
}

func (d *Desk) sayLogin() (Reply, error) {
	s := d.lookAtLogin()
	switch {
	case s.reason != "":
		return Reply{}, failed("autostart: %s", s.reason)
	case s.on:
		return Reply{Text: "Kith is started when you log in."}, nil
	}
	return Reply{Text: "Kith is not started when you log in."}, nil
}

func (d *Desk) paintLogin(s *Settings) Login {
	d.mu.Lock()
	defer d.mu.Unlock()
	return Login{On: d.login.on, Asked: s.LoginAsked || d.login.on, Reason: d.login.reason}
}
