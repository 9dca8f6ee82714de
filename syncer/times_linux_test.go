//go:build !arm && !386

// Where system calls take times of 32 bits, nobody can give files such times.

package syncer_test

import (
	"fmt"
	"math"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestTimesFarAway gives files times that few programs expect. They arrive, as far as both
// disks hold them, and nobody takes what arrived for a change.
func TestTimesFarAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	anna, ben := w.devices[0], w.devices[1]
	connect(anna, ben)
	for i, seconds := range []int64{
		-1 << 31, -1, 0, 1, 1<<31 - 1, 1 << 31, 1 << 32, // where counters of 32 bits end
		9_223_372_036, 9_223_372_037, 1 << 34, // where those of nanoseconds do, and that of ext4
		253_402_300_800, 1 << 40, -1 << 40, // the year 10000
	} {
		name := fmt.Sprint("t", i)
		anna.write(name, fmt.Sprint(seconds))
		at := []unix.Timespec{{Sec: seconds, Nsec: 123_456_789}, {Sec: seconds, Nsec: 123_456_789}}
		must(t, unix.UtimesNanoAt(unix.AT_FDCWD, anna.at(name), at, 0))
	}
	w.settle()
	if anna.tree() != ben.tree() {
		t.Errorf("anna holds\n%s\nben holds\n%s", anna.tree(), ben.tree())
	}
	for i := range 13 {
		name := fmt.Sprint("t", i)
		here, err := os.Stat(anna.at(name))
		must(t, err)
		there, err := os.Stat(ben.at(name))
		must(t, err)
		want := here.ModTime()
		if last := time.Unix(0, math.MaxInt64); want.After(last) { // that a record can have
			want = last
		}
		if first := time.Unix(0, math.MinInt64); !want.Equal(there.ModTime()) && !want.Before(first) {
			t.Errorf("%s is of %v, and with ben of %v", name, here.ModTime().UTC(), there.ModTime().UTC())
		}
	}
	got := ben.verbs("received")
	w.settle()
	ben.write("t3", "edited since")
	w.settle()
	if n := ben.verbs("received"); n != got || anna.verbs("received") != 1 {
		t.Errorf("ben got %d files, then %d; anna %d", got, n, anna.verbs("received"))
	}
}
