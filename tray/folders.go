package tray

import (
	"slices"

	"kith/control"
)

// How many lines of a kind a menu shows; the rest is one click away.
const (
	maxFolders  = 10
	maxDevices  = 10
	maxRequests = 8
	maxRecent   = 10
)

// folderItems shows the folders, and where there are too many of them those in
// which something is going on, in their usual order.
func folderItems(s State) []Item {
	p := s.Picture
	shown := make(map[int]bool)
	for _, worth := range []func(control.Folder) bool{
		func(f control.Folder) bool {
			return f.State == control.Unavailable || f.State == control.Failing || f.State == control.Held || f.Conflicts > 0
		},
		func(f control.Folder) bool { return f.State != control.InStep },
		func(control.Folder) bool { return true },
	} {
		for i, f := range p.Folders {
			if len(shown) < maxFolders && worth(f) {
				shown[i] = true
			}
		}
	}
	var out []Item
	for i, f := range p.Folders {
		if shown[i] {
			out = append(out, folderItem(s, f))
		}
	}
	if len(p.Folders) > maxFolders {
		out = append(out, Item{Title: "All " + control.Number(int64(len(p.Folders))) + " folders…", Do: Show{Overview}})
	}
	return out
}

func folderItem(s State, f control.Folder) Item {
	id := f.ID.String()
	item := Item{Title: join(name(f.Name), shortState(s, f))}
	add := func(title string, do Action) { item.Items = append(item.Items, Item{Title: title, Do: do}) }
	add(longState(s, f), nil)
	for i, x := range f.Problems {
		if i == 3 {
			break
		}
		add(name(problemLine(x)), Show{folderPlace(f)})
	}
	if f.Conflicts > 0 {
		add("Resolve "+control.Things(int64(f.Conflicts), "conflict")+"…", Show{conflictsPlace(f)})
	}
	if f.State == control.Held {
		add("Look at what is held back…", Show{folderPlace(f)})
		add("Let it happen", Send{control.Command{Verb: control.Approve, Folder: id}})
		add("Undo it", Send{control.Command{Verb: control.Undo, Folder: id}})
	}
	if f.State != control.Unavailable {
		add("Open folder", OpenDir{f.Path})
	}
	if share := shareWith(s.Picture, f); len(share) > 0 {
		item.Items = append(item.Items, Item{Title: "Share with", Items: share})
	}
	add("Earlier versions…", Show{versionsPlace(f)})
	if f.State == control.Paused {
		add("Resume", Send{control.Command{Verb: control.Resume, Folder: id}})
	} else {
		item.Items = append(item.Items, Item{Title: "Pause", Items: pauseItems(id)})
	}
	add("Details…", Show{folderPlace(f)})
	return item
}

func problemLine(x control.Problem) string {
	if x.Path == "" {
		return x.Reason
	}
	return x.Path + ": " + x.Reason
}

// shareWith offers a folder of ours to the paired devices that do not have it.
func shareWith(p control.Picture, f control.Folder) []Item {
	if f.Owner != p.Device.ID {
		return nil
	}
	var out []Item
	for _, d := range p.Devices {
		if !d.Paired || isMember(f, d) {
			continue
		}
		if len(out) == maxDevices {
			return append(out, Item{Title: "More…", Do: Show{folderPlace(f)}})
		}
		out = append(out, Item{Title: deviceName(p, d), Do: Send{share(f, d)}})
	}
	return out
}

func share(f control.Folder, d control.Device) control.Command {
	return control.Command{Verb: control.Share, Dir: f.Path, With: []string{d.ID.String()}}
}

func isMember(f control.Folder, d control.Device) bool {
	return slices.ContainsFunc(f.Members, func(m control.Member) bool { return m.Device == d.ID })
}

// shortState is what a person sees beside the name: nothing while all is well.
func shortState(s State, f control.Folder) string {
	if f.Conflicts > 0 && f.State != control.Unavailable {
		return control.Things(int64(f.Conflicts), "conflict")
	}
	switch f.State {
	case control.Syncing:
		if f.Reason != "" { // nothing comes
			return join(control.Things(f.NeedFiles, "file")+" to come", control.Escape(f.Reason))
		}
		return join(percent(f), eta(f))
	case control.Paused:
		return pausedUntil(s, f)
	case control.Held:
		return control.Things(int64(f.Held), "change") + " held back"
	case control.Unavailable:
		return "cannot be reached"
	case control.Failing:
		return problemText(f)
	case control.Scanning:
		return "looking"
	}
	if n := lack(s.Picture, f); n > 0 {
		return "sending " + control.Things(n, "file")
	}
	return ""
}

// longState is the first line of a folder's own menu.
func longState(s State, f control.Folder) string {
	holds := control.Things(f.Files, "file") + ", " + control.Size(f.Bytes)
	switch f.State {
	case control.Unavailable, control.Failing, control.Held:
		if f.Reason != "" {
			return control.Escape(f.Reason)
		}
	case control.Syncing:
		return join(percent(f), control.Things(f.NeedFiles, "file")+" to come", eta(f), from(f))
	case control.Scanning:
		return join("Looking for changes", holds)
	case control.Paused:
		return join("Paused", holds)
	}
	if len(f.Members) == 0 {
		return join("Shared with nobody yet", holds)
	}
	if n := lack(s.Picture, f); n > 0 {
		return join("Sending "+control.Things(n, "file"), holds)
	}
	if len(s.Picture.Missing(f)) > 0 {
		return join("Comparing", holds)
	}
	if !slices.ContainsFunc(f.Members, func(m control.Member) bool { return m.Connected }) {
		return join("Nobody else here", holds)
	}
	return join("In step", holds)
}

func pausedUntil(s State, f control.Folder) string {
	if f.Until.IsZero() {
		return "paused"
	}
	return "paused until " + clock(f.Until, s.Now)
}

// percent says how much of what the folder shall hold is here, never all of it
// while something is missing.
func percent(f control.Folder) string {
	all := f.Bytes + f.NeedBytes
	n := int64(99)
	if f.NeedBytes > 0 && all > 0 {
		n = min(99, f.Bytes*100/all)
	}
	return control.Number(n) + " %"
}

func eta(f control.Folder) string {
	if f.ETA == nil {
		return ""
	}
	return control.Span(*f.ETA)
}

// from says how many devices are feeding us.
func from(f control.Folder) string {
	sources := make(map[string]bool)
	for _, t := range f.Active {
		for _, d := range t.Sources {
			sources[d.String()] = true
		}
	}
	if len(sources) == 0 {
		return ""
	}
	return "from " + control.Things(int64(len(sources)), "device")
}
