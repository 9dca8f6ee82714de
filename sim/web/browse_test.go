//go:build linux

package web

import (
	"path/filepath"
	"testing"

	"kith/sim/drive"
)

// TestOthersFilesAreFoundAndFetched takes a folder without keeping it, finds a
// file in it and gets that one only.
func TestOthersFilesAreFoundAndFetched(t *testing.T) {
	w := newWorld(t, "anna", "ben")
	anna, ben := w.machine("anna", "Anna"), w.machine("ben", "Ben")
	w.pair(anna, ben)
	ben.write("Films/coast/first.txt", "the first")
	ben.write("Films/coast/second.txt", "the second")
	ben.kith("share", filepath.Join(ben.user, "Films"), "--with", "Anna")
	b := anna.browser("/devices")
	b.press("Choose a place")
	b.press("Only what I ask for")
	b.press("Accept")
	b.sees("browse; only what you get is here")
	b.goTo("/search")
	b.fill("Part of a file's name", "SECOND")
	b.sees("coast/second.txt")
	b.sees("on Ben")
	b.press("Get coast/second.txt")
	anna.until("the file", func(drive.Picture) bool { return anna.read("Kith/Films/coast/second.txt") == "the second" })
	if anna.read("Kith/Films/coast/first.txt") != "" {
		t.Error("what nobody asked for came too")
	}
	b.press("coast/second.txt")
	b.sees("the second")
	b.press("Drop coast/second.txt from this disk")
	anna.until("the file to go", func(drive.Picture) bool { return anna.read("Kith/Films/coast/second.txt") == "" })
	if ben.read("Films/coast/second.txt") != "the second" {
		t.Error("dropping it here took it from ben")
	}
}
