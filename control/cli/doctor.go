package cli

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"kith/control"
)

type doctorCmd struct {
	JSON bool `name:"json" help:"Print JSON."`
}

func (c *doctorCmd) Run(s *session) error {
	s.say.progress("Asking around…")
	reply, err := s.ask(control.Command{Verb: control.Doctor})
	s.say.clear()
	if err != nil {
		return err
	}
	if c.JSON {
		if err := s.say.json(reply.Findings); err != nil {
			return err
		}
	} else {
		s.showFindings(reply.Findings)
	}
	return verdict(reply.Findings)
}

// showFindings prints what is wrong first, then the rest. A command to copy has
// a line of its own.
func (s *session) showFindings(all []control.Finding) {
	for _, wrong := range []bool{true, false} {
		for _, f := range all {
			if control.Wrong([]control.Finding{f}) != wrong {
				continue
			}
			s.say.line("%-8s %s", f.Level, f.What)
			if f.Why != "" && f.Level != control.LevelOK {
				s.say.line("%-8s %s", "", sentence(f.Why))
			}
			if f.Next != "" {
				s.say.line("%-8s %s", "", sentence(f.Next))
			}
			for command := range strings.Lines(f.Command) {
				s.say.line("%-8s     %s", "", strings.TrimSuffix(command, "\n"))
			}
		}
	}
}

// verdict is an error if something is wrong.
func verdict(all []control.Finding) error {
	var n int64
	for _, f := range all {
		if control.Wrong([]control.Finding{f}) {
			n++
		}
	}
	switch n {
	case 0:
		return nil
	case 1:
		return &control.Fault{Kind: control.Failed, What: "one thing is wrong"}
	}
	return &control.Fault{Kind: control.Failed, What: number(n) + " things are wrong"}
}

// sentence begins with a capital letter and ends with a full stop, but for a
// command.
func sentence(s string) string {
	if strings.HasPrefix(s, "kith ") {
		return s
	}
	first, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[n:] + "."
}
