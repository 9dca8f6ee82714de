package cli

import "kith/control"

type updateCmd struct {
	From *string `help:"Look here from now on: the https address or the file of a release's SHA256SUMS. Empty: nowhere." placeholder:"ADDRESS"`
	Key  *string `help:"Verify releases with this minisign public key from now on. Empty: with that of Kith's makers." placeholder:"KEY"`
	JSON bool    `name:"json" help:"Print what is known as JSON."`
}

func (c *updateCmd) Run(s *session) error {
	reply, err := s.ask(control.Command{Verb: control.Updates, From: c.From, Key: c.Key})
	if err != nil {
		return err
	}
	if c.JSON {
		return s.say.json(reply.Update)
	}
	s.say.line("%s", reply.Text)
	if u := reply.Update; u != nil && u.Next != "" {
		s.say.line("next: %s", u.Next)
	}
	return nil
}
