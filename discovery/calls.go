package discovery

import (
	"math/rand/v2"
	"time"
)

// How often the beacon speaks. It asks a few times after a change; after that it
// is quiet where multicast does the work. It goes on asking while multicast
// brings nobody, and while somebody is known by beacon alone: of those, each must
// be heard within patience, and one question makes all of them speak.
const (
	callQuiet = 4 * time.Second        // who is known by beacon alone and said nothing for so long is asked
	rarely    = 2 * time.Second        // between two answers, whoever asks
	tact      = 200 * time.Millisecond // within which an answer comes, so that not all speak at once
)

// calls says when the beacon speaks next.
type calls struct {
	spoke  time.Time // the last packet sent
	asked  time.Time // the last question
	eager  time.Time // until when to ask as if somebody were missing
	early  time.Duration
	answer time.Time // when to answer; zero: nobody asked
}

// hurried returns c after a change at now.
func (c calls) hurried(now time.Time) calls {
	return calls{eager: now.Add(hurry), early: c.early, spoke: c.spoke}
}

// wanted returns c after somebody asked at now.
func (c calls) wanted(now time.Time) calls {
	if c.answer.IsZero() {
		c.answer = later(now.Add(rand.N(tact)), c.spoke.Add(rarely))
	}
	return c
}

// called returns c after it spoke at now. A question is an answer too.
func (c calls) called(now time.Time, asking bool) calls {
	c.spoke, c.answer = now, time.Time{}
	if asking {
		c.asked, c.early = now, rand.N(callQuiet/4)
	}
	return c
}

// next returns when to speak, and whether that is to ask; any is false when
// there is no reason to.
func (c calls) next(now time.Time, t *table) (at time.Time, asks, any bool) {
	at, any = c.question(now, t)
	asks = any
	if !c.answer.IsZero() && (!any || c.answer.Before(at)) {
		return c.answer, false, true
	}
	return at, asks, any
}

// question returns when to ask.
func (c calls) question(now time.Time, t *table) (at time.Time, any bool) {
	soon := c.asked.Add(again)
	switch quietest, some := t.byBeacon(now); {
	case c.asked.IsZero() || soon.Before(c.eager):
		return soon, true
	case some:
		return later(soon, quietest.Add(callQuiet-c.early)), true
	}
	if t.byMulticast(now) {
		return time.Time{}, false
	}
	return c.asked.Add(alone - c.early), true
}
