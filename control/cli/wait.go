package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"kith/control"
)

type waitCmd struct {
	anyFolder
	Timeout time.Duration `default:"0s" placeholder:"TIME" help:"Give up after this time, such as 60s; never unless said."`
}

// errReached ends a watch that saw what it waited for.
var errReached = errors.New("reached")

func (c *waitCmd) Run(s *session) error {
	if c.Timeout > 0 {
		ctx, cancel := context.WithTimeout(s.ctx, c.Timeout)
		defer cancel()
		s.ctx = ctx
	}
	door, err := s.door()
	if err != nil {
		return err
	}
	var missing []string
	err = c.until(s, door, &missing)
	switch {
	case err == nil:
		s.say.clear()
		return nil
	case errors.Is(s.ctx.Err(), context.DeadlineExceeded):
		return c.late(missing)
	}
	return err
}

// until looks for changes, then watches until nothing is missing.
func (c *waitCmd) until(s *session, door *control.Door, missing *[]string) error {
	reply, err := s.ask(control.Command{Verb: control.Scan, Folder: c.Folder, Lenient: true})
	if err != nil {
		return err
	}
	folder := ""
	if reply.Folder != nil {
		folder = reply.Folder.String()
	}
	// Rev-1: the revision that shows the scan counts, earlier ones do not.
	err = door.Watch(s.ctx, reply.Rev-1, func(p control.Picture) error {
		*missing = lacking(p, folder)
		if len(*missing) == 0 {
			return errReached
		}
		s.say.progress("%s", progressLine(p, folder))
		return nil
	})
	if errors.Is(err, errReached) {
		return nil
	}
	return err
}

func (c *waitCmd) late(missing []string) error {
	what := fmt.Sprintf("not in step after %v", c.Timeout)
	if len(missing) > 0 {
		what += ": " + strings.Join(missing, "; ")
	}
	return &control.Fault{Kind: control.TimedOut, What: what, Next: "kith status"}
}

// lacking says what keeps the folder with that ID, or any, from being in step.
func lacking(p control.Picture, folder string) []string {
	var out []string
	found := folder == ""
	for _, f := range p.Folders {
		if folder != "" && f.ID.String() != folder {
			continue
		}
		found = true
		if what := p.Missing(f); len(what) > 0 {
			out = append(out, f.Name+": "+strings.Join(what, ", "))
		}
	}
	if !found {
		out = append(out, "the folder was left")
	}
	return out
}

// progressLine says how far the folder with that ID, or all, are.
func progressLine(p control.Picture, folder string) string {
	var files, bytes, down, up int64
	var eta *int64
	for _, f := range p.Folders {
		if folder != "" && f.ID.String() != folder {
			continue
		}
		files += f.NeedFiles
		bytes += f.NeedBytes
		down += f.DownBps
		up += f.UpBps
		if f.ETA != nil && (eta == nil || *f.ETA > *eta) {
			eta = f.ETA
		}
		for _, m := range f.Members {
			if m.Connected {
				files += m.NeedFiles
				bytes += m.NeedBytes
			}
		}
	}
	line := fmt.Sprintf("%s · %s · ↓ %s/s ↑ %s/s", things(files, "file"), size(bytes), size(down), size(up))
	if eta != nil && *eta > 0 {
		line += " · " + span(*eta)
	}
	return line
}
