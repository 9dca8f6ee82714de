package plan

import (
	"slices"
	"time"

	"kith/index"
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

// or returns the toll of a file that both were taken of: it is still one file.
func (t Toll) or(u Toll) Toll {
	return Toll{max(t.Deleted, u.Deleted), max(t.Replaced, u.Replaced), max(t.Older, u.Older)}
}

func (t Toll) less(u Toll) Toll {
	return Toll{t.Deleted - u.Deleted, t.Replaced - u.Replaced, t.Older - u.Older}
}

// Losses are the files that a batch of changes would take away, and what each is: a
// toll of one.
type Losses map[index.Path]Toll

// Toll counts them.
func (l Losses) Toll() (sum Toll) {
	for _, t := range l {
		sum = sum.Add(t)
	}
	return sum
}

// BrakeWindow is how far back losses are added up.
const BrakeWindow = 10 * time.Minute

// Brake remembers what was taken away lately. It counts files: one that is saved again
// and again, or is tried again because that could not be recorded, is one. The zero
// Brake has seen nothing.
type Brake struct {
	paid  map[index.Path]payment
	order []turn // the oldest first
	sum   Toll   // of all that is paid
}

type payment struct {
	at   time.Duration // the last time
	toll Toll
}

type turn struct {
	at   time.Duration
	path index.Path
}

// Lets reports whether some more losses may pass without a person, at a time since
// some fixed point, in a folder of so many files now.
func (b *Brake) Lets(now time.Duration, losses Losses, files int) bool {
	b.expire(now)
	sum := b.sum
	files += sum.Deleted
	for p, t := range losses {
		was := b.paid[p].toll
		sum = sum.Add(t.or(was).less(was))
		files -= was.Deleted // it is there, and counted with those that are
	}
	return !sum.TooMuch(files)
}

// Pay records losses that were let through.
func (b *Brake) Pay(now time.Duration, losses Losses) {
	b.expire(now)
	if b.paid == nil && len(losses) > 0 {
		b.paid = make(map[index.Path]payment)
	}
	for p, t := range losses {
		was := b.paid[p].toll
		b.paid[p] = payment{now, t.or(was)}
		b.order = append(b.order, turn{now, p})
		b.sum = b.sum.Add(t.or(was).less(was))
	}
}

// Reset forgets what was paid: a person approved it.
func (b *Brake) Reset() { *b = Brake{} }

// expire forgets what was paid before the window.
func (b *Brake) expire(now time.Duration) {
	n := 0
	for ; n < len(b.order) && now-b.order[n].at >= BrakeWindow; n++ {
		at := b.order[n]
		if was := b.paid[at.path]; was.at == at.at { // and not again since
			b.sum = b.sum.less(was.toll)
			delete(b.paid, at.path)
		}
	}
	b.order = slices.Delete(b.order, 0, n)
}
