package tray

import (
	"strings"
	"time"

	"kith/control"
)

// State is all that a view depends on.
type State struct {
	Picture control.Picture
	Recent  []control.Entry // what happened, the oldest first
	Now     time.Time       // in the zone of this person
	Busy    bool            // something has been moving for long enough to be shown
	Odd     bool            // which of the two drawings of syncing is shown
}

// maxTooltip is what Windows has room for (NOTIFYICONDATA.szTip, less its end).
const maxTooltip = 127

// Picture returns what the panel shows in a state.
func Picture(s State) View {
	head := headline(s)
	tip := []rune("Kith: " + head)
	return View{
		Icon:    icon(s),
		Tooltip: string(tip[:min(len(tip), maxTooltip)]),
		Menu:    menu(s, head),
	}
}

func menu(s State, head string) []Item {
	out := []Item{{Title: head, Do: Show{Overview}}}
	if text := rateText(s.Picture); text != "" && s.Busy {
		out = append(out, Item{Title: text})
	}
	out = append(out, Item{})
	out = append(out, folderItems(s)...)
	out = append(out, Item{Title: "Share a folder…", Do: ShareDir{}}, Item{}, nearbyItem(s))
	if asked := requestItems(s); len(asked) > 0 {
		out = append(out, Item{Title: requestsTitle(s.Picture), Items: asked})
	}
	out = append(out, recentItem(s), Item{}, Item{Title: "Search…", Do: Show{Search}}, pauseItem(s),
		Item{Title: "Open Kith", Do: Show{Overview}}, Item{Title: "Connection check…", Do: Show{Check}})
	out = append(out, loginItems(s.Picture.Login)...)
	if u := s.Picture.Update; u.Newer {
		out = append(out, Item{Title: "Kith " + u.Version + " is there…", Do: Show{Settings}})
	}
	return append(out, Item{Title: "Quit", Do: Send{control.Command{Verb: control.Quit}}})
}

// icon chooses the first that applies.
func icon(s State) Icon {
	p := s.Picture
	paused := pausedFolders(p)
	switch {
	case len(troubles(p)) > 0:
		return IconError
	case len(needs(p)) > 0:
		return IconAttention
	case paused > 0 && paused == len(p.Folders):
		return IconPaused
	case s.Busy && s.Odd:
		return IconSyncing2
	case s.Busy:
		return IconSyncing1
	case paused > 0: // not all is in step, but what moves was worth more
		return IconPaused
	case here(p) == 0:
		return IconAlone
	}
	return IconInStep
}

// headline answers: am I OK?
func headline(s State) string {
	p := s.Picture
	bad, wants := troubles(p), needs(p)
	switch {
	case len(bad) == 1:
		return bad[0]
	case len(bad) > 1:
		return control.Things(int64(len(bad)), "problem")
	case len(wants) == 1:
		return wants[0]
	case len(wants) > 1:
		return control.Number(int64(len(wants))) + " things need you"
	case len(p.Folders) == 0 && trusted(p) == 0:
		return "Pair a device or share a folder to begin"
	case len(p.Folders) == 0:
		return join("Nothing shared yet", hereText(p))
	}
	if text := pauseText(s); text != "" {
		return text
	}
	if text := movingText(p); text != "" {
		return text
	}
	if n := pausedFolders(p); n > 0 {
		return join("Up to date, but "+control.Things(int64(n), "folder")+" paused", hereText(p))
	}
	if here(p) == 0 {
		return "No other device here"
	}
	return join("Up to date", hereText(p))
}

// pauseText says that everything is paused, and until when.
func pauseText(s State) string {
	if n := pausedFolders(s.Picture); n == 0 || n < len(s.Picture.Folders) {
		return ""
	}
	if until := s.Picture.Folders[0].Until; !until.IsZero() {
		return "Paused until " + clock(until, s.Now)
	}
	return "Paused"
}

// movingText says what is under way, empty if nothing is.
func movingText(p control.Picture) string {
	var come, lacking, eta int64
	known, looking, open := true, false, 0
	for _, f := range p.Folders {
		if f.State == control.Paused {
			continue
		}
		come += f.NeedFiles
		looking = looking || f.State == control.Scanning
		lacking += lack(p, f)
		if f.State != control.Syncing {
			continue
		}
		open++
		if f.ETA == nil {
			known = false
			continue
		}
		eta = max(eta, *f.ETA)
	}
	switch {
	case come > 0 && here(p) == 0:
		return "No other device here · " + control.Things(come, "file") + " still to come"
	case come > 0 && known && open > 0:
		return join("Syncing "+control.Things(come, "file"), control.Span(eta))
	case come > 0 || open > 0:
		return "Syncing " + control.Things(come, "file")
	case lacking > 0:
		return "Sending " + control.Things(lacking, "file")
	case looking:
		return "Looking for changes"
	}
	for _, f := range p.Folders {
		if f.State != control.Paused && len(p.Missing(f)) > 0 {
			return "Comparing with " + control.Things(int64(here(p)), "device")
		}
	}
	return ""
}

// moving reports whether something is under way, or not yet known to be in step.
func moving(p control.Picture) bool {
	for _, f := range p.Folders {
		switch {
		case f.State == control.Paused:
		case f.State == control.Scanning, f.State == control.Syncing && here(p) > 0:
			return true
		case here(p) > 0 && len(p.Missing(f)) > 0:
			return true
		}
	}
	return false
}

// troubles says what cannot work: each is one problem, in a line.
func troubles(p control.Picture) []string {
	var out []string
	for _, x := range p.Problems {
		out = append(out, name(x.Reason))
	}
	for _, f := range p.Folders {
		switch f.State {
		case control.Unavailable:
			out = append(out, name(f.Name)+" cannot be reached")
		case control.Failing:
			out = append(out, name(f.Name)+": "+problemText(f))
		}
	}
	return out
}

func problemText(f control.Folder) string {
	if n := len(f.Problems); n > 0 {
		return control.Things(int64(n), "problem")
	}
	return "a problem"
}

// needs says what waits for this person: each is one thing to do, in a line.
func needs(p control.Picture) []string {
	var out []string
	for _, x := range p.Pairings {
		switch {
		case x.Live() && x.Incoming:
			out = append(out, name(x.Name)+" wants to pair")
		case x.Live():
			out = append(out, "Compare the code with "+name(x.Name))
		}
	}
	for _, o := range p.Offers {
		out = append(out, name(o.From)+" offers "+quoted(o.Name))
	}
	for _, f := range p.Folders {
		if f.State == control.Held {
			out = append(out, control.Things(int64(f.Held), "change")+" in "+name(f.Name)+" held back")
		}
		if f.Conflicts > 0 {
			out = append(out, control.Things(int64(f.Conflicts), "conflict")+" in "+name(f.Name))
		}
	}
	return out
}

func rates(p control.Picture) (down, up int64) {
	for _, f := range p.Folders {
		down += f.DownBps
		up += f.UpBps
	}
	return down, up
}

// rateText says how fast bytes move, in the directions in which they do.
func rateText(p control.Picture) string {
	var out []string
	down, up := rates(p)
	if down > 0 {
		out = append(out, "↓ "+rate(down))
	}
	if up > 0 {
		out = append(out, "↑ "+rate(up))
	}
	return strings.Join(out, "  ")
}

// lack counts the files of a folder that members who are here lack.
func lack(p control.Picture, f control.Folder) int64 {
	var n int64
	for _, m := range f.Members {
		if m.Connected {
			n += m.NeedFiles
		}
	}
	return n
}

func pausedFolders(p control.Picture) int {
	n := 0
	for _, f := range p.Folders {
		if f.State == control.Paused {
			n++
		}
	}
	return n
}

func trusted(p control.Picture) int {
	n := 0
	for _, d := range p.Devices {
		if d.Trusted() {
			n++
		}
	}
	return n
}

func here(p control.Picture) int {
	n := 0
	for _, d := range p.Devices {
		if d.Trusted() && d.Connected {
			n++
		}
	}
	return n
}

func hereText(p control.Picture) string {
	if here(p) == 0 {
		return "no other device here"
	}
	return control.Things(int64(here(p)), "device") + " here"
}
