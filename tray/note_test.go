package tray

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kith/control"
)

// teller feeds pictures to a memory, as time goes by.
type teller struct {
	t      *testing.T
	memory Memory
	now    time.Time
	last   News
}

// sees shows a picture after some time, and returns the titles of what is told.
func (x *teller) sees(after time.Duration, p control.Picture) []string {
	x.now = x.now.Add(after)
	p.Device = self
	x.memory, x.last = x.memory.Next(p, x.now)
	var out []string
	for _, n := range x.last.Notes {
		if n.Key == "" || n.Title == "" || n.Body == "" || n.Open == nil {
			x.t.Errorf("a note that says too little: %+v", n)
		}
		out = append(out, n.Title)
	}
	return out
}

func (x *teller) wants(got []string, want ...string) {
	x.t.Helper()
	if !slices.Equal(got, want) {
		x.t.Errorf("told %q, want %q", got, want)
	}
}

func request(id string, device byte) control.Pairing {
	return control.Pairing{ID: id, Device: deviceID(device), Name: "Ben-PC", Code: "483920", Incoming: true, State: control.PairingWaiting}
}

func TestACodeIsToldOnceAndWithdrawn(t *testing.T) {
	x := &teller{t: t, now: noon}
	p := control.Picture{Pairings: []control.Pairing{request("a", 1)}}
	x.wants(x.sees(0, p), "Ben-PC wants to pair")
	if body := x.last.Notes[0].Body; !strings.Contains(body, "483 920") {
		t.Errorf("no code in view: %q", body)
	}
	x.wants(x.sees(time.Second, p))
	p.Pairings[0].State = control.PairingThere
	x.wants(x.sees(time.Second, p))
	if !slices.Equal(x.last.Gone, []string{"pairing a"}) {
		t.Errorf("withdrawn: %q", x.last.Gone)
	}
}

func TestWhoAsksAgainAndAgainIsHeardThreeTimesAnHour(t *testing.T) {
	x := &teller{t: t, now: noon}
	told := 0
	for i := range 120 {
		p := control.Picture{Pairings: []control.Pairing{request(string(rune('a'+i)), 1)}}
		if i == 50 {
			p.Pairings = append(p.Pairings, request("other", 2))
		}
		told += len(x.sees(30*time.Second, p))
	}
	if told != 4 { // three of the one, one of the other
		t.Errorf("told %d times within an hour, want 4", told)
	}
}

func TestOffersThatComeTogetherAreOneNote(t *testing.T) {
	x := &teller{t: t, now: noon}
	x.sees(0, control.Picture{})
	offer := func(n byte, name string) control.Offer {
		return control.Offer{ID: folderID(n), Name: name, From: "Anna", Dir: "/home/me/Kith/" + name}
	}
	x.wants(x.sees(0, control.Picture{Offers: []control.Offer{offer(1, "Photos")}}), "Anna offers “Photos”")
	all := control.Picture{Offers: []control.Offer{offer(1, "Photos"), offer(2, "Music"), offer(3, "Notes")}}
	x.wants(x.sees(time.Second, all))
	if want := noon.Add(offersEvery); !x.last.Again.Equal(want) {
		t.Errorf("again at %v, want %v", x.last.Again, want)
	}
	x.wants(x.sees(time.Minute, all), "2 folders offered to you")
	x.wants(x.sees(time.Hour, all))
}

func TestConflictsAreToldEveryTenMinutes(t *testing.T) {
	x := &teller{t: t, now: noon}
	p := func(n int) control.Picture {
		return control.Picture{Folders: []control.Folder{with(folder(1, "Budget"), func(f *control.Folder) { f.Conflicts = n })}}
	}
	x.wants(x.sees(0, p(2))) // how things stood
	x.wants(x.sees(time.Second, p(3)), "1 file was changed in two places")
	x.wants(x.sees(time.Second, p(4)))
	x.wants(x.sees(time.Second, p(6)))
	if want := noon.Add(time.Second + clashesEvery); !x.last.Again.Equal(want) {
		t.Errorf("again at %v, want %v", x.last.Again, want)
	}
	x.wants(x.sees(10*time.Minute, p(6)), "3 files were changed in two places")
	x.wants(x.sees(time.Hour, p(0)))
	x.wants(x.sees(time.Second, p(1)), "1 file was changed in two places")
}

func TestTheBrakeIsToldAtOnce(t *testing.T) {
	x := &teller{t: t, now: noon}
	held := control.Picture{Folders: []control.Folder{stories["held by the brake"].Picture.Folders[0]}}
	well := control.Picture{Folders: []control.Folder{folder(1, "Photos")}}
	x.wants(x.sees(0, well))
	x.wants(x.sees(time.Second, held), "61 changes in Photos held back")
	x.wants(x.sees(time.Second, held))
	x.wants(x.sees(time.Second, well))
	if len(x.last.Gone) != 1 {
		t.Errorf("withdrawn: %q", x.last.Gone)
	}
	x.wants(x.sees(time.Second, held), "61 changes in Photos held back")
}

func TestTroubleThatLastsIsToldOnceADay(t *testing.T) {
	x := &teller{t: t, now: noon}
	gone := control.Picture{Folders: []control.Folder{stories["folder missing"].Picture.Folders[0]}}
	well := control.Picture{Folders: []control.Folder{folder(1, "Photos")}}
	x.wants(x.sees(0, gone)) // a disk that is slow to come
	x.wants(x.sees(5*time.Second, well))
	x.wants(x.sees(5*time.Second, gone))
	x.wants(x.sees(10*time.Second, gone), "Photos cannot be reached")
	x.wants(x.sees(time.Hour, well))
	x.wants(x.sees(time.Hour, gone))
	x.wants(x.sees(time.Hour, gone))
	x.wants(x.sees(22*time.Hour, gone), "Photos cannot be reached")
	full := control.Picture{Folders: []control.Folder{with(stories["disk full"].Picture.Folders[0], func(f *control.Folder) { f.ID = folderID(2) })}}
	x.sees(0, full)
	x.wants(x.sees(time.Minute, full), "Photos is not all in step")
	if body := x.last.Notes[0].Body; body != "film.mkv: no space left on the disk. Next: make room" {
		t.Errorf("it says %q", body)
	}
}

func TestAFolderThatIsAllHereIsToldOnce(t *testing.T) {
	x := &teller{t: t, now: noon}
	theirs := with(folder(1, "Photos", ben(true)), func(f *control.Folder) { f.Owner = deviceID(1) })
	coming := with(theirs, func(f *control.Folder) { f.State, f.NeedFiles = control.Syncing, 7 })
	x.sees(0, control.Picture{})
	x.wants(x.sees(time.Second, control.Picture{Folders: []control.Folder{coming, folder(2, "ours", ben(true))}}))
	x.wants(x.sees(time.Second, control.Picture{Folders: []control.Folder{theirs}}), "Photos is all here")
	x.wants(x.sees(time.Second, control.Picture{Folders: []control.Folder{coming}}))
	x.wants(x.sees(time.Second, control.Picture{Folders: []control.Folder{theirs}}))

	again := &teller{t: t, now: noon} // started again: nothing is news
	again.wants(again.sees(0, control.Picture{Folders: []control.Folder{theirs}}))
}

// Next gives the same answer to the same question: what was remembered before
// is not changed by it.
func TestNextChangesNoMemory(t *testing.T) {
	m, _ := Memory{}.Next(control.Picture{}, noon)
	p := control.Picture{
		Device: self, Pairings: []control.Pairing{request("a", 1)}, Offers: stories["offer"].Picture.Offers,
		Folders: stories["conflicts"].Picture.Folders,
	}
	_, first := m.Next(p, noon)
	_, second := m.Next(p, noon)
	if len(first.Notes) != 3 || len(second.Notes) != 3 {
		t.Errorf("told %d, then %d, of 3", len(first.Notes), len(second.Notes))
	}
}
