package discovery

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

var dawn = time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)

// at is a moment of a test, in seconds.
func at(seconds float64) time.Time { return dawn.Add(time.Duration(seconds * float64(time.Second))) }

// says is a claim; an address is written as the last byte and the port.
func says(seed string, addrs ...string) claim {
	c := claim{device: deviceOf(seed), name: strings.ToUpper(seed)}
	for _, a := range addrs {
		c.addrs = append(c.addrs, netip.MustParseAddrPort("10.0.0."+a))
	}
	return c
}

// told writes down sightings as a test reads them.
func told(changes []Sighting) string {
	var out []string
	for _, s := range changes {
		if s.Lost {
			out = append(out, s.Name+" lost")
			continue
		}
		line := s.Name
		for _, a := range s.Addrs {
			line += " " + strings.TrimPrefix(a.String(), "10.0.0.")
		}
		out = append(out, line)
	}
	return strings.Join(out, ", ")
}

func TestTable(t *testing.T) {
	type step struct {
		at   float64
		do   func(*table, time.Time) []Sighting
		want string
	}
	hear := func(c claim) func(*table, time.Time) []Sighting {
		return func(t *table, now time.Time) []Sighting { return t.hear(now, c) }
	}
	bye := func(seed string) func(*table, time.Time) []Sighting {
		return func(t *table, now time.Time) []Sighting { t.doubt(now, instance(deviceOf(seed))); return nil }
	}
	pass := func(t *table, now time.Time) []Sighting { return t.expire(now) }
	forgive := func(t *table, now time.Time) []Sighting { t.forgive(time.Hour); return nil }
	renamed := says("ben", "2:1")
	renamed.name = "BENJAMIN"

	for name, steps := range map[string][]step{
		"a device is told of once": {
			{0, hear(says("ben", "2:1")), "BEN 2:1"}, {1, hear(says("ben", "2:1")), ""}},
		"one that falls silent is lost": {
			{0, hear(says("ben", "2:1")), "BEN 2:1"}, {8.9, pass, ""}, {9, pass, "BEN lost"}, {10, pass, ""}},
		"one that speaks is not": {
			{0, hear(says("ben", "2:1")), "BEN 2:1"}, {5, hear(says("ben", "2:1")), ""}, {13, pass, ""}, {14, pass, "BEN lost"}},
		"another port: the new address first, the old one until it was silent for long enough": {
			{0, hear(says("ben", "2:1")), "BEN 2:1"}, {3, hear(says("ben", "2:7")), "BEN 2:7 2:1"}, {9, pass, "BEN 2:7"}},
		"a liar adds an address, and takes none away": {
			{0, hear(says("ben", "2:1")), "BEN 2:1"}, {1, hear(says("ben", "66:1")), "BEN 66:1 2:1"},
			{2, hear(says("ben", "2:1")), ""}, {10, pass, "BEN 2:1"}},
		"a liar with many addresses does not push out the one that is heard": {
			{0, hear(says("ben", "2:1")), "BEN 2:1"},
			{1, hear(says("ben", "60:1", "61:1", "62:1", "63:1", "64:1", "65:1", "66:1", "67:1")), "BEN 60:1 61:1 62:1 63:1 64:1 65:1 66:1 67:1"},
			{2, hear(says("ben", "2:1")), "BEN 2:1 60:1 61:1 62:1 63:1 64:1 65:1 66:1"},
			{3, hear(says("ben", "68:1")), "BEN 68:1 2:1 60:1 61:1 62:1 63:1 64:1 65:1"}},
		"another name": {
			{0, hear(says("ben", "2:1")), "BEN 2:1"}, {1, hear(renamed), "BENJAMIN 2:1"}},
		"goodbye": {
			{0, hear(says("ben", "2:1")), "BEN 2:1"}, {1, bye("ben"), ""}, {3.4, pass, ""}, {3.5, pass, "BEN lost"}},
		"a goodbye that somebody made up": {
			{0, hear(says("ben", "2:1")), "BEN 2:1"}, {1, bye("ben"), ""}, {1.5, hear(says("ben", "2:1")), ""}, {9, pass, ""}},
		"a goodbye, and the echo of what was said before": {
			{0, hear(says("ben", "2:1")), "BEN 2:1"}, {1, bye("ben"), ""}, {1.01, hear(says("ben", "2:1")), ""}, {3.5, pass, "BEN lost"}},
		"goodbyes without end do not put off the end": {
			{0, hear(says("ben", "2:1")), "BEN 2:1"}, {1, bye("ben"), ""}, {2, bye("ben"), ""}, {3, bye("ben"), ""}, {3.5, pass, "BEN lost"}},
		"goodbye, and back at another address": {
			{0, hear(says("ben", "2:1")), "BEN 2:1"}, {1, bye("ben"), ""}, {1.5, hear(says("ben", "3:1")), "BEN 3:1 2:1"}, {3.5, pass, "BEN 3:1"}},
		"the goodbye of one unknown": {
			{0, hear(says("ben", "2:1")), "BEN 2:1"}, {1, bye("eve"), ""}, {8, pass, ""}},
		"nobody is lost because we slept": {
			{0, hear(says("ben", "2:1")), "BEN 2:1"}, {3600, forgive, ""}, {3600, pass, ""}, {3609, pass, "BEN lost"}},
	} {
		table := newTable()
		for _, s := range steps {
			if got := told(s.do(table, at(s.at))); got != s.want {
				t.Errorf("%s: at %v s: told %q, want %q", name, s.at, got, s.want)
			}
		}
	}
}

func TestTwentyNewDevicesASecond(t *testing.T) {
	table := newTable()
	for i := range 1000 { // ten seconds, a hundred each
		now := at(float64(i) / 100)
		table.hear(now, says(fmt.Sprint(i), "2:1"))
	}
	if got := len(table.devices); got < 210 || got > 220 {
		t.Errorf("%d devices were let in within 10 s, want 20 and 20 each second", got)
	}
}

func TestFloodDoesNotPushOutThoseWhoAnswer(t *testing.T) {
	table, lost := newTable(), false
	for i := range 6000 { // a minute
		now := at(float64(i) / 100)
		if i%500 == 0 {
			table.hear(now, says("ben", "2:1"))
		}
		for _, s := range slices.Concat(table.hear(now, says(fmt.Sprint(i), "2:1")), table.expire(now)) {
			lost = lost || s.Lost && s.Device == deviceOf("ben")
		}
		if len(table.devices) > maxDevices {
			t.Fatalf("%d devices", len(table.devices))
		}
	}
	if lost {
		t.Error("a device that answers was lost")
	}
}

func TestFullTableDropsTheOneNotHeardForTheLongest(t *testing.T) {
	table := newTable()
	for i := range maxDevices {
		table.hear(at(float64(i)), says(fmt.Sprint(i), "2:1"))
	}
	table.hear(at(300), says("0", "2:1"))
	if got := told(table.hear(at(301), says("new", "2:1"))); got != "1 lost, NEW 2:1" {
		t.Errorf("told %q", got)
	}
	if len(table.devices) != maxDevices {
		t.Errorf("%d devices", len(table.devices))
	}
}

// A device that dies is lost within ten seconds, whenever that is and whoever
// else is there. While it lives it is not lost, though every third of its
// answers is. Time is virtual, a step is to the next moment that anything is due.
func TestSilenceIsNoticedInTime(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 300 {
		table, pace := newTable(), pace{}.hurried(dawn)
		dies := dawn.Add(time.Duration(random.Int64N(int64(time.Minute))))
		others := random.IntN(4)
		table.hear(dawn, says("ben", "2:1"))
		questions := 0
		for now, lost := dawn, false; !lost; now = soonest(table, pace) {
			for _, s := range table.expire(now) {
				lost = lost || s.Lost && s.Device == deviceOf("ben")
			}
			if late := now.Sub(dies); lost && (late <= 0 || late > 10*time.Second) {
				t.Errorf("lost %v after it died; %d others", late, others)
			}
			if now.Before(pace.next(table)) {
				continue
			}
			pace = pace.question(now)
			for i := range others {
				table.hear(now, says(fmt.Sprint(i), "2:1"))
			}
			if questions++; now.Before(dies) && questions%3 != 0 {
				table.hear(now, says("ben", "2:1"))
			}
		}
	}
}

func soonest(t *table, p pace) time.Time {
	next := p.next(t)
	if end, any := t.deadline(); any && end.Before(next) {
		return end
	}
	return next
}
