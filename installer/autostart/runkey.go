package autostart

import (
	"fmt"
	"strings"
)

// hive is what is asked of the registry of Windows, below HKEY_CURRENT_USER.
type hive interface {
	// Text returns a value of the type string; ok is false if there is none.
	Text(key, name string) (value string, ok bool, err error)
	// Bytes returns a value of the type binary; ok is false if there is none.
	Bytes(key, name string) (value []byte, ok bool, err error)
	SetText(key, name, value string) error
	Delete(key, name string) error // nothing there is no error
}

const (
	runKeyPath = `Software\Microsoft\Windows\CurrentVersion\Run`
	// approvedPath holds what the Task Manager and the Settings say about the
	// entries of the Run key: twelve bytes, of which the first is odd where a
	// person switched the entry off.
	approvedPath = `Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run`
)

// runKey is the list of programs that Windows starts at login.
type runKey struct{ hive hive }

func (r runKey) On(e Entry) (bool, error) {
	_, ok, err := r.hive.Text(runKeyPath, e.Title)
	if err != nil || !ok {
		return false, err
	}
	off, err := r.forbidden(e)
	return !off, err
}

func (r runKey) forbidden(e Entry) (bool, error) {
	state, ok, err := r.hive.Bytes(approvedPath, e.Title)
	return ok && len(state) > 0 && state[0]%2 == 1, err
}

func (r runKey) Set(e Entry, on bool) error {
	if !on {
		return r.hive.Delete(runKeyPath, e.Title)
	}
	off, err := r.forbidden(e)
	if err != nil {
		return err
	}
	if off {
		return fmt.Errorf("switch on autostart: %w", ErrForbidden)
	}
	return r.hive.SetText(runKeyPath, e.Title, commandLine(e.Exec))
}

// commandLine joins arguments so that a program of Windows takes them apart
// again as they were (the rules of CommandLineToArgvW).
func commandLine(args []string) string {
	var out []string
	for _, arg := range args {
		if arg != "" && !strings.ContainsAny(arg, " \t\"") {
			out = append(out, arg)
			continue
		}
		var b strings.Builder
		slashes := 0
		for _, r := range arg {
			switch r {
			case '\\':
				slashes++
				continue
			case '"':
				b.WriteString(strings.Repeat(`\`, 2*slashes+1))
			default:
				b.WriteString(strings.Repeat(`\`, slashes))
			}
			slashes = 0
			b.WriteRune(r)
		}
		b.WriteString(strings.Repeat(`\`, 2*slashes))
		out = append(out, `"`+b.String()+`"`)
	}
	return strings.Join(out, " ")
}
