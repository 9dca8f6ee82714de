package plan

import (
	"slices"
	"time"
)

// Toll counts what a batch of changes would take away: files that go, and files
// whose content is replaced. Moves cost nothing.
type Toll struct {
	Deleted  int
	Replaced int
	Older    int // of those replaced, here, how many by what was saved earlier
}

// Add returns the sum of two tolls.
func (t Toll) Add(u Toll) Toll {
	return Toll{t.Deleted + u.Deleted, t.Replaced + u.Replaced, t.Older + u.Older}
}

// MayRestore is how many files may be replaced by older ones: one that does so to more
// restores a backup, and may not mean it for all devices.
const MayRestore = 20

// TooMuch reports whether a toll is one that a person has to approve, in a
// folder that held so many files before it.
func (t Toll) TooMuch(files int) bool {
	return t.Deleted > max(50, files/4) || t.Replaced > max(200, files/2) || t.Older > max(MayRestore, files/20)
}

// BrakeWindow is how far back tolls are added up.
const BrakeWindow = 10 * time.Minute

// Brake remembers what was taken away lately. The zero Brake has seen nothing.
type Brake struct {
	paid []payment
}

type payment struct {
	at   time.Duration
	toll Toll
}

// Lets reports whether one more toll may pass without a person, at a time since
// some fixed point, in a folder of so many files now.
func (b *Brake) Lets(now time.Duration, t Toll, files int) bool {
	sum := t
	for _, p := range b.recent(now) {
		sum = sum.Add(p.toll)
		files += p.toll.Deleted
	}
	return !sum.TooMuch(files)
}

// Pay records a toll that was let through.
func (b *Brake) Pay(now time.Duration, t Toll) {
	if t == (Toll{}) {
		return
	}
	b.paid = append(b.recent(now), payment{now, t})
}

// Reset forgets what was paid: a person approved it.
func (b *Brake) Reset() { b.paid = nil }

func (b *Brake) recent(now time.Duration) []payment {
	i := slices.IndexFunc(b.paid, func(p payment) bool { return now-p.at < BrakeWindow })
	if i < 0 {
		return nil
	}
	return slices.Clone(b.paid[i:])
}
