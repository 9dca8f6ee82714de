package discovery

import (
	"math/rand/v2"
	"time"
)

// How often we ask. A device that answered at time 0 and died is asked at 5,
// 6.5 and 8 seconds at the latest, and dropped at 9 (patience). One whose
// answer anybody else asked for has spoken to us as well: on a busy network
// most devices hardly ever ask.
const (
	quiet  = 5 * time.Second         // who said nothing for so long is asked
	alone  = 10 * time.Second        // between questions when nobody is known: who comes says so unasked
	again  = 1500 * time.Millisecond // between questions while somebody is missing
	hurry  = 4 * time.Second         // how long a change makes us ask like that
	spread = quiet / 5               // by how much, at most, a question comes early, so that not all ask at once
)

// pace says when to ask next.
type pace struct {
	asked time.Time     // the last question
	eager time.Time     // until when to ask as if somebody were missing
	early time.Duration // how much earlier than quiet the next one comes
	count int           // of questions
}

// hurried returns p after a change at now: it asks at once, and again soon.
func (p pace) hurried(now time.Time) pace {
	return pace{eager: now.Add(hurry), early: p.early}
}

// question returns p after a question at now.
func (p pace) question(now time.Time) pace {
	return pace{asked: now, eager: p.eager, early: rand.N(spread), count: p.count + 1}
}

// thorough reports whether the next question goes out by IPv6 too. Answers go
// by both whatever the question came by, so it need not often.
func (p pace) thorough() bool { return p.count%3 == 0 }

// next returns when to ask, given what is known of the others.
func (p pace) next(t *table) time.Time {
	soon := p.asked.Add(again)
	if p.asked.IsZero() || soon.Before(p.eager) {
		return soon
	}
	if goodbye, any := t.doubtedSince(); any {
		return later(soon, goodbye.Add(2*echo))
	}
	if quietest, any := t.quietest(); any {
		return later(soon, quietest.Add(quiet-p.early))
	}
	return p.asked.Add(alone - p.early)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
