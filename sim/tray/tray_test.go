//go:build linux

package tray

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Two people who have never read a manual: one pairs from the menu and answers
// there, the other in the notification; a folder is shared, accepted into a place
// of choice, paused and resumed, and opened. Nobody types anything.
func TestEverythingFromTheMenu(t *testing.T) {
	w := newWorld(t, "anna", "ben")
	anna, ben := w.machine("anna", "Anna"), w.machine("ben", "Ben_PC & co")
	a, b := anna.start(), ben.start()

	if got := a.await("Pair a device or share"); !got.enabled {
		t.Errorf("the first line cannot be read: %+v", got)
	}
	a.click("Nearby", "Ben_PC & co", "Pair…")
	request := ben.notices.until("who wants to pair", func(n note) bool { return n.title == "Anna wants to pair" })
	line := a.await("Requests (1)", "Does Ben_PC & co show")
	shown := strings.TrimSuffix(line.label[len(line.label)-8:], "?")
	if !strings.Contains(request.body, shown) || len(shown) != 7 {
		t.Fatalf("one shows %q, the other %q", line.label, request.body)
	}
	a.click("Requests (1)", "Does Ben_PC & co show", "Yes, the same "+shown)
	ben.notices.press(request, "Yes, the same")
	a.await("Nearby", "Ben_PC & co · here")
	b.await("Nearby", "Anna · here")
	ben.notices.until("the request is withdrawn", func(n note) bool { return n.number == request.number && n.finished })

	anna.write("Photos/2026/beach.jpg", "sand")
	anna.chooses(filepath.Join(anna.user, "Photos"))
	a.click("Share a folder…")
	a.await("Photos")
	a.click("Photos", "Share with", "Ben_PC & co")
	ben.notices.until("the offer", func(n note) bool { return n.title == "Anna offers “Photos”" })
	b.await("Anna offers “Photos”") // in the first line
	pictures := filepath.Join(ben.user, "pictures")
	w.must(os.MkdirAll(filepath.Join(pictures, "older"), 0o755))
	ben.chooses(pictures)
	b.click("Requests (1)", "Anna offers “Photos”", "Choose place…")
	b.await("Photos", "In step")
	ben.holds("pictures/Photos/2026/beach.jpg", "sand")
	b.await("Up to date · 1 device here")
	b.tells("Kith: Up to date · 1 device here")
	ben.notices.until("all is here", func(n note) bool { return n.title == "Photos is all here" })

	b.click("Recent changes", "beach.jpg · from Anna")
	if got := ben.seesOpened(); got != filepath.Join(pictures, "Photos", "2026") {
		t.Errorf("opened %q", got)
	}
	b.click("Photos", "Open folder")
	if got := ben.seesOpened(); got != filepath.Join(pictures, "Photos") {
		t.Errorf("opened %q", got)
	}
	b.click("Open Kith")
	if got := ben.seesOpened(); !strings.Contains(got, "file://") && !strings.Contains(got, "http://127.0.0.1") && !strings.HasPrefix(got, "/") {
		t.Errorf("opened %q", got)
	}

	b.click("Pause", "1 hour")
	b.await("Paused until ")
	b.click("Resume (paused until ")
	b.await("Up to date")
	b.click("Photos", "Pause", "Until I resume")
	b.await("Photos · paused")
	b.click("Photos", "Resume")
	b.await("Photos", "In step")

	for _, place := range []string{"Search…", "Connection check…"} {
		b.click(place)
		ben.seesOpened()
	}
	a.offers(anna, "Notes", "Ben_PC & co")
	b.click("Requests (1)", "Anna offers “Notes”", "Accept")
	b.await("Notes", "In step")
	ben.holds("Kith/Notes/note.txt", "of Notes")
	a.offers(anna, "Secrets", "Ben_PC & co")
	b.click("Requests (1)", "Anna offers “Secrets”", "Decline")
	b.until("no request is left", func(menu []entry) bool {
		_, asked := find(menu, "Requests")
		return !asked
	})

	b.click("Start at login?", "Yes")
	b.until("a box that is ticked", func(menu []entry) bool {
		box, _ := find(menu, "Start at login")
		return box.label == "Start at login" && box.ticked
	})
	entries, err := filepath.Glob(filepath.Join(ben.user, ".config/autostart/kith*.desktop"))
	if err != nil || len(entries) != 1 {
		t.Errorf("started at login by %q, %v", entries, err)
	}
	b.click("Quit")
	w.must(ben.Quit())
}

// offers shares a new folder from the menu, with one file in it.
func (x *icon) offers(m *machine, name, to string) {
	m.write(name+"/note.txt", "of "+name)
	m.chooses(filepath.Join(m.user, name))
	x.click("Share a folder…")
	x.await(name)
	x.click(name, "Share with", to)
}

// What waits for a person is in the menu, and what it leads to is on the page.
func TestConflictsAndTheBrakeAreInTheMenu(t *testing.T) {
	w := newWorld(t, "anna", "ben")
	anna, ben := w.machine("anna", "Anna"), w.machine("ben", "Ben")
	a, b := anna.start(), ben.start()
	w.share(anna, ben)
	b.await("Docs", "In step")

	ben.kith("pause")
	ben.write("Docs/plan.txt", "Ben's")
	anna.write("Docs/plan.txt", "Anna's plan")
	anna.kith("scan")
	b.click("Resume (paused")
	b.await("Docs · 1 conflict", "Resolve 1 conflict…")
	n := ben.notices.until("the conflict", func(n note) bool { return n.title == "1 file was changed in two places" })
	ben.notices.press(n, "Resolve…")
	ben.seesOpened()

	for _, f := range many {
		w.must(os.Remove(filepath.Join(anna.user, "Docs", f)))
	}
	a.await("Docs", "Let it happen")
	anna.notices.until("the brake", func(n note) bool { return strings.HasSuffix(n.title, "changes in Docs held back") })
	a.click("Docs", "Undo it")
	a.until("nothing is held", func(menu []entry) bool {
		_, held := find(menu, "Docs", "Let it happen")
		return !held
	})
	anna.getsBack("Docs/"+many[len(many)-1], "x") // the first of them were not too many yet
}

// A desktop without a panel: the program runs on, says so once, and shows the
// page; a panel that comes later gets the icon.
func TestAPanelThatComesLaterGetsTheIcon(t *testing.T) {
	w := newWorld(t, "anna")
	anna := w.machine("anna", "Anna")
	w.must(anna.Start(w.ctx))
	anna.seesOpened() // the page
	if said := anna.Output(100); strings.Count(said, "No tray here") != 1 {
		t.Errorf("it says %s", said)
	}
	anna.bus.openPanel()
	icon := anna.bus.icon()
	icon.await("Pair a device or share")
	pictures, ok := icon.property("IconPixmap").([][]any)
	if !ok || len(pictures) != 1 || pictures[0][0] != int32(48) {
		t.Errorf("a picture of %T", icon.property("IconPixmap"))
	}
	icon.click("Quit")
	w.must(anna.Quit())
}

// Who opens the app for the first time is shown the page that helps to begin;
// who opens it again, the page of the one that runs.
func TestOpeningTheApp(t *testing.T) {
	w := newWorld(t, "anna")
	anna := w.machine("anna", "Anna")
	anna.bus.openPanel()
	app := anna.Command() // the bare word
	w.must(app.Start())
	ended := make(chan error, 1)
	go func() { ended <- app.Wait() }()
	icon := anna.bus.icon()
	anna.seesOpened()
	icon.await("Pair a device or share")
	again := anna.Command()
	w.must(again.Start())
	anna.seesOpened()
	w.must(again.Wait())
	icon.click("Quit")
	select {
	case err := <-ended:
		w.must(err)
	case <-w.ctx.Done():
		t.Error("it goes on after Quit")
		app.Process.Kill()
	}
}

// A bus that goes away takes the icon with it, and nothing else.
func TestALogoutDoesNotStopTheProgram(t *testing.T) {
	w := newWorld(t, "anna")
	anna := w.machine("anna", "Anna")
	anna.start().await("Pair a device or share")
	anna.bus.stop()
	anna.kith("status")
	w.must(anna.Quit())
}
