package discovery

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestBeaconsArriveAsTheyWereSent(t *testing.T) {
	for _, b := range []beacon{
		{device: deviceOf("ben"), name: "Ben's PC", port: 22547, asks: true},
		{device: deviceOf("anna"), name: "", port: 1},
		{device: deviceOf("cleo"), name: strings.Repeat("😀", MaxName), port: 65535},
	} {
		packet := b.encode()
		got, err := parseBeacon(packet)
		if err != nil || got != b {
			t.Errorf("%+v arrives as %+v, %v", b, got, err)
		}
		if later, err := parseBeacon(append(packet, "of a later version"...)); err != nil || later != b {
			t.Errorf("with more behind it: %+v, %v", later, err)
		}
		for n := range packet {
			if got, err := parseBeacon(packet[:n]); !errors.Is(err, errNoBeacon) {
				t.Errorf("%d of %d bytes are taken for %+v", n, len(packet), got)
			}
		}
	}
}

func TestBeaconsAreRefused(t *testing.T) {
	good := beacon{device: deviceOf("ben"), name: "ben", port: 22547}
	change := func(at int, to ...byte) []byte {
		p := good.encode()
		copy(p[at:], to)
		return p
	}
	for name, packet := range map[string][]byte{
		"another program's":  []byte("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: ssdp:discover\r\n"),
		"another version":    change(4, 9),
		"port nought":        change(6, 0, 0),
		"no device":          change(8, make([]byte, 32)...),
		"a name too long":    change(40, 255),
		"a packet too large": append(good.encode(), make([]byte, maxBeacon)...),
	} {
		if b, err := parseBeacon(packet); err == nil {
			t.Errorf("%s: taken for %+v", name, b)
		}
	}
	evil := good
	evil.name = "a\x1b[2J\u202eb\x00"
	if b, err := parseBeacon(evil.encode()); err != nil || b.name != "a[2Jb" {
		t.Errorf("a hostile name arrives as %q, %v", b.name, err)
	}
}

func TestBeaconsAreJudged(t *testing.T) {
	n := network{links: []link{{nets: []netip.Prefix{netip.MustParsePrefix("10.77.0.1/24")}, v4: true}}}
	b := beacon{device: deviceOf("ben"), name: "ben", port: 22547}
	for from, want := range map[string]string{
		"10.77.0.2": "10.77.0.2:22547", "::ffff:10.77.0.2": "10.77.0.2:22547", "192.168.1.9": "192.168.1.9:22547",
		"8.8.8.8": "", "127.0.0.1": "", "224.0.0.1": "",
	} {
		c, err := judgeBeacon(b, netip.MustParseAddr(from), deviceOf("anna"), n)
		got := ""
		if err == nil {
			got = c.addrs[0].String()
		}
		if got != want {
			t.Errorf("from %s: %q, %v", from, got, err)
		}
	}
	ours := n.addrs()[0]
	if _, err := judgeBeacon(b, ours, deviceOf("ben"), n); !errors.Is(err, errOurs) {
		t.Errorf("our own: %v", err)
	}
	if c, err := judgeBeacon(b, ours.Next(), deviceOf("ben"), n); err != nil || c.device != deviceOf("ben") {
		t.Errorf("our key on another machine: %+v, %v", c, err)
	}
}

func TestBroadcastAddresses(t *testing.T) {
	var n network
	for _, p := range []string{"10.77.0.1/24", "192.168.200.3/22", "10.0.0.1/31", "10.0.0.9/32", "fd77::1/64", "127.0.0.1/8"} {
		n.links = append(n.links, link{iface: net.Interface{Name: p}, nets: []netip.Prefix{netip.MustParsePrefix(p)}})
	}
	var got []string
	for _, a := range n.broadcasts() {
		got = append(got, a.String())
	}
	if want := []string{"10.77.0.255", "192.168.203.255", "127.255.255.255"}; !slices.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
}

// station is a device's beacon in virtual time.
type station struct {
	seed  string
	table *table
	calls calls
	sent  int
}

// TestTheBeaconKeepsAllInSightAndIsQuietOtherwise lets beacons talk for a while
// on a network that loses a packet now and then.
func TestTheBeaconKeepsAllInSightAndIsQuietOtherwise(t *testing.T) {
	const minutes = 10
	for _, c := range []struct {
		name      string
		multicast func(from, to int) bool // gets through
		stations  int
		lost      float64
		perMinute float64 // packets of each, at most
	}{
		{"alone", nil, 1, 0, 10},
		{"multicast works", func(int, int) bool { return true }, 10, 0, 1},
		{"no multicast, two", nil, 2, 0.05, 25},
		{"no multicast, thirty", nil, 30, 0.05, 45},
		{"one hears no multicast", func(_, to int) bool { return to != 0 }, 10, 0, 25},
		{"one is not heard by multicast", func(from, _ int) bool { return from != 0 }, 10, 0, 25},
	} {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			all := make([]*station, c.stations)
			for i := range all {
				all[i] = &station{seed: string(rune('a' + i)), table: newTable()}
				all[i].calls = all[i].calls.hurried(at(0))
			}
			lost := 0
			for ms := 0; ms < minutes*60_000; ms += 50 {
				now := at(float64(ms) / 1000)
				for i, s := range all {
					if multicast := c.multicast; multicast != nil && ms%4000 == 0 {
						for j, to := range all {
							if i != j && multicast(i, j) {
								said := says(s.seed, "1:1")
								said.multicast = true
								to.table.hear(now, said)
							}
						}
					}
					when, asks, any := s.calls.next(now, s.table)
					if !any || now.Before(when) {
						continue
					}
					s.calls = s.calls.called(now, asks)
					s.sent++
					for j, to := range all {
						if i == j || rng.Float64() < c.lost {
							continue
						}
						to.table.hear(now, says(s.seed, "1:1"))
						if asks {
							to.calls = to.calls.wanted(now)
						}
					}
				}
				for _, s := range all {
					lost += len(s.table.expire(now))
				}
				if ms == 3000 {
					for _, s := range all {
						if len(s.table.devices) != c.stations-1 {
							t.Errorf("after three seconds %s sees %d others", s.seed, len(s.table.devices))
						}
					}
				}
			}
			for _, s := range all {
				if rate := float64(s.sent) / minutes; rate > c.perMinute {
					t.Errorf("%s sends %.1f packets a minute", s.seed, rate)
				}
			}
			if most := c.stations * c.stations / 100; lost > most {
				t.Errorf("%d times somebody was thought lost", lost)
			}
		})
	}
}

func TestAFloodOfQuestionsIsAnsweredEveryTwoSeconds(t *testing.T) {
	var c calls
	table := newTable()
	heard := says("ben", "1:1")
	heard.multicast = true // so that there is no reason to ask
	c = c.called(at(0), true)
	answers := 0
	for ms := 0; ms < 60_000; ms++ {
		now := at(float64(ms) / 1000)
		table.hear(now, heard)
		c = c.wanted(now)
		if when, asks, any := c.next(now, table); any && !now.Before(when) {
			if asks {
				t.Error("it asks")
			}
			answers++
			c = c.called(now, asks)
		}
	}
	if answers > 30 || answers < 25 {
		t.Errorf("%d answers in a minute", answers)
	}
}

func FuzzBeacon(f *testing.F) {
	f.Add(beacon{device: deviceOf("ben"), name: "Ben", port: 22547, asks: true}.encode())
	f.Add([]byte(beaconMagic))
	f.Add(bytes.Repeat([]byte{255}, maxBeacon))
	f.Fuzz(func(t *testing.T, packet []byte) {
		b, err := parseBeacon(packet)
		if err != nil {
			return
		}
		if b.port == 0 || b.device.IsZero() || printable(b.name) != b.name {
			t.Errorf("taken for %+v", b)
		}
		if again, err := parseBeacon(b.encode()); err != nil || again != b {
			t.Errorf("%+v comes back as %+v, %v", b, again, err)
		}
	})
}
