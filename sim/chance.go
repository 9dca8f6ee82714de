package sim

import (
	"sync"
	"time"
)

// Chance is drawn from the seed, what it is about and how often it was asked
// about that, never from a common stream: so leaving out one step of a scenario
// changes nothing for the others.

// mix spreads the bits of x (splitmix64, Steele, Lea and Flood, 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// hash adds a text to a hash (FNV-1a).
func hash(h uint64, text string) uint64 {
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return h * 31
}

// dice are thrown about one thing.
type dice struct{ state uint64 }

func diceFor(seed uint64, about string) *dice { return &dice{mix(hash(mix(seed), about))} }

// below returns a number below n.
func (d *dice) below(n int) int {
	d.state = mix(d.state)
	return int(d.state % uint64(max(n, 1)))
}

// one reports whether something happens that does so in one of n cases.
func (d *dice) one(n int) bool { return d.below(n) == 0 }

func (d *dice) pick(of ...string) string { return of[d.below(len(of))] }

// clock gives every event an instant of its own: two goroutines that wake at the
// same one would run in any order. Its unit is the microsecond. Events that fall
// into the same one follow each other within it; who of two that began at one
// instant is first makes no difference to what comes after.
type clock struct {
	seed  uint64
	start time.Time

	mu    sync.Mutex // guards the rest
	taken map[time.Duration]bool
	asked map[uint64]draw
	leapt time.Duration // by how much all clocks were put forward
}

func newClock(seed uint64) *clock {
	return &clock{seed: mix(seed), start: time.Now(), taken: map[time.Duration]bool{}, asked: map[uint64]draw{}}
}

// roll draws a number about something.
func (c *clock) roll(about ...string) uint64 {
	h := c.seed
	for _, a := range about {
		h = hash(h, a)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	last, ok := c.asked[h]
	if at := c.since(); !ok || last.at != at {
		last = draw{last.n + 1, at}
		c.asked[h] = last
	}
	return mix(h + last.n*0x9e3779b97f4a7c15)
}

// draw is how often something was asked, and when last: whoever asks the same at
// the same instant gets the same answer.
type draw struct {
	n  uint64
	at time.Duration
}

// pause sleeps for a while between least and most, and until an instant that is
// nobody else's.
func (c *clock) pause(least, most time.Duration, about ...string) {
	d := least
	if most > least {
		d += time.Duration(c.roll(about...) % uint64(most-least))
	}
	c.sleep(d)
}

func (c *clock) sleep(d time.Duration) {
	now := time.Since(c.start)
	c.mu.Lock()
	at := now.Truncate(time.Microsecond) + max(d.Truncate(time.Microsecond), time.Microsecond)
	for c.taken[at] {
		at++
	}
	c.taken[at] = true
	c.mu.Unlock()
	time.Sleep(at - now)
	c.mu.Lock()
	delete(c.taken, at) // it is over: nobody asks for it again
	c.mu.Unlock()
}

// since returns the virtual time that has passed.
func (c *clock) since() time.Duration { return time.Since(c.start).Truncate(time.Microsecond) }

// passed is how much time has gone by as the clocks show it, with what they were
// put forward.
func (c *clock) passed() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.since() + c.leapt
}

// now returns what a clock on the wall shows.
func (c *clock) now() time.Time { return c.start.Add(c.passed()) }

// leap puts all clocks forward: everybody slept.
func (c *clock) leap(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leapt += d
}
