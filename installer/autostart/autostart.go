// Package autostart has the system start a program when a person logs in: by a
// file of XDG autostart, the Run key of Windows, or a LaunchAgent of macOS.
//
// It changes things of this one user only, and only when told to. What a person
// switched off elsewhere (the settings of the desktop, the Task Manager) counts
// as off, and stays off.
package autostart

import (
	"errors"
	"strings"
)

// Entry is a program to be started.
type Entry struct {
	Name    string   // of the entry: short, the same from one version to the next
	Title   string   // for people
	Comment string   // for people
	Exec    []string // absolute path of the program, and its arguments
}

// ErrForbidden says that a person switched the entry off with the means of the
// system, and that it has to be switched on again there.
var ErrForbidden = errors.New("it was switched off in the settings of the system (Task Manager, Startup apps)")

// place is where a system keeps such entries.
type place interface {
	On(Entry) (bool, error)
	Set(e Entry, on bool) error
}

// Switch is the entry of one program in the place which this system has for it.
type Switch struct {
	entry Entry
	place func() (place, error)
}

// For returns the switch of an entry. It looks at nothing yet.
func For(e Entry) *Switch { return &Switch{e, here} }

// On reports whether the program will be started at the next login.
func (s *Switch) On() (bool, error) {
	p, err := s.place()
	if err != nil {
		return false, err
	}
	return p.On(s.entry)
}

// Set makes the program be started at login, by the path it has now, or not.
// It does nothing if that is so already. Its error may be ErrForbidden.
func (s *Switch) Set(on bool) error {
	p, err := s.place()
	if err != nil {
		return err
	}
	return p.Set(s.entry, on)
}

// clean makes text fit on one line of a file.
func clean(s string) string { return strings.Join(strings.Fields(s), " ") }
