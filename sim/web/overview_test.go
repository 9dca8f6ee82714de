//go:build linux

package web

import (
	"testing"
	"time"
)

func TestTheOverviewShowsWhoHoldsWhat(t *testing.T) {
	w := newWorld(t, "anna", "ben")
	anna, ben := w.machine("anna", "Anna's laptop"), w.machine("ben", "Ben-PC")
	w.pair(anna, ben)
	anna.write("Photos/a.jpg", "a")
	w.share(anna, ben, "Photos")
	b := anna.browser("/")
	b.sees("Everything is in step")
	b.until("the folder's line", `document.querySelector("a.line[aria-label*='Photos: In step'][aria-label*='Ben-PC has all of it']")`)
	w.must(ben.Quit())
	b.sees("All is here, nobody else is")
	anna.write("Photos/b.jpg", "b")
	b.until("the folder to be more", `document.querySelector("a.line[aria-label*='Ben-PC is not here']")`)
	start := time.Now()
	w.must(anna.Quit())
	t.Logf("quit with a page open took %v", time.Since(start))
	b.sees("Kith does not answer")
	w.must(anna.Start(w.ctx))
	again := anna.browser("/")
	again.sees("All is here, nobody else is")
}
