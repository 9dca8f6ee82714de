package discovery

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"unicode/utf8"

	"kith/index"
)

// BeaconPort is the UDP port of the beacon.
const BeaconPort = 22547

// beacon is what a device says of itself in one broadcast packet, for networks
// that let no multicast through. Where it can be reached is not in it: that is
// where the packet came from. The layout, with numbers in network order:
//
//	"KITH"  1 (version)  flags  TCP port (2)  device (32)  length of name (1)  name
//
// What follows the name is left to later versions.
type beacon struct {
	device index.DeviceID
	name   string
	port   uint16
	asks   bool // whoever hears it shall say where they are
}

const (
	beaconMagic   = "KITH\x01"
	beaconAsks    = 1 // the only flag
	beaconHead    = len(beaconMagic) + 1 + 2 + len(index.DeviceID{}) + 1
	maxBeacon     = 512 // bytes
	maxBeaconName = MaxName * utf8.UTFMax
)

func (b beacon) encode() []byte {
	name := printable(b.name)
	var flags byte
	if b.asks {
		flags |= beaconAsks
	}
	out := append([]byte(beaconMagic), flags)
	out = binary.BigEndian.AppendUint16(out, b.port)
	out = append(out, b.device[:]...)
	out = append(out, byte(len(name)))
	return append(out, name...)
}

var errNoBeacon = errors.New("not a beacon")

func parseBeacon(packet []byte) (beacon, error) {
	if len(packet) < beaconHead || len(packet) > maxBeacon || string(packet[:len(beaconMagic)]) != beaconMagic {
		return beacon{}, errNoBeacon
	}
	rest := packet[len(beaconMagic):]
	b := beacon{asks: rest[0]&beaconAsks != 0, port: binary.BigEndian.Uint16(rest[1:])}
	n := copy(b.device[:], rest[3:])
	name := rest[3+n:]
	length := int(name[0])
	if name = name[1:]; length > len(name) || length > maxBeaconName {
		return beacon{}, fmt.Errorf("name of %d bytes: %w", length, errNoBeacon)
	}
	b.name = printable(string(name[:length]))
	if b.port == 0 || b.device.IsZero() {
		return beacon{}, errNoBeacon
	}
	return b, nil
}

// judgeBeacon reads a packet that came from an address on behalf of device self.
func judgeBeacon(b beacon, from netip.Addr, self index.DeviceID, n network) (claim, error) {
	switch from = from.Unmap(); {
	case b.device == self && n.has(from):
		return claim{}, errOurs
	case !n.worthTrying(from):
		return claim{}, errors.New("no address to try")
	}
	return claim{device: b.device, name: b.name, addrs: []netip.AddrPort{netip.AddrPortFrom(from, b.port)}}, nil
}

// broadcasts returns the addresses at which a packet reaches everybody on the
// links of the network.
func (n network) broadcasts() []netip.Addr {
	var out []netip.Addr
	for _, l := range n.links {
		for _, p := range l.nets {
			if !p.Addr().Is4() || p.Bits() > 30 {
				continue // nobody else is there, or only one who is told by other means
			}
			ip := p.Addr().As4()
			host := ^uint32(0) >> p.Bits()
			binary.BigEndian.PutUint32(ip[:], binary.BigEndian.Uint32(ip[:])|host)
			out = append(out, netip.AddrFrom4(ip))
		}
	}
	return out
}
