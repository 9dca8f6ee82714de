package tray

import "time"

// Calm keeps an icon from flickering: what comes and goes at once is not shown,
// and what is shown stays for a moment. Its zero value shows nothing.
type Calm struct {
	raw   bool
	since time.Time // when raw became what it is
	shown bool
	shift time.Time // when shown became what it is
}

const (
	showAfter = 1 * time.Second
	showFor   = 2 * time.Second
	hideAfter = 3 * time.Second
)

// Step takes note of what is so now. It returns the next Calm, whether it is to be
// shown, and, unless zero, when to ask again.
func (c Calm) Step(raw bool, now time.Time) (next Calm, shown bool, again time.Time) {
	if raw != c.raw {
		c.raw, c.since = raw, now
	}
	if c.raw == c.shown {
		return c, c.shown, time.Time{}
	}
	due := c.since.Add(showAfter)
	if c.shown {
		due = c.since.Add(hideAfter)
		if least := c.shift.Add(showFor); due.Before(least) {
			due = least
		}
	}
	if now.Before(due) {
		return c, c.shown, due
	}
	c.shown, c.shift = c.raw, now
	return c, c.shown, time.Time{}
}
