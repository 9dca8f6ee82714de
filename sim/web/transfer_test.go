//go:build linux

package web

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"kith/sim/drive"
)

// TestATransferIsSeenToItsEnd watches a large file come over a slow link.
func TestATransferIsSeenToItsEnd(t *testing.T) {
	w := newWorld(t, "anna", "ben")
	anna, ben := w.machine("anna", "Anna"), w.machine("ben", "Ben")
	w.pair(anna, ben)
	ben.write("Films/small.txt", "small")
	w.share(ben, anna, "Films")
	b := anna.browser("/folder/" + anna.folderID("Films"))
	b.sees("In step")
	ben.host.Run("tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", "60mbit", "burst", "64kb", "latency", "50ms")
	data := make([]byte, 48<<20)
	rand.NewChaCha8([32]byte{3}).Read(data)
	ben.write("Films/coast.mov", string(data))
	b.sees("On its way")
	const percent = `parseInt(document.querySelector(".transfer strong")?.innerText)`
	b.until("some of it", percent+" > 5")
	var before int
	b.eval(percent, &before)
	b.until("more of it", fmt.Sprintf("!document.querySelector('.transfer') || %s > %d", percent, before))
	b.until("a file under way", `!document.querySelector(".transfer") || document.querySelector(".files").innerText.includes("coast.mov")`)
	b.gone("On its way")
	b.sees("In step")
	if anna.read("Films/coast.mov") != string(data) {
		t.Error("another film came")
	}
}

// TestTheBrakeIsReleasedOnThePage has a mass deletion held, and undone.
func TestTheBrakeIsReleasedOnThePage(t *testing.T) {
	w := newWorld(t, "anna", "ben")
	anna, ben := w.machine("anna", "Anna"), w.machine("ben", "Ben")
	w.pair(anna, ben)
	for i := range 80 {
		ben.write(fmt.Sprintf("Notes/%02d.txt", i), "note")
	}
	w.share(ben, anna, "Notes")
	ben.kith("pause", "Notes") // so that all of it is seen in one look
	ben.until("the pause", func(p drive.Picture) bool {
		f, _ := p.Folder("Notes")
		return f.State == "paused"
	})
	for i := range 80 {
		w.must(os.Remove(filepath.Join(ben.user, fmt.Sprintf("Notes/%02d.txt", i))))
	}
	ben.kith("resume", "Notes")
	b := ben.browser("/")
	b.sees("Notes: held back")
	b.accessible("held back")
	if anna.read("Notes/07.txt") != "note" {
		t.Error("the deletion went through")
	}
	b.press("Undo it")
	ben.until("the notes to be back", func(drive.Picture) bool {
		return ben.read("Notes/07.txt") == "note" && ben.read("Notes/79.txt") == "note"
	})
	b.gone("held back")
}
