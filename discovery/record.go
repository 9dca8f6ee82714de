package discovery

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/grandcat/zeroconf"

	"kith/index"
)

// How we stand in multicast DNS: the service, the version of our record, and
// how much text a record may have.
const (
	service = "_kith._tcp"
	domain  = "local"
	version = "1"
	maxText = 400 // bytes, with the length byte of each string
)

// claim is what a record says, once it is known to be well formed.
type claim struct {
	device index.DeviceID
	name   string
	addrs  []netip.AddrPort

	multicast bool // it came by multicast DNS
}

var nameEncoding = base64.RawURLEncoding

// instance returns the name of a device's record: letters and digits only, for
// DNS escapes everything else on its way.
func instance(d index.DeviceID) string { return d.Short().String() }

// hostname is ours alone. The machine's own name belongs to the machine's own
// responder, which would give it up if somebody else claimed it too.
func hostname(d index.DeviceID) string { return "kith-" + instance(d) + "." + domain + "." }

// text returns the strings of our record. The name is encoded, so that it
// arrives as it is whatever characters it has.
func text(s Self) []string {
	return []string{
		"v=" + version,
		"id=" + s.Device.String(),
		"n=" + nameEncoding.EncodeToString([]byte(printable(s.Name))),
	}
}

// parseText reads the strings of a record.
func parseText(lines []string) (device index.DeviceID, name string, err error) {
	size := 0
	values := map[string]string{}
	for _, line := range lines {
		if size += 1 + len(line); size > maxText {
			return device, "", fmt.Errorf("text of more than %d bytes", maxText)
		}
		key, value, _ := strings.Cut(line, "=")
		if _, again := values[key]; !again { // RFC 6763, 6.4: the first one counts
			values[key] = value
		}
	}
	if values["v"] != version {
		return device, "", fmt.Errorf("record of version %q", values["v"])
	}
	if device, err = index.ParseDeviceID(values["id"]); err != nil {
		return device, "", err
	}
	raw, err := nameEncoding.DecodeString(values["n"])
	if err != nil {
		return device, "", fmt.Errorf("name: %w", err)
	}
	return device, printable(string(raw)), nil
}

// printable returns the first MaxName characters of s, without those that do
// not print or that turn the direction of writing.
func printable(s string) string {
	n := 0
	s = strings.Map(func(r rune) rune {
		if n == MaxName || r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		n++
		return r
	}, s)
	return strings.TrimSpace(s)
}

// errOurs says that a record is our own.
var errOurs = errors.New("our own record")

// elsewhere keeps of what is said in our name what does not come from here: another
// machine has our key. It is errOurs if nothing is left.
func elsewhere(c claim, n network) (claim, error) {
	c.addrs = slices.DeleteFunc(c.addrs, func(a netip.AddrPort) bool { return n.has(a.Addr()) })
	if len(c.addrs) == 0 {
		return claim{}, errOurs
	}
	return c, nil
}

// judge reads a record that came from the network on behalf of device self. It
// keeps those of its addresses that are worth a try.
func judge(e *zeroconf.ServiceEntry, self index.DeviceID, n network) (claim, error) {
	device, name, err := parseText(e.Text)
	switch {
	case err != nil:
		return claim{}, err
	case e.Instance != instance(device):
		return claim{}, fmt.Errorf("record of %s stands under another name", device.Brief())
	case e.Port < 1 || e.Port > 65535:
		return claim{}, fmt.Errorf("port %d", e.Port)
	}
	c := claim{device: device, name: name, multicast: true}
	for _, ips := range [][]net.IP{e.AddrIPv4, e.AddrIPv6} {
		c.addrs = appendAddrs(c.addrs, ips, uint16(e.Port), n)
	}
	if device == self {
		return elsewhere(c, n)
	}
	if len(c.addrs) == 0 {
		return claim{}, errors.New("no address to try")
	}
	return c, nil
}

func appendAddrs(to []netip.AddrPort, ips []net.IP, port uint16, n network) []netip.AddrPort {
	for _, ip := range ips {
		if len(to) == MaxAddrs {
			break
		}
		a, _ := netip.AddrFromSlice(ip)
		if a = a.Unmap(); !n.worthTrying(a) {
			continue
		}
		if ap := netip.AddrPortFrom(a, port); !slices.Contains(to, ap) {
			to = append(to, ap)
		}
	}
	return to
}
