//go:build linux

package web

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"kith/sim/drive"
)

// TestTheFirstRun is two people who never saw Kith: one follows the page from
// the name of the computer to a shared folder, the other answers.
func TestTheFirstRun(t *testing.T) {
	w := newWorld(t, "anna", "ben")
	anna, ben := w.machine("anna", "localhost"), w.machine("ben", "Ben-PC")
	anna.write("Pictures/Coast/one.txt", "one")
	a := anna.browser("/")
	a.sees("What shall this computer be called?")
	a.fill("What shall this computer be called?", "Anna's laptop")
	a.press("Continue")
	a.sees("Find your other devices")
	a.accessible("the first run: devices")
	b := ben.browser("/devices")
	a.press("Pair with Ben-PC")
	a.sees("Does Ben-PC show the same six digits?")
	a.accessible("the code")
	b.sees("Anna's laptop wants to pair")
	if here, there := a.code(), b.code(); here != there || len(here) != 6 {
		t.Fatalf("one shows %q, the other %q", here, there)
	}
	a.press("Yes, the same")
	a.sees("has to say yes too")
	b.press("Yes, the same")
	a.sees("trust each other now")
	a.press("Done")
	a.press("Continue")
	a.sees("Choose a folder")
	a.accessible("the first run: folder")
	a.press("Choose…")
	a.press("Pictures")
	a.press("Coast")
	a.until("to be in it", `document.querySelector("dialog .where").innerText.endsWith("Pictures/Coast")`)
	a.accessible("choosing a place")
	a.press("Use this folder")
	a.until("the name to follow the folder", `document.getElementById("share-name").value === "Coast"`)
	a.press("Ben-PC")
	a.press("Share")
	a.sees("That is all")
	a.accessible("the first run: done")
	a.press("To the overview")
	b.goTo("/")
	b.sees("offers Coast")
	b.press("Accept")
	ben.until("the file", func(drive.Picture) bool { return ben.read("Kith/Coast/one.txt") == "one" })
	a.sees("Everything is in step")
	again := anna.browser("/")
	again.sees("Everything is in step")
}

func TestTheFirstRunCanBeSkippedAndTakenUpAgain(t *testing.T) {
	w := newWorld(t, "anna")
	b := w.machine("anna", "anna").browser("/")
	b.sees("Welcome to Kith")
	b.press("Continue")
	b.sees("Looking for devices nearby")
	b.sees("Is Kith running on the other computer?")
	b.press("Skip this")
	b.sees("Share your first folder")
	b.press("Walk me through it")
	b.sees("Find your other devices") // where it was left
	b.press("Continue without one")
	b.press("Not now")
	b.sees("That is all")
	b.press("Back")
	b.sees("Choose a folder")
}

// code returns the six digits in view.
func (b *browser) code() string {
	b.Helper()
	b.until("a code", `document.querySelector(".code")`)
	var text string
	b.eval(`document.querySelector(".code").innerText`, &text)
	return strings.Join(strings.Fields(text), "")
}

// TestTheKeyboardAlone shares a folder, and takes a conflict to its end, without
// a mouse.
func TestTheKeyboardAlone(t *testing.T) {
	w := newWorld(t, "anna", "ben")
	anna, ben := w.machine("anna", "Anna"), w.machine("ben", "Ben")
	w.pair(anna, ben)
	anna.write("Plans/plan.txt", "first\n")
	anna.kith("share", filepath.Join(anna.user, "Plans"))
	b := anna.browser("/")
	b.sees("Who holds what")
	b.key(kb.Tab)
	b.tabTo("Skip to the content")
	b.key(kb.Enter)
	b.until("the focus in the content", `document.activeElement.matches("main h1")`)
	b.tabTo("Plans: Shared with nobody yet") // a line of the map
	b.key(kb.Enter)
	b.sees("Nobody else has this folder yet.")
	b.tabTo("Share with more")
	b.key(kb.Enter)
	b.tabTo("Ben")
	b.key(" ")
	b.tabTo("Offer it")
	b.key(kb.Enter)
	b.sees("Members")
	ben.accept("Plans")
	anna.kith("wait", "--timeout", "60s", "Plans")
	b.tabTo("Pause")
	b.key(kb.Enter)
	b.tabTo("Until I resume")
	b.key(kb.Enter)
	b.sees("Resume")
	anna.write("Plans/plan.txt", "anna's\n")
	ben.write("Plans/plan.txt", "ben's\n")
	ben.kith("scan", "Plans")
	b.tabTo("Resume")
	b.key(kb.Enter)
	b.sees("1 conflict")
	b.goTo("/conflicts")
	b.tabTo("Keep mine")
	b.key(kb.Enter)
	b.sees("No conflicts")
	ben.until("anna's version", func(drive.Picture) bool { return ben.read("Plans/plan.txt") == "anna's\n" })
}

func TestAConflictIsDecidedAndTakenBack(t *testing.T) {
	w := newWorld(t, "anna", "ben")
	anna, ben := w.machine("anna", "Anna"), w.machine("ben", "Ben")
	w.pair(anna, ben)
	for _, name := range []string{"one.txt", "two.txt"} {
		anna.write("Plans/"+name, "first\n")
	}
	w.share(anna, ben, "Plans")
	anna.kith("pause", "Plans")
	for _, name := range []string{"one.txt", "two.txt"} {
		anna.write("Plans/"+name, "anna's "+name+"\n")
		ben.write("Plans/"+name, "ben's "+name+"\n")
	}
	ben.kith("scan", "Plans")
	anna.kith("resume", "Plans")
	b := anna.browser("/conflicts")
	b.sees("Keep theirs everywhere")
	b.until("what differs", `[...document.querySelectorAll(".difftable .was, .difftable .now")].some((e) => e.innerText.includes("ben's one.txt"))`)
	b.press("Keep theirs: Ben")
	b.until("one to be left", `document.querySelectorAll(".conflict").length === 1`)
	if got := anna.read("Plans/one.txt"); got != "ben's one.txt\n" {
		t.Errorf("kept %q", got)
	}
	b.press("Undo")
	b.until("both to be back", `document.querySelectorAll(".conflict").length === 2`)
	for range 2 {
		b.press("Keep mine everywhere")
		b.press("Keep mine")
		b.sees("No conflicts")
		b.press("Undo")
		b.until("both to be back once more", `document.querySelectorAll(".conflict").length === 2`)
	}
	b.press("Keep mine everywhere")
	b.press("Keep mine")
	b.sees("No conflicts")
	ben.until("anna's versions", func(drive.Picture) bool {
		return ben.read("Plans/one.txt") == "anna's one.txt\n" && ben.read("Plans/two.txt") == "anna's two.txt\n"
	})
}

func TestADeletedFileIsBroughtBack(t *testing.T) {
	w := newWorld(t, "anna", "ben")
	anna, ben := w.machine("anna", "Anna"), w.machine("ben", "Ben")
	w.pair(anna, ben)
	anna.write("Plans/letters/to ben.txt", "Dear Ben\n")
	w.share(anna, ben, "Plans")
	w.must(os.Remove(filepath.Join(ben.user, "Plans/letters/to ben.txt")))
	ben.kith("scan", "Plans")
	anna.until("it to go", func(drive.Picture) bool { return anna.read("Plans/letters/to ben.txt") == "" })
	b := anna.browser("/versions/" + anna.folderID("Plans"))
	b.press("letters/to ben.txt")
	b.sees("it is not there any more")
	b.sees("Dear Ben")
	b.press("Bring this version back")
	b.sees("Restored letters/to ben.txt")
	ben.until("it to be back", func(drive.Picture) bool { return ben.read("Plans/letters/to ben.txt") == "Dear Ben\n" })
}

func TestRulesAreTriedOnThePage(t *testing.T) {
	w := newWorld(t, "anna")
	anna := w.machine("anna", "Anna")
	anna.write("Work/a.txt", "a")
	anna.write("Work/build/x.o", "x")
	anna.kith("share", filepath.Join(anna.user, "Work"))
	b := anna.browser("/folder/" + anna.folderID("Work"))
	b.fill("Patterns of what does not travel", "build/\n[")
	b.sees("Would stay at home")
	b.until("the directory", `document.querySelector(".preview li").innerText === "build"`)
	b.fill("Patterns of what does not travel", "build/\n")
	b.press("Keep these rules")
	b.sees("No file was deleted")
	if got := anna.read("Work/.kithignore"); got != "build/\n" {
		t.Errorf("rules %q", got)
	}
	if anna.read("Work/build/x.o") != "x" {
		t.Error("ignoring deleted a file")
	}
}
