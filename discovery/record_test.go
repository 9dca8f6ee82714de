package discovery

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/grandcat/zeroconf"
)

// home is a network with one interface, as most machines have it.
func home() network {
	return network{links: []link{{
		iface: net.Interface{Index: 2, Name: "eth0", Flags: net.FlagUp | net.FlagRunning | net.FlagMulticast},
		nets:  []netip.Prefix{netip.MustParsePrefix("192.0.2.2/24"), netip.MustParsePrefix("2001:db8:1::2/64")},
		v4:    true, v6: true,
	}}}
}

// record is what a well-behaved device announces.
func record(s Self, ips ...string) *zeroconf.ServiceEntry {
	e := zeroconf.NewServiceEntry(instance(s.Device), service, domain)
	e.HostName, e.Port, e.Text = hostname(s.Device), s.Port, text(s)
	for _, ip := range ips {
		e.AddrIPv4 = append(e.AddrIPv4, net.ParseIP(ip))
	}
	return e
}

func TestTextArrivesAsItWasSent(t *testing.T) {
	for name, want := range map[string]string{
		"Bob's Läptop (2)":               "Bob's Läptop (2)",
		`a\b"c`:                          `a\b"c`,
		"":                               "",
		"日本語":                            "日本語",
		"two\nlines\x00":                 "twolines",
		"\u202egnitirw":                  "gnitirw",
		"bad \xff bytes":                 "bad  bytes",
		strings.Repeat("ä", 100):         strings.Repeat("ä", MaxName),
		strings.Repeat("\U0001F600", 40): strings.Repeat("\U0001F600", MaxName),
	} {
		self := Self{deviceOf("anna"), name, 22547}
		lines := text(self)
		for _, l := range lines {
			if len(l) > 255 {
				t.Errorf("%q: a string of %d bytes does not fit into a record", name, len(l))
			}
		}
		device, got, err := parseText(lines)
		if err != nil || device != self.Device || got != want {
			t.Errorf("%q arrived as %q of %v, %v; want %q", name, got, device.Brief(), err, want)
		}
	}
}

func TestTextIsRefused(t *testing.T) {
	id := "id=" + deviceOf("anna").String()
	full := maxText - len("v=1") - len(id) - 3 // bytes left for the third string
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"as it should be":          {[]string{"v=1", id, "n="}, ""},
		"unknown keys are skipped": {[]string{"v=1", id, "x=y", "z"}, ""},
		"the first of a key":       {[]string{"v=1", id, "id=other", "v=2"}, ""},
		"as long as may be":        {[]string{"v=1", id, strings.Repeat("x", full)}, ""},
		"one byte longer":          {[]string{"v=1", id, strings.Repeat("x", full+1)}, "more than 400 bytes"},
		"many empty strings":       {slices.Concat([]string{"v=1", id}, make([]string, 400)), "more than 400 bytes"},
		"nothing":                  {nil, "version"},
		"another version":          {[]string{"v=2", id}, "version"},
		"no ID":                    {[]string{"v=1"}, "not a device ID"},
		"a short ID":               {[]string{"v=1", id[:40]}, "not a device ID"},
		"a name not encoded":       {[]string{"v=1", id, "n=Bob's"}, "name"},
	} {
		_, _, err := parseText(c.lines)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}

func TestRecordsAreJudged(t *testing.T) {
	anna, ben := Self{deviceOf("anna"), "Anna", 4001}, Self{deviceOf("ben"), "Ben", 4002}
	changed := func(f func(*zeroconf.ServiceEntry)) *zeroconf.ServiceEntry {
		e := record(ben, "10.0.0.2")
		f(e)
		return e
	}
	var crowd []string
	for i := range 1000 {
		crowd = append(crowd, netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}).String())
	}
	for name, c := range map[string]struct {
		record *zeroconf.ServiceEntry
		addrs  int
		want   string
	}{
		"another device":            {record(ben, "10.0.0.2"), 1, ""},
		"two addresses":             {record(ben, "10.0.0.2", "fd00::2"), 2, ""},
		"one address twice":         {record(ben, "10.0.0.2", "10.0.0.2"), 1, ""},
		"a thousand addresses":      {record(ben, crowd...), MaxAddrs, ""},
		"one address of any use":    {record(ben, "8.8.8.8", "10.0.0.2"), 1, ""},
		"our own":                   {record(anna, home().addrs()[0].String()), 0, "our own"},
		"our key elsewhere":         {record(anna, home().addrs()[0].String(), "10.0.0.1"), 1, ""},
		"no address":                {record(ben), 0, "no address"},
		"none of any use":           {record(ben, "8.8.8.8", "127.0.0.1"), 0, "no address"},
		"an empty address":          {changed(func(e *zeroconf.ServiceEntry) { e.AddrIPv4 = []net.IP{nil} }), 0, "no address"},
		"no port":                   {changed(func(e *zeroconf.ServiceEntry) { e.Port = 0 }), 0, "port 0"},
		"a port that is none":       {changed(func(e *zeroconf.ServiceEntry) { e.Port = 65536 }), 0, "port 65536"},
		"under another's name":      {changed(func(e *zeroconf.ServiceEntry) { e.Instance = instance(anna.Device) }), 0, "another name"},
		"the text is not there yet": {changed(func(e *zeroconf.ServiceEntry) { e.Text = nil }), 0, "version"},
	} {
		got, err := judge(c.record, anna.Device, home())
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
		if len(got.addrs) != c.addrs {
			t.Errorf("%s: %d addresses, want %d", name, len(got.addrs), c.addrs)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add(strings.Join(text(Self{deviceOf("anna"), "Bob's Läptop", 1}), "\n"))
	f.Add("v=1\nid=" + deviceOf("anna").String() + "\nn=////")
	f.Add("v=1\nid=\nn=\n\n\n=")
	f.Fuzz(func(t *testing.T, lines string) {
		device, name, err := parseText(strings.Split(lines, "\n"))
		if err != nil {
			return
		}
		if n := utf8.RuneCountInString(name); n > MaxName || !utf8.ValidString(name) {
			t.Errorf("name %q of %d characters", name, n)
		}
		again, sameName, err := parseText(text(Self{Device: device, Name: name}))
		if err != nil || again != device || sameName != name {
			t.Errorf("%v %q, sent on, arrives as %v %q, %v", device, name, again, sameName, err)
		}
	})
}
