package syncer

import (
	"time"

	"kith/index"
)

// A disk that keeps times in whole seconds shows two saves of one length in one of them
// alike. So a file is known there only once the clock has passed its time: whatever is
// saved from then on bears another one. Whose clock that is, no time says: a disk may be
// on another machine, and clocks are set. So the disk is asked.

const (
	// coarsest is how long a file has to be left alone on a disk that keeps times in
	// whole seconds, or two.
	coarsest = 2*time.Second + dryAfter
	// clockFor is how long what a disk said of its clock is good for.
	clockFor = time.Second
	// tick is more than there is between two times that a disk with fine ones gives.
	tick = 20 * time.Millisecond
	// askAgainIn is how soon it is asked whether its clock has passed a time at last.
	askAgainIn = 250 * time.Millisecond
	// setBackAtMost is how far ahead a time may lie for the clock to be expected to come
	// to it once more.
	setBackAtMost = time.Hour
)

// coarse reports whether a disk seems to keep times in whole seconds.
func coarse(id index.Identity) bool { return stamped(id).Nanosecond() == 0 }

// stamped returns when an object was last written or placed, by the disk's clock.
func stamped(id index.Identity) time.Time { return time.Unix(0, max(id.Modified, id.Changed)) }

// diskClock is the clock by which a disk writes down times, as far as one look needs to
// know: what it said before something was met may not hold for that. It is not for several
// goroutines.
type diskClock struct {
	f     *folder
	asked time.Time // when the disk was asked, by our clock,
	said  time.Time // and what it said: up to a unit of its times too little
}

// ask has the disk say the time, unless it did a moment ago. If it doesn't, its clock
// passes for ours.
func (c *diskClock) ask(within time.Duration) {
	now := c.f.e.now()
	if ago := now.Sub(c.asked); ago >= 0 && ago < within {
		return
	}
	c.asked, c.said = now, now
	disk, err := c.f.openTree().Now()
	if err != nil {
		c.f.log.Debug("the disk does not tell its time", "err", err)
		return
	}
	c.said = time.Unix(0, disk)
}

// least returns what the disk's clock showed at least when ours showed so much.
func (c *diskClock) least(ours time.Time) time.Time {
	c.ask(clockFor)
	return c.said.Add(ours.Sub(c.asked))
}

// since returns how long ago a time was that the disk wrote down, or less; negative if that
// is yet to come. What it says of now may be a tick behind what it writes down.
func (c *diskClock) since(at time.Time) time.Duration {
	ago := c.least(c.f.e.now()).Sub(at)
	if ago > -tick {
		ago = max(0, ago)
	}
	return ago
}

// within reports whether a time was less than so long ago, by our clock or by the disk's: what
// is written bears a time of the one, and what is dated by who writes it one of the other.
func (c *diskClock) within(at time.Time, span time.Duration) bool {
	less := func(ago time.Duration) bool { return ago >= 0 && ago < span }
	return less(c.f.e.now().Sub(at)) || less(c.since(at))
}

// age returns how long ago an object was written or placed, and less than coarsest as
// long as what is saved now may bear the same times; negative if these are yet to come.
func (c *diskClock) age(id index.Identity) time.Duration {
	now := c.f.e.now()
	least := c.least(now)
	at, shows := stamped(id), now
	ours := !now.Before(least) && !now.After(least.Add(coarsest))
	if !ours {
		shows = least
	}
	switch age := shows.Sub(at); {
	case age <= -coarsest:
		return age
	case !ours && c.passed(at):
		return max(coarsest, age) // how much of a unit it did not say does not count
	case age >= coarsest && !c.passed(at):
		return coarsest - askAgainIn
	default:
		return max(0, age)
	}
}

// passed reports whether whatever is saved from now on bears a later time.
func (c *diskClock) passed(at time.Time) bool {
	if !c.said.After(at) {
		c.ask(dryAfter)
	}
	return c.said.After(at)
}

// runs reports whether what is saved now may bear the times that an object has.
func (c *diskClock) runs(id index.Identity) bool {
	age := c.age(id)
	return age >= 0 && age < coarsest
}

// recurs returns how long it takes until what is saved can't bear the times any more that
// an object has, if the clock is yet to come to them: it was set back, or somebody else's
// was ahead.
func (c *diskClock) recurs(id index.Identity) (wait time.Duration, ok bool) {
	age := c.age(id)
	return coarsest - age, age < 0 && age > -setBackAtMost
}

// toReadAgain is the identity of an object of which nothing would tell that it was saved
// once more: our index does not say which object it is, so it is read again.
func toReadAgain(id index.Identity) index.Identity {
	id.Inode = 0
	return id
}
