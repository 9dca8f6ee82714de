package plan

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"kith/index"
)

func TestTollTooMuch(t *testing.T) {
	for _, c := range []struct {
		name  string
		toll  Toll
		files int
		held  bool
	}{
		{"nothing in an empty folder", Toll{}, 0, false},
		{"50 deleted of a small folder", Toll{Deleted: 50}, 50, false},
		{"51 deleted of a small folder", Toll{Deleted: 51}, 51, true},
		{"50 deleted where a quarter is 50", Toll{Deleted: 50}, 200, false},
		{"51 deleted where a quarter is 50", Toll{Deleted: 51}, 203, true},
		{"51 deleted where a quarter is 51", Toll{Deleted: 51}, 204, false},
		{"a quarter of a large folder deleted", Toll{Deleted: 25_000}, 100_000, false},
		{"one more than a quarter of a large folder deleted", Toll{Deleted: 25_001}, 100_000, true},
		{"200 replaced of a small folder", Toll{Replaced: 200}, 200, false},
		{"201 replaced of a small folder", Toll{Replaced: 201}, 201, true},
		{"half of a large folder replaced", Toll{Replaced: 50_000}, 100_000, false},
		{"one more than half of a large folder replaced", Toll{Replaced: 50_001}, 100_000, true},
		{"both just within", Toll{Deleted: 50, Replaced: 200}, 200, false},
		{"20 replaced by older ones in a small folder", Toll{Replaced: 20, Older: 20}, 20, false},
		{"21 replaced by older ones in a small folder", Toll{Replaced: 21, Older: 21}, 21, true},
		{"a twentieth of a large folder replaced by older ones", Toll{Replaced: 5_000, Older: 5_000}, 100_000, false},
		{"one more than a twentieth of a large folder replaced by older ones", Toll{Replaced: 5_001, Older: 5_001}, 100_000, true},
		{"deletions within, replacements beyond", Toll{Deleted: 1, Replaced: 201}, 200, true},
	} {
		if got := c.toll.TooMuch(c.files); got != c.held {
			t.Errorf("%s: held %v, want %v", c.name, got, c.held)
		}
	}
}

func TestTollsAddUp(t *testing.T) {
	if got, want := (Toll{1, 2, 3}).Add(Toll{30, 40, 50}), (Toll{31, 42, 53}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// untouched counts the files that something has happened to.
type untouched int

// files returns the losses of so many files that nobody has touched yet.
func (n *untouched) files(count int, each Toll) Losses {
	l := Losses{}
	for range count {
		*n++
		l[index.MustPath(fmt.Sprint(*n))] = each
	}
	return l
}

// TestBrake tells what a brake lets through, payment by payment.
func TestBrake(t *testing.T) {
	type step struct {
		at      time.Duration
		deletes int
		files   int // in the folder at that moment
		lets    bool
	}
	for name, steps := range map[string][]step{
		"one large batch is held": {
			{0, 51, 100, false},
		},
		"many small batches add up": {
			{0, 20, 100, true},
			{time.Minute, 20, 80, true},
			{2 * time.Minute, 10, 60, true},
			{3 * time.Minute, 1, 50, false},
		},
		"what was paid ten minutes ago is forgotten": {
			{0, 50, 100, true},
			{BrakeWindow - 1, 1, 50, false},
			{BrakeWindow, 1, 50, true},
		},
		"the window slides: only the old part is forgotten": {
			{0, 30, 100, true},
			{5 * time.Minute, 20, 70, true},
			{BrakeWindow, 31, 50, false},
			{BrakeWindow, 30, 50, true},
			{15 * time.Minute, 21, 20, false},
			{15 * time.Minute, 20, 20, true},
		},
		"the share is of what the folder held before, not of what is left": {
			{0, 250, 1000, true},
			{time.Minute, 1, 750, false},
		},
		"a folder may be emptied slowly": {
			{0, 50, 150, true},
			{10 * time.Minute, 50, 100, true},
			{20 * time.Minute, 50, 50, true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var b Brake
			var next untouched
			for i, s := range steps {
				losses := next.files(s.deletes, Toll{Deleted: 1})
				if got := b.Lets(s.at, losses, s.files); got != s.lets {
					t.Fatalf("step %d, %v: lets %v, want %v", i, s.at, got, s.lets)
				}
				if s.lets {
					b.Pay(s.at, losses)
				}
			}
		})
	}
}

// TestBrakeCountsFiles: what happens to one file again and again is one loss, from the
// last time on; that a batch could not be recorded, and is tried again, adds nothing.
func TestBrakeCountsFiles(t *testing.T) {
	saved := Losses{index.MustPath("log"): {Replaced: 1}}
	var b Brake
	var next untouched
	at := time.Duration(0)
	for range 1000 {
		if !b.Lets(at, saved, 1) {
			t.Fatalf("one file is held after %v", at)
		}
		b.Pay(at, saved)
		at += time.Second
	}
	at -= time.Second
	more := next.files(200, Toll{Replaced: 1})
	for when, lets := range map[time.Duration]bool{at: false, at + BrakeWindow - 1: false, at + BrakeWindow: true} {
		b := b // each asks by itself: time does not go back
		b.paid, b.order = maps.Clone(b.paid), slices.Clone(b.order)
		if b.Lets(when, more, 201) != lets {
			t.Errorf("200 more files, %v after the last save: let through %v", when-at, !lets)
		}
	}
	var again Brake
	batch := next.files(50, Toll{Deleted: 1})
	for range 10 {
		if !again.Lets(0, batch, 60) {
			t.Fatal("a batch that is tried again is held")
		}
		again.Pay(0, batch)
	}
	if again.Lets(0, next.files(1, Toll{Deleted: 1}), 10) {
		t.Error("a batch that was paid counts")
	}
}

func TestAFileIsReplacedAndThenDeleted(t *testing.T) {
	var b Brake
	var next untouched
	both := next.files(50, Toll{Replaced: 1})
	b.Pay(0, both)
	for p := range both {
		both[p] = Toll{Deleted: 1}
	}
	if !b.Lets(0, both, 50) {
		t.Fatal("50 may be deleted")
	}
	b.Pay(0, both)
	if b.Lets(0, next.files(151, Toll{Replaced: 1}), 200) || b.Lets(0, next.files(1, Toll{Deleted: 1}), 0) {
		t.Error("what was replaced, and then deleted, counts as both")
	}
	if !b.Lets(BrakeWindow, next.files(200, Toll{Replaced: 1}), 200) {
		t.Error("it counts no longer than ten minutes")
	}
}

func TestBrakeIsReleasedByAPerson(t *testing.T) {
	var b Brake
	var next untouched
	b.Pay(0, next.files(50, Toll{Deleted: 1}))
	one := next.files(1, Toll{Deleted: 1})
	if b.Lets(time.Second, one, 50) {
		t.Fatal("the brake should hold")
	}
	b.Reset()
	if !b.Lets(time.Second, one, 50) {
		t.Fatal("the brake should have forgotten what was paid")
	}
}

// TestAskingPaysNothing: a batch that is asked about again and again costs once.
func TestAskingPaysNothing(t *testing.T) {
	var b Brake
	var next untouched
	for range 100 {
		if !b.Lets(0, next.files(1, Toll{Deleted: 1}), 10) {
			t.Fatal("asking must not add up")
		}
	}
}
