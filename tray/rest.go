package tray

import (
	"path"
	"path/filepath"
	"slices"

	"kith/control"
)

// recentItem shows what changed lately, the latest first. Choosing a line opens
// the directory in which the file lies or lay.
func recentItem(s State) Item {
	item := Item{Title: "Recent changes"}
	for _, e := range slices.Backward(s.Recent) {
		line, ok := recentLine(s, e)
		if !ok {
			continue
		}
		item.Items = append(item.Items, line)
		if len(item.Items) == maxRecent {
			break
		}
	}
	if len(item.Items) == 0 {
		item.Items = append(item.Items, Item{Title: "Nothing yet"})
	}
	item.Items = append(item.Items, Item{Title: "All activity…", Do: Show{Activity}})
	return item
}

func recentLine(s State, e control.Entry) (Item, bool) {
	local := filepath.FromSlash(e.Path)
	if e.Path == "" || e.Folder == "" || !filepath.IsLocal(local) {
		return Item{}, false // not about a file of a folder
	}
	what := e.Verb
	switch {
	case e.Verb == "received" && e.Device != "":
		what = "from " + name(e.Device)
	case e.Device != "":
		what += " by " + name(e.Device)
	}
	item := Item{Title: join(name(path.Base(e.Path)), what, clock(e.At, s.Now))}
	for _, f := range s.Picture.Folders {
		if f.Name == e.Folder {
			item.Do = OpenDir{filepath.Join(f.Path, filepath.Dir(local))}
		}
	}
	return item, true
}

// pauseItem pauses everything, or ends that.
func pauseItem(s State) Item {
	if text := pauseText(s); text != "" {
		return Item{Title: "Resume (" + lower(text) + ")", Do: Send{control.Command{Verb: control.Resume}}}
	}
	return Item{Title: "Pause", Items: pauseItems("")}
}

func lower(s string) string { return string(s[0]|0x20) + s[1:] }

// pauseItems offers the lengths of a pause, of a folder or of all.
func pauseItems(folder string) []Item {
	pause := func(seconds int64) Action {
		return Send{control.Command{Verb: control.Pause, Folder: folder, For: seconds}}
	}
	return []Item{
		{Title: "30 minutes", Do: pause(30 * 60)},
		{Title: "1 hour", Do: pause(60 * 60)},
		{Title: "Until tomorrow", Do: PauseUntilTomorrow{folder}},
		{Title: "Until I resume", Do: pause(0)},
	}
}

// loginItems asks once whether Kith shall be started at login, and then shows a
// box to tick.
func loginItems(l control.Login) []Item {
	set := func(on bool) Action { return Send{control.Command{Verb: control.Autostart, On: &on}} }
	switch {
	case l.Reason != "":
		return nil
	case !l.Asked:
		return []Item{{Title: "Start at login?", Items: []Item{
			{Title: "Yes, start Kith when I log in", Do: set(true)},
			{Title: "No", Do: set(false)},
		}}}
	case l.On:
		return []Item{{Title: "Start at login", Mark: Ticked, Do: set(false)}}
	}
	return []Item{{Title: "Start at login", Mark: Unticked, Do: set(true)}}
}
