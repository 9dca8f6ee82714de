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
// same one would run in any order.
type clock struct {
	seed  uint64
	start time.Time

	mu    sync.Mutex // guards the rest
	taken map[time.Duration]bool
	asked map[string]uint64
	leapt time.Duration // by how much all clocks were put forward
}

func newClock(seed uint64) *clock {
	return &clock{seed: mix(seed), start: time.Now(), taken: map[time.Duration]bool{}, asked: map[string]uint64{}}
}

// roll draws a number about something.
func (c *clock) roll(about string) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.asked[about]
	c.asked[about] = n + 1
	return mix(hash(c.seed, about) + n*0x9e3779b97f4a7c15)
}

// pause sleeps for a while between least and most, and until an instant that is
// nobody else's.
func (c *clock) pause(about string, least, most time.Duration) {
	d := least
	if most > least {
		d += time.Duration(c.roll(about) % uint64(most-least))
	}
	c.sleep(d)
}

func (c *clock) sleep(d time.Duration) {
	now := time.Since(c.start)
	c.mu.Lock()
	at := now + max(d, 1)
	for c.taken[at] {
		at++
	}
	c.taken[at] = true
	c.mu.Unlock()
	time.Sleep(at - now)
}

// since returns the virtual time that has passed.
func (c *clock) since() time.Duration { return time.Since(c.start) }

// now returns what a clock on the wall shows.
func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.leapt)
}

// leap puts all clocks forward: everybody slept.
func (c *clock) leap(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leapt += d
}
