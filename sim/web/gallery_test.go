//go:build linux

package web

import (
	"os"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// stop is a place on the page, and what is there once it is ready.
type stop struct {
	name, place, sees string
	do                func(b *browser) // before the picture is taken
}

// folderID returns the ID of a folder of the machine's.
func (m *machine) folderID(name string) string {
	m.w.Helper()
	p, err := m.Status(m.w.ctx)
	m.w.must(err)
	f, ok := p.Folder(name)
	if !ok {
		m.w.Fatalf("%s has no folder %q", m.Name, name)
	}
	return f.ID
}

// TestScreenshots makes the pictures of docs/.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("KITH_SCREENSHOTS")
	if dir == "" {
		t.Skip("pictures are made by: make screenshots")
	}
	t.Setenv("KITH_SHOTS", dir)
	w := newWorld(t, "anna", "ben", "nas", "dora")
	s := w.tell()
	b := s.anna.browser("/")
	b.run(b.size(1280, 860))
	b.goTo("/conflicts")
	b.until("the difference", `document.querySelector(".difftable")`)
	b.keep("page-conflict")
	s.settle(b)
	s.asks()
	b.goTo("/")
	b.sees("Dora's Mac wants to pair")
	b.run(b.size(360, 700), b.scheme("dark"))
	b.keep("page-narrow")
	b.press("Yes, the same")
	b.run(b.size(1280, 860), b.scheme("light"))
	b.gone("wants to pair")
	b.run(chromedp.MouseEvent(input.MouseMoved, 1, 1))
	s.films()
	b.goTo("/folder/" + s.anna.folderID("Films"))
	b.until("a part of it", `document.querySelectorAll(".pieces rect.here").length > 30`)
	b.keep("page-folder")
	b.goTo("/")
	b.until("it to flow", `document.querySelector(".map .dashes") && document.querySelector(".plot img")`)
	b.keep("page")
	b.run(b.scheme("dark"))
	b.keep("page-dark")
}

// settle decides the conflicts and takes the offer, so that the page is calm.
func (s *story) settle(b *browser) {
	b.Helper()
	b.press("Keep mine everywhere")
	b.press("Keep mine")
	b.sees("No conflicts")
	s.anna.accept("Project X")
	s.anna.kith("wait", "--timeout", "60s")
	b.eval(`document.querySelector("#said button[aria-label=Dismiss]")?.click(), 0`, new(int))
}

// TestGallery goes through all views, in both schemes, narrow and wide.
func TestGallery(t *testing.T) {
	w := newWorld(t, "anna", "ben", "nas", "dora")
	s := w.tell()
	b := s.anna.browser("/")
	docs := s.anna.folderID("Documents")
	s.asks()
	b.sees("Dora's Mac wants to pair")
	b.visit(stop{name: "waiting", place: "/", sees: "Who holds what"})
	for _, at := range []stop{
		{name: "conflicts", place: "/conflicts", sees: "Keep mine", do: func(b *browser) { b.until("the difference", `document.querySelector(".difftable")`) }},
		{name: "conflict-picture", place: "/conflicts/" + s.anna.folderID("Photos"), sees: "Keep mine", do: func(b *browser) { b.until("the pictures", `document.querySelectorAll(".picture img").length === 2`) }},
		{name: "versions", place: "/versions/" + docs, sees: "budget.csv"},
		{name: "version", place: "/versions/" + docs + "/budget.csv", sees: "Bring this version back", do: func(b *browser) { b.until("the difference", `document.querySelector(".difftable")`) }},
		{name: "folder", place: "/folder/" + docs, sees: "Members", do: typeRules},
		{name: "devices", place: "/devices", sees: "Paired"},
		{name: "activity", place: "/activity", sees: "Today"},
		{name: "device", place: "/device/" + s.ben.id(), sees: "Folders with it"},
		{name: "search", place: "/search", sees: "By name, in every folder", do: func(b *browser) {
			b.fill("Part of a file's name", "re")
			b.sees("report 03.txt")
		}},
		{name: "files", place: "/browse/" + docs, sees: "budget.csv"},
		{name: "file", place: "/browse/" + docs + "/minutes/2026-11.md", sees: "Present: Anna, Ben"},
		{name: "check", place: "/check", sees: "Check again"},
		{name: "settings", place: "/settings", sees: "Name of this device"},
		{name: "share", place: "/share", sees: "Folder on this computer"},
		{name: "start", place: "/start", sees: "Welcome to Kith"},
		{name: "lost", place: "/nowhere", sees: "Nothing is here"},
	} {
		b.visit(at)
	}
	s.films()
	b.visit(stop{name: "overview", place: "/", sees: "Films"})
	b.visit(stop{name: "transfer", place: "/folder/" + s.anna.folderID("Films"), sees: "On its way", do: func(b *browser) {
		b.until("the pieces", `document.querySelector(".pieces rect.here")`)
	}})
}

func typeRules(b *browser) {
	b.Helper()
	b.until("the rules", `document.getElementById("rules-text")`)
	b.eval(`(() => { const t = document.getElementById("rules-text"); t.focus(); t.value = "archive/\n*.csv\n"; t.dispatchEvent(new Event("input", { bubbles: true })); t.blur(); scrollTo(0, 0); return 0 })()`, new(int))
	b.sees("Would stay at home")
}

// visit shows a place in both schemes, narrow and wide.
func (b *browser) visit(at stop) {
	b.Helper()
	b.goTo(at.place)
	widths := []int64{1600, 360}
	if os.Getenv("KITH_SHOTS") != "" {
		widths = append(widths, 1180)
	}
	for _, width := range widths {
		for _, scheme := range []string{"light", "dark"} {
			b.run(b.size(width, map[bool]int64{true: 780, false: 900}[width == 360]), b.scheme(scheme))
			b.sees(at.sees)
			if at.do != nil {
				at.do(b)
			}
			b.fits(at.name, width)
			b.accessible(at.name + " " + scheme)
			if width != 1600 || scheme == "light" {
				b.keep(at.name + "-" + scheme + "-" + map[int64]string{1600: "1600", 1180: "1180", 360: "360"}[width])
			}
		}
	}
	b.run(b.size(1280, 900), b.scheme("light"))
}

// fits fails if the page has to be moved sideways.
func (b *browser) fits(name string, width int64) {
	b.Helper()
	var wide int64
	b.eval(`document.scrollingElement.scrollWidth`, &wide)
	if wide > width {
		b.Errorf("%s is %d wide in a window of %d", name, wide, width)
	}
}

// id returns the machine's device ID.
func (m *machine) id() string {
	m.w.Helper()
	p, err := m.Status(m.w.ctx)
	m.w.must(err)
	return p.Device.ID
}
