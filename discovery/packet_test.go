package discovery

import (
	"fmt"
	"slices"
	"testing"

	"github.com/miekg/dns"
)

// packet packs an mDNS answer of records written as in a zone file.
func packet(t testing.TB, records ...string) []byte {
	t.Helper()
	m := dns.Msg{Compress: true}
	m.Response = true
	for _, r := range records {
		rr, err := dns.NewRR(r)
		if err != nil {
			t.Fatal(err)
		}
		m.Answer = append(m.Answer, rr)
	}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// recordsOf is how a device that is reached at ip looks on the wire.
func recordsOf(s Self, ttl uint32, ip string) []string {
	name, host := instance(s.Device)+"."+serviceName, hostname(s.Device)
	lines := text(s)
	return []string{
		fmt.Sprintf("%s %d IN PTR %s", serviceName, ttl, name),
		fmt.Sprintf("%s %d IN SRV 0 0 %d %s", name, ttl, s.Port, host),
		fmt.Sprintf("%s %d IN TXT %q %q %q", name, ttl, lines[0], lines[1], lines[2]),
		fmt.Sprintf("%s %d IN A %s", host, ttl, ip),
	}
}

func TestPackets(t *testing.T) {
	ben := Self{deviceOf("ben"), "Ben", 4002}
	name := instance(ben.Device)
	whole := recordsOf(ben, 120, "10.0.0.2")
	for what, c := range map[string]struct {
		records []string
		want    []string
	}{
		"a record":                 {whole, []string{name + ":4002"}},
		"with IPv6":                {slices.Concat(whole[:3], []string{hostname(ben.Device) + " 120 IN AAAA fd00::2"}), []string{name + ":4002"}},
		"goodbye":                  {recordsOf(ben, 0, "10.0.0.2"), []string{"bye " + name}},
		"a record without text":    {slices.Concat(whole[:2], whole[3:]), nil},
		"a record without port":    {slices.Concat(whole[:1], whole[2:]), nil},
		"a record without address": {whole[:3], nil},
		"the address of another":   {slices.Concat(whole[:3], []string{"other.local. 120 IN A 10.0.0.2"}), nil},
		"another service":          {[]string{"_ipp._tcp.local. 120 IN PTR x._ipp._tcp.local.", "x.local. 120 IN A 10.0.0.2"}, nil},
		"the list of services":     {[]string{"_services._dns-sd._udp.local. 0 IN PTR " + serviceName}, nil},
	} {
		var got []string
		for _, a := range parsePacket(packet(t, c.records...)) {
			if a.record == nil {
				got = append(got, "bye "+a.goodbye)
				continue
			}
			got = append(got, fmt.Sprintf("%s:%d", a.record.Instance, a.record.Port))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
}

func TestConcernsUs(t *testing.T) {
	ours := packet(t, recordsOf(Self{deviceOf("ben"), "Ben", 1}, 120, "10.0.0.2")...)
	question := slices.Clone(ours)
	question[2] &^= 0x80
	for name, c := range map[string]struct {
		packet []byte
		want   bool
	}{
		"an answer of ours":  {ours, true},
		"a question":         {question, false},
		"a printer's answer": {packet(t, "_ipp._tcp.local. 120 IN PTR x._ipp._tcp.local."), false},
		"nothing":            {nil, false},
		"a header":           {ours[:12], false},
	} {
		if got := concernsUs(c.packet); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// hostile returns packets that no honest program sends.
func hostile(t testing.TB) map[string][]byte {
	ours := packet(t, recordsOf(Self{deviceOf("ben"), "Ben", 4002}, 120, "10.0.0.2")...)
	header := func(answers byte) []byte { return []byte{0, 0, 0x84, 0, 0, 0, 0, answers, 0, 0, 0, 0} }
	name := []byte("\x05_kith\x04_tcp\x05local\x00")
	ptr := slices.Concat(name, []byte{0, 12, 0, 1, 0, 0, 0, 120})
	all := map[string][]byte{
		"empty":                              {},
		"a name that points to itself":       slices.Concat(header(1), []byte{0xc0, 12}, ptr),
		"a pointer beyond the end":           slices.Concat(header(1), ptr, []byte{0, 2, 0xff, 0xff}),
		"a target that points to itself":     slices.Concat(header(1), ptr, []byte{0, 2, 0xc0, byte(12 + len(ptr) + 2)}),
		"a record without data":              slices.Concat(header(1), ptr, []byte{0, 0}),
		"data that is longer than the rest":  slices.Concat(header(1), ptr, []byte{0xff, 0xff}),
		"more records announced than follow": slices.Concat(header(255), ptr, []byte{0, 2, 0xc0, 12}),
		"a label of a kind there is not":     slices.Concat(header(1), []byte{0x80, 1, 2}, ptr),
		"an address record without one":      slices.Concat(header(1), name, []byte{0, 1, 0, 1, 0, 0, 0, 120, 0, 0}),
		"an address of three bytes":          slices.Concat(header(1), name, []byte{0, 1, 0, 1, 0, 0, 0, 120, 0, 3, 10, 0, 0}),
		"a text of the greatest size":        slices.Concat(header(1), name, []byte{0, 16, 0, 1, 0, 0, 0, 120, 0xf0, 0}, make([]byte, 0xf000)),
		"a known answer without data":        slices.Concat([]byte{0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0}, name, []byte{0, 12, 0, 1}, ptr, []byte{0, 0}),
		"a thousand questions":               slices.Concat([]byte{0, 0, 0, 0, 3, 0xe8, 0, 0, 0, 0, 0, 0}, slices.Repeat(slices.Concat(name, []byte{0, 12, 0, 1}), 1000)),
	}
	for i := range len(ours) {
		all[fmt.Sprintf("cut after %d", i)] = ours[:i]
		flipped := slices.Clone(ours)
		flipped[i] ^= 0xff
		all[fmt.Sprintf("byte %d inverted", i)] = flipped
	}
	return all
}

func TestHostilePacketsSayNothingWrong(t *testing.T) {
	believed := 0
	for name, p := range hostile(t) {
		for _, a := range parsePacket(p) {
			if a.record == nil {
				continue
			}
			c, err := judge(a.record, deviceOf("anna"), home())
			if err != nil {
				continue
			}
			believed++
			if c.device != deviceOf("ben") {
				t.Errorf("%s: taken for a record of %v", name, c.device.Brief())
			}
		}
	}
	if believed == 0 {
		t.Error("none came so far that it could have been believed")
	}
}

func FuzzPacket(f *testing.F) {
	for _, p := range hostile(f) {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		answers := parsePacket(p)
		if len(answers) > 2*maxInstances {
			t.Errorf("%d answers in one packet", len(answers))
		}
		table := newTable()
		for _, a := range answers {
			if a.record == nil {
				table.doubt(dawn, a.goodbye)
				continue
			}
			c, err := judge(a.record, deviceOf("anna"), home())
			if err != nil {
				continue
			}
			for _, addr := range c.addrs {
				if !home().worthTrying(addr.Addr()) || addr.Port() == 0 {
					t.Errorf("address %v is passed on", addr)
				}
			}
			table.hear(dawn, c)
		}
		table.expire(dawn.Add(patience))
		if len(table.devices) > 0 {
			t.Error("something stays for ever")
		}
	})
}
