package syncer

import (
	"log/slog"
	"testing"
	"time"

	"kith/index"
)

// timekeeper is a disk that keeps times in units of two seconds, by a clock that is so
// far ahead of ours.
type timekeeper struct {
	Tree
	ours  *time.Time
	ahead time.Duration
	asked int
}

func (t *timekeeper) Now() (int64, error) {
	t.asked++
	return t.ours.Add(t.ahead).Truncate(2 * time.Second).UnixNano(), nil
}

// TestDiskClock: a file has aged once its disk gives later times than it bears, and how
// old it is, is no matter of our clock.
func TestDiskClock(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name           string
		ahead          time.Duration // of the disk's clock when it was saved,
		then           time.Duration // and since
		saved, looked  time.Duration // after a whole unit of ours
		runs, comes    bool
		atLeast, below time.Duration
	}{
		{"just saved", 0, 0, 1900 * ms, 1950 * ms, true, false, 0, coarsest},
		{"in the next unit, and perhaps not whole", 0, 0, 1900 * ms, 2010 * ms, true, false, 0, coarsest},
		{"later", 0, 0, 1900 * ms, 2100 * ms, false, false, coarsest, time.Minute},
		{"long after", 0, 0, 0, time.Hour, false, false, coarsest, 2 * time.Hour},
		{"just saved, by a clock ahead", time.Hour, time.Hour, 0, 100 * ms, true, false, 0, coarsest},
		{"later, by a clock ahead", time.Hour, time.Hour, 0, 4100 * ms, false, false, coarsest, time.Minute},
		{"just saved, by a clock behind", -time.Hour, -time.Hour, 0, 100 * ms, true, false, 0, coarsest},
		{"later, by a clock behind", -time.Hour, -time.Hour, 0, 4100 * ms, false, false, coarsest, time.Minute},
		{"by a clock a second behind, which has not got on yet", -time.Second, -time.Second, 1000 * ms, 2900 * ms, true, false, 0, coarsest},
		{"by a clock a second behind, which has", -time.Second, -time.Second, 1000 * ms, 3100 * ms, false, false, coarsest, time.Minute},
		{"before the clock was set", 0, time.Hour, 0, 100 * ms, false, false, coarsest, 2 * time.Hour},
		{"before the clock was set back", 0, -time.Minute, 0, 100 * ms, false, true, -time.Hour, 0},
		{"before the clock was set back by days", 0, -48 * time.Hour, 0, 100 * ms, false, false, -72 * time.Hour, 0},
	} {
		unit := time.Unix(1_700_000_000, 0)
		now := unit.Add(c.looked)
		disk := &timekeeper{ours: &now, ahead: c.then}
		f := &folder{e: &Engine{cfg: Config{Clock: func() time.Time { return now }}}, log: slog.New(slog.DiscardHandler)}
		var tree Tree = disk
		f.tree.Store(&tree)
		times := unit.Add(c.saved + c.ahead).Truncate(2 * time.Second).UnixNano()
		id := index.Identity{Inode: 7, Modified: times, Changed: times}
		clock := diskClock{f: f}
		if age := clock.age(id); age < c.atLeast || age >= c.below {
			t.Errorf("%s: %v old", c.name, age)
		}
		if runs := clock.runs(id); runs != c.runs {
			t.Errorf("%s: what is saved now may bear its times: %v", c.name, runs)
		}
		if _, comes := clock.recurs(id); comes != c.comes {
			t.Errorf("%s: its times are yet to come: %v", c.name, comes)
		}
		if disk.asked != 1 {
			t.Errorf("%s: the disk was asked %d times within a moment", c.name, disk.asked)
		}
	}
}

// TestWrittenLately: what was written lately was so by the disk's clock, or by ours, if who
// wrote it dated it.
func TestWrittenLately(t *testing.T) {
	const ms, span = time.Millisecond, 500 * time.Millisecond
	for _, c := range []struct {
		name  string
		ahead time.Duration // of the disk's clock
		ago   time.Duration // that the time was, by ours
		is    bool
	}{
		{"just now", 0, 100 * ms, true},
		{"a while ago", 0, 600 * ms, false},
		{"just now, by a clock behind", -time.Hour, time.Hour + 100*ms, true},
		{"a while ago, by a clock behind", -time.Hour, time.Hour + 600*ms, false},
		{"just now, by a clock ahead", time.Hour, -time.Hour + 100*ms, true},
		{"a while ago, by a clock ahead", time.Hour, -time.Hour + 600*ms, false},
		{"just now, by a clock that says it a tick later", -time.Hour, time.Hour - 5*ms, true},
		{"just now, dated by ours on a disk with a clock behind", -time.Hour, 100 * ms, true},
		{"in a minute", 0, -time.Minute, false},
	} {
		now := time.Unix(1_700_000_000, 0)
		f := &folder{e: &Engine{cfg: Config{Clock: func() time.Time { return now }}}, log: slog.New(slog.DiscardHandler)}
		var tree Tree = &timekeeper{ours: &now, ahead: c.ahead}
		f.tree.Store(&tree)
		clock := diskClock{f: f}
		if is := clock.within(now.Add(-c.ago), span); is != c.is {
			t.Errorf("%s: %v", c.name, is)
		}
	}
}
