package cli

import (
	"fmt"
	"strings"
	"time"

	"kith/control"
)

type statusCmd struct {
	JSON bool `name:"json" help:"Print the whole picture as JSON."`
}

func (c *statusCmd) Run(s *session) error {
	door, err := s.door()
	if err != nil {
		return err
	}
	p, err := door.Picture(s.ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return s.say.json(p)
	}
	return s.showStatus(p)
}

func (s *session) showStatus(p control.Picture) error {
	s.say.line("%s", headline(p))
	if len(p.Folders) > 0 {
		s.say.line("")
		if err := s.say.table(folderRows(p)); err != nil {
			return err
		}
	}
	for _, line := range matters(p) {
		s.say.line("%s", line)
	}
	return nil
}

// headline answers: am I OK? What a person must look at comes first.
func headline(p control.Picture) string {
	sum := summary(p)
	switch {
	case len(p.Problems) > 0 || sum[control.Failing] > 0:
		return "Something needs a look"
	case sum[control.Unavailable] > 0:
		return things(sum[control.Unavailable], "folder") + " cannot be reached"
	case sum[control.Held] > 0:
		return "Changes are held back until you approve them"
	case conflicts(p) > 0:
		return things(conflicts(p), "conflict") + " to resolve"
	case len(p.Folders) == 0:
		return "No folders yet · " + here(p)
	case sum[control.Syncing] > 0:
		return syncing(p)
	case sum[control.Scanning] > 0:
		return "Looking for changes · " + here(p)
	case sum[control.Paused] == int64(len(p.Folders)):
		return "Paused"
	}
	return "Up to date · " + here(p)
}

func summary(p control.Picture) map[control.State]int64 {
	sum := make(map[control.State]int64)
	for _, f := range p.Folders {
		sum[f.State]++
	}
	return sum
}

func conflicts(p control.Picture) int64 {
	var n int64
	for _, f := range p.Folders {
		n += int64(f.Conflicts)
	}
	return n
}

func here(p control.Picture) string {
	var n int64
	for _, d := range p.Devices {
		if (d.Paired || d.VouchedBy != "") && d.Connected {
			n++
		}
	}
	if n == 0 {
		return "no other device here"
	}
	return things(n, "device") + " here"
}

func syncing(p control.Picture) string {
	var files, eta int64
	known := true
	for _, f := range p.Folders {
		if f.State != control.Syncing {
			continue
		}
		files += f.NeedFiles
		if f.ETA == nil {
			known = false
			continue
		}
		eta = max(eta, *f.ETA)
	}
	out := "Syncing " + things(files, "file")
	if known {
		out += " · " + span(eta)
	}
	return out
}

func folderRows(p control.Picture) [][]string {
	rows := [][]string{{"FOLDER", "STATE", "FILES", "SIZE", "WITH", "PLACE"}}
	for _, f := range p.Folders {
		rows = append(rows, []string{f.Name, state(f), number(f.Files), size(f.Bytes), with(p, f), f.Path})
	}
	return rows
}

// with says how the other members stand.
func with(p control.Picture, f control.Folder) string {
	if len(f.Members) == 0 {
		return "nobody yet"
	}
	online := make(map[string]bool)
	for _, d := range p.Devices {
		online[d.ID.String()] = d.Connected
	}
	var out []string
	for _, m := range f.Members {
		word := "away"
		switch {
		case m.Connected && m.InStep:
			word = "in step"
		case m.Connected && m.NeedFiles > 0:
			word = things(m.NeedFiles, "file") + " behind"
		case m.Connected:
			word = "syncing"
		case online[m.Device.String()]:
			word = "not open there"
		}
		out = append(out, m.Name+" ("+word+")")
	}
	return strings.Join(out, ", ")
}

// shown is how many problems of a folder are listed.
const shown = 10

// matters lists what a person should know or do.
func matters(p control.Picture) []string {
	var out []string
	add := func(where, reason, next string) {
		out = append(out, "", strings.TrimPrefix(where+": "+reason, ": "))
		if next != "" {
			out = append(out, "  next: "+next)
		}
	}
	for _, r := range p.Problems {
		add(r.Path, r.Reason, r.Next)
	}
	for _, f := range p.Folders {
		folderMatters(f, add)
	}
	for _, r := range p.Pairings {
		if r.Incoming && r.Code != "" && r.Live() {
			add(r.Name, "wants to pair; it should show "+digits(r.Code), "kith pair")
		}
	}
	for _, o := range p.Offers {
		add(o.From, fmt.Sprintf("offers the folder %q", o.Name), "kith accept "+word(o.Name)+", or kith decline "+word(o.Name))
	}
	return out
}

func folderMatters(f control.Folder, add func(where, reason, next string)) {
	name := word(f.Name)
	switch f.State {
	case control.Held:
		add(f.Name, f.Reason, "kith approve "+name+" to let it happen, kith undo "+name+" to take it back")
	case control.Unavailable:
		add(f.Name, f.Reason, "bring it back to "+f.Path+", or kith leave "+name)
	case control.Syncing:
		if f.Reason != "" {
			add(f.Name, f.Reason, "")
		}
	case control.Failing:
		if len(f.Problems) == 0 {
			add(f.Name, f.Reason, "kith log")
		}
	}
	if f.Conflicts > 0 {
		add(f.Name, things(int64(f.Conflicts), "conflict"), "kith conflicts")
	}
	for i, r := range f.Problems {
		if i == shown {
			add(f.Name, things(int64(len(f.Problems)-shown), "more problem"), "kith status --json lists them")
			return
		}
		where := f.Name
		if r.Path != "" {
			where += "/" + r.Path
		}
		add(where, r.Reason, r.Next)
	}
}

type devicesCmd struct {
	JSON bool `name:"json" help:"Print them as JSON."`
}

func (c *devicesCmd) Run(s *session) error {
	door, err := s.door()
	if err != nil {
		return err
	}
	p, err := door.Picture(s.ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return s.say.json(p.Devices)
	}
	if len(p.Devices) == 0 {
		s.say.line("No other device has been seen.")
		s.say.aside("next: start Kith on another machine in this network, or give its address: kith pair ADDRESS")
		return nil
	}
	rows := [][]string{{"DEVICE", "ID", "STATE", "LAST SEEN", "ADDRESS"}}
	for _, d := range p.Devices {
		seen, addr := ago(d.LastSeen, time.Now()), ""
		if d.Connected {
			seen = "now"
		}
		if len(d.Addresses) > 0 {
			addr = d.Addresses[0]
		}
		rows = append(rows, []string{d.Name, d.ID.Brief(), deviceState(d), seen, addr})
	}
	if err := s.say.table(rows); err != nil {
		return err
	}
	for _, d := range p.Devices { // whole sentences, too long for a column
		if d.Paired && !d.Connected && d.Reason != "" {
			s.say.line("")
			s.say.line("%s: %s", d.Name, d.Reason)
		}
	}
	return nil
}

func deviceState(d control.Device) string {
	switch {
	case d.Connected && d.VouchedBy != "":
		return "connected, vouched for by " + d.VouchedBy
	case d.Connected:
		return "connected"
	case d.VouchedBy != "":
		return "away, vouched for by " + d.VouchedBy
	case d.Paired:
		return "paired, away"
	}
	return "nearby"
}
