package tray

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kith/control"
	"kith/index"
)

var update = flag.Bool("update", false, "write the golden files anew")

// noon is when the pictures of these tests are looked at.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func deviceID(n byte) (id index.DeviceID) { id[0], id[1] = n, 0xa5; return id }
func folderID(n byte) (id index.FolderID) { id[0], id[1] = n, 0xf0; return id }

var self = control.Self{ID: deviceID(0), Name: "me"}

func ben(connected bool) control.Device {
	return control.Device{ID: deviceID(1), Name: "Ben-PC", Paired: true, Connected: connected, LastSeen: noon.Add(-2 * time.Hour)}
}

func anna(connected bool) control.Device {
	return control.Device{ID: deviceID(2), Name: "Anna's laptop", Paired: true, Connected: connected, LastSeen: noon.AddDate(0, 0, -9)}
}

func member(d control.Device) control.Member {
	return control.Member{Device: d.ID, Name: d.Name, Role: "both", Connected: d.Connected, InStep: d.Connected}
}

// folder is one of ours, in step with its members.
func folder(n byte, name string, members ...control.Device) control.Folder {
	f := control.Folder{
		ID: folderID(n), Name: name, Path: "/home/me/" + name, Owner: self.ID, Role: "both",
		State: control.InStep, Files: 3100, Bytes: 12_000_000_000,
	}
	for _, d := range members {
		f.Members = append(f.Members, member(d))
	}
	return f
}

func with(f control.Folder, change func(*control.Folder)) control.Folder {
	change(&f)
	return f
}

func seconds(n int64) *int64 { return &n }

// stories are what a tray has to show; each has a golden file of its name.
var stories = map[string]State{
	"nothing shared yet": {Picture: control.Picture{Devices: []control.Device{
		{ID: deviceID(3), Name: "Carl", LastSeen: noon},
	}}},
	"all in step": {
		Picture: control.Picture{
			Devices: []control.Device{anna(true), ben(true), {ID: deviceID(3), Name: "Carl", LastSeen: noon}},
			Folders: []control.Folder{folder(1, "Photos", anna(true), ben(true)), folder(2, "Project X", ben(true))},
			Login:   control.Login{On: true, Asked: true},
		},
		Recent: []control.Entry{
			{At: noon.AddDate(0, 0, -1), Verb: "paired", Device: "Ben-PC"},
			{At: noon.Add(-time.Hour), Verb: "received", Folder: "Photos", Path: "2026/november/beach.jpg", Device: "Anna's laptop"},
			{At: noon.Add(-time.Minute), Verb: "deleted", Folder: "Project X", Path: "old.txt", Device: "Ben-PC"},
			{At: noon, Verb: "received", Folder: "gone", Path: "../../etc/passwd", Device: "Mallory"},
		},
	},
	"syncing": {
		Busy: true,
		Picture: control.Picture{
			Devices: []control.Device{anna(true), ben(true)},
			Folders: []control.Folder{
				with(folder(1, "Project X", anna(true), ben(true)), func(f *control.Folder) {
					f.State, f.Files, f.Bytes = control.Syncing, 300, 6_200_000_000
					f.NeedFiles, f.NeedBytes, f.ETA = 214, 3_800_000_000, seconds(240)
					f.DownBps, f.UpBps = 48_000_000, 1_000_000
					f.Active = []control.Transfer{{Path: "film.mkv", Sources: []index.DeviceID{deviceID(1), deviceID(2)}}}
				}),
				with(folder(2, "Photos", ben(true)), func(f *control.Folder) {
					f.Members[0].InStep, f.Members[0].NeedFiles = false, 14
				}),
			},
		},
	},
	"paused": {Picture: control.Picture{
		Devices: []control.Device{ben(true)},
		Folders: []control.Folder{
			with(folder(1, "Photos", ben(true)), func(f *control.Folder) {
				f.State, f.Until = control.Paused, noon.Add(125*time.Minute)
			}),
		},
	}},
	"one of two paused": {Picture: control.Picture{
		Devices: []control.Device{ben(true)},
		Folders: []control.Folder{
			with(folder(1, "Photos", ben(true)), func(f *control.Folder) { f.State = control.Paused }),
			folder(2, "Music", ben(true)),
		},
	}},
	"alone": {Picture: control.Picture{
		Devices: []control.Device{anna(false), ben(false)},
		Folders: []control.Folder{
			with(folder(1, "Photos", anna(false), ben(false)), func(f *control.Folder) {
				f.Members[0].NeedFiles, f.NeedFiles, f.State = 14, 3, control.Syncing
			}),
		},
	}},
	"vouched for": {Picture: control.Picture{
		Devices: []control.Device{{ID: deviceID(2), Name: "Carl", VouchedBy: "Anna_1", Connected: true, LastSeen: noon}},
		Folders: []control.Folder{folder(1, "Photos", control.Device{ID: deviceID(2), Name: "Carl", Connected: true})},
	}},
	"conflicts": {Picture: control.Picture{
		Devices: []control.Device{ben(true)},
		Folders: []control.Folder{
			with(folder(1, "Budget", ben(true)), func(f *control.Folder) { f.Conflicts = 2 }),
			with(folder(2, "Notes", ben(true)), func(f *control.Folder) { f.Conflicts = 1 }),
		},
	}},
	"pairing request": {Picture: control.Picture{
		Devices: []control.Device{{ID: deviceID(1), Name: "Ben-PC", LastSeen: noon}, {ID: deviceID(3), Name: "Carl", LastSeen: noon}},
		Pairings: []control.Pairing{
			{ID: "p1", Device: deviceID(1), Name: "Ben-PC", Code: "483920", Incoming: true, State: control.PairingWaiting},
			{ID: "p2", Device: deviceID(3), Name: "Carl", State: control.PairingAsking},
		},
	}},
	"offer": {Picture: control.Picture{
		Devices: []control.Device{anna(true)},
		Offers: []control.Offer{{
			ID: folderID(7), Name: "Project X", Owner: deviceID(2), From: "Anna's laptop", Role: "receive", Members: 3, Dir: "/home/me/Kith/Project X",
		}},
	}},
	"held by the brake": {Picture: control.Picture{
		Devices: []control.Device{ben(true)},
		Folders: []control.Folder{with(folder(1, "Photos", ben(true)), func(f *control.Folder) {
			f.State, f.Held, f.Reason = control.Held, 61, "61 deletions and 0 replacements wait for a person"
		})},
	}},
	"folder missing": {Picture: control.Picture{
		Devices: []control.Device{ben(true)},
		Folders: []control.Folder{with(folder(1, "Photos", ben(true)), func(f *control.Folder) {
			f.State, f.Reason = control.Unavailable, "the directory is not there, or its disk is not connected"
		})},
	}},
	"disk full": {Picture: control.Picture{
		Devices: []control.Device{ben(true)},
		Folders: []control.Folder{with(folder(1, "Photos", ben(true)), func(f *control.Folder) {
			f.State, f.Reason, f.NeedFiles = control.Failing, "some files cannot be brought in step", 1
			f.Problems = []control.Problem{{Path: "film.mkv", Reason: "no space left on the disk", Next: "make room"}}
		})},
	}},
	"many": many(),
	"names": {Picture: control.Picture{
		Devices: []control.Device{
			{ID: deviceID(1), Name: "a_b & c", Paired: true, Connected: true},
			{ID: deviceID(2), Name: "same", Paired: true, Connected: true},
			{ID: deviceID(3), Name: "same", LastSeen: noon},
			{ID: deviceID(4), Name: "שלום", LastSeen: noon},
		},
		Folders: []control.Folder{
			folder(1, "my_folder & yours", control.Device{ID: deviceID(1), Connected: true}),
			folder(2, "invoice\u202efdp.exe\n\x1b[31m", control.Device{ID: deviceID(1), Connected: true}),
			with(folder(3, "תמונות", control.Device{ID: deviceID(1), Connected: true}), func(f *control.Folder) { f.Conflicts = 2 }),
			folder(4, "a name that goes on and on and on until nobody reads it any more", control.Device{ID: deviceID(1), Connected: true}),
		},
	}},
}

func many() State {
	var p control.Picture
	for i := range byte(30) {
		p.Devices = append(p.Devices, control.Device{ID: deviceID(i + 1), Name: fmt.Sprintf("device %d", i+1), Paired: true, Connected: true})
	}
	for i := range byte(40) {
		f := folder(i+1, fmt.Sprintf("folder %d", i+1), p.Devices[i%30])
		switch i {
		case 38:
			f.Conflicts = 1
		case 39:
			f.State = control.Scanning
		}
		p.Folders = append(p.Folders, f)
	}
	for i := range byte(20) {
		p.Offers = append(p.Offers, control.Offer{ID: folderID(100 + i), Name: fmt.Sprintf("offer %d", i+1), From: "device 1", Role: "both", Members: 2})
	}
	return State{Picture: p, Recent: make([]control.Entry, 50)}
}

func TestPicture(t *testing.T) {
	for name, s := range stories {
		t.Run(name, func(t *testing.T) {
			s.Picture.Device, s.Now = self, noon
			got := script(Picture(s))
			file := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.ReplaceAll(string(want), "\r\n", "\n") != got {
				t.Errorf("%s says\n%s\nbut the tray would show\n%s", file, want, got)
			}
		})
	}
}

// script writes a view as text: the menu with what each line does.
func script(v View) string {
	var b strings.Builder
	fmt.Fprintf(&b, "icon: %s\ntooltip: %s\n\n", v.Icon, v.Tooltip)
	writeItems(&b, v.Menu, "")
	return b.String()
}

func writeItems(b *strings.Builder, items []Item, indent string) {
	for _, i := range items {
		line := i.Title
		if i.shape() == separator {
			line = "----"
		}
		line = map[Mark]string{NoMark: "", Ticked: "[x] ", Unticked: "[ ] "}[i.Mark] + line
		if i.Do != nil {
			line += "   → " + does(i.Do)
		}
		fmt.Fprintf(b, "%s%s\n", indent, line)
		writeItems(b, i.Items, indent+"    ")
	}
}

func does(a Action) string {
	if s, ok := a.(Send); ok {
		text, err := json.Marshal(s.Command)
		if err != nil {
			panic(err)
		}
		return string(text)
	}
	return strings.TrimPrefix(fmt.Sprintf("%T%+q", a, a), "tray.")
}

// Whatever the picture, a menu stays within what a screen shows and a panel takes.
func TestMenusAreCapped(t *testing.T) {
	for name, s := range stories {
		s.Picture.Device, s.Now = self, noon
		v := Picture(s)
		if n := len([]rune(v.Tooltip)); n > maxTooltip {
			t.Errorf("%s: tooltip of %d characters", name, n)
		}
		checkItems(t, name, v.Menu, 0)
		if len(v.Menu) > 30 {
			t.Errorf("%s: %d lines", name, len(v.Menu))
		}
	}
}

func checkItems(t *testing.T, name string, items []Item, depth int) {
	t.Helper()
	if depth > 0 && len(items) > 14 {
		t.Errorf("%s: a sub-menu of %d lines", name, len(items))
	}
	for _, i := range items {
		if depth > 0 && i.shape() == separator {
			t.Errorf("%s: a line between groups in a sub-menu, which not every library can draw", name)
		}
		if n := len([]rune(i.Title)); n > 110 {
			t.Errorf("%s: a line of %d characters: %s", name, n, i.Title)
		}
		if strings.ContainsAny(i.Title, "\n\r\x1b\u202e") {
			t.Errorf("%s: %q", name, i.Title)
		}
		checkItems(t, name, i.Items, depth+1)
	}
}

func TestCalm(t *testing.T) {
	at := func(s float64) time.Time { return noon.Add(time.Duration(s * float64(time.Second))) }
	var c Calm
	for _, step := range []struct {
		at          float64
		raw, shown  bool
		again       float64 // 0: never
		explanation string
	}{
		{0, false, false, 0, "nothing moves"},
		{1, true, false, 2, "a blink"},
		{1.5, false, false, 0, "is not shown"},
		{3, true, false, 4, "what goes on"},
		{4, true, true, 0, "for a second is shown"},
		{4.5, false, true, 7.5, "and stays"},
		{5, true, true, 0, "when it pauses for a moment"},
		{6, false, true, 9, "until it has been quiet"},
		{9, false, false, 0, "for three seconds"},
	} {
		next, shown, again := c.Step(step.raw, at(step.at))
		want := time.Time{}
		if step.again > 0 {
			want = at(step.again)
		}
		if shown != step.shown || !again.Equal(want) {
			t.Errorf("%v s, %s: shown %v, again at %v", step.at, step.explanation, shown, again)
		}
		c = next
	}
}

func TestTomorrow(t *testing.T) {
	for now, want := range map[string]string{
		"2026-11-22 12:00": "2026-11-23 08:00",
		"2026-11-22 23:59": "2026-11-23 08:00",
		"2026-11-23 01:30": "2026-11-23 08:00",
		"2026-11-23 06:00": "2026-11-24 08:00",
		"2026-12-31 18:00": "2027-01-01 08:00",
	} {
		at, err := time.Parse("2006-01-02 15:04", now)
		if err != nil {
			t.Fatal(err)
		}
		if got := tomorrow(at).Format("2006-01-02 15:04"); got != want {
			t.Errorf("tomorrow of %s is %s, want %s", now, got, want)
		}
	}
}
