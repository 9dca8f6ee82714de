package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"kith/control"
)

type logCmd struct {
	Follow bool `short:"f" help:"Go on as things happen."`
	JSON   bool `name:"json" help:"Print one JSON object a line."`
}

func (c *logCmd) Run(s *session) error {
	door, err := s.door()
	if err != nil {
		return err
	}
	show := func(entries []control.Entry) error { return c.show(s, entries) }
	if c.Follow {
		return door.Follow(s.ctx, show)
	}
	entries, err := door.Log(s.ctx)
	if err != nil {
		return err
	}
	return show(entries)
}

func (c *logCmd) show(s *session, entries []control.Entry) error {
	for _, e := range entries {
		if !c.JSON {
			s.say.line("%s", entryLine(e))
			continue
		}
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(s.say.out, "%s\n", line); err != nil {
			return err
		}
	}
	return nil
}

func entryLine(e control.Entry) string {
	parts := []string{e.At.Local().Format(time.DateTime), e.Verb}
	if e.Folder != "" {
		parts = append(parts, e.Folder)
	}
	if e.Path != "" {
		parts = append(parts, e.Path)
	}
	if e.Device != "" {
		parts = append(parts, "("+e.Device+")")
	}
	if e.Detail != "" {
		parts = append(parts, "- "+e.Detail)
	}
	return strings.Join(parts, "  ")
}

func moment(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }
