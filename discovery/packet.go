package discovery

import (
	"bytes"
	"net"
	"slices"
	"strings"

	"github.com/grandcat/zeroconf"
	"github.com/miekg/dns"
)

// What one packet may tell us at most; the rest of it is not looked at.
const (
	maxInstances = 64
	maxHosts     = 64
)

const serviceName = service + "." + domain + "."

// concernsUs tells cheaply whether a packet can be an answer about our service:
// most of what is said on a network is about printers and televisions.
func concernsUs(packet []byte) bool {
	const headerSize, isResponse = 12, 0x80
	return len(packet) > headerSize && packet[2]&isResponse != 0 &&
		bytes.Contains(packet, []byte("\x05_kith\x04_tcp"))
}

// parsePacket returns what an mDNS packet says about our service. A packet that
// is not well formed says nothing.
func parsePacket(packet []byte) []answer {
	var m dns.Msg
	if err := m.Unpack(packet); err != nil || !m.Response {
		return nil
	}
	h := hearsay{records: map[string]*zeroconf.ServiceEntry{}, hosts: map[string][]net.IP{}}
	for _, rr := range slices.Concat(m.Answer, m.Ns, m.Extra) {
		h.add(rr)
	}
	return h.answers()
}

// hearsay gathers the parts of the records in one packet.
type hearsay struct {
	records  map[string]*zeroconf.ServiceEntry // by instance
	hosts    map[string][]net.IP
	goodbyes []string // instances
}

func (h *hearsay) add(rr dns.RR) {
	switch rr := rr.(type) {
	case *dns.PTR:
		if name, ours := instanceOf(rr.Ptr); ours && rr.Hdr.Name == serviceName && rr.Hdr.Ttl == 0 {
			h.addGoodbye(name)
		}
	case *dns.SRV:
		if e := h.record(rr.Hdr); e != nil {
			e.HostName, e.Port = rr.Target, int(rr.Port)
		}
	case *dns.TXT:
		if e := h.record(rr.Hdr); e != nil {
			e.Text = rr.Txt
		}
	case *dns.A:
		h.addHost(rr.Hdr, rr.A)
	case *dns.AAAA:
		h.addHost(rr.Hdr, rr.AAAA)
	}
}

// record returns the record that a part belongs to; nil if it is not for us.
func (h *hearsay) record(hdr dns.RR_Header) *zeroconf.ServiceEntry {
	name, ours := instanceOf(hdr.Name)
	if !ours || hdr.Ttl == 0 {
		return nil
	}
	e, known := h.records[name]
	if !known && len(h.records) < maxInstances {
		e = zeroconf.NewServiceEntry(name, service, domain)
		h.records[name] = e
	}
	return e
}

func (h *hearsay) addHost(hdr dns.RR_Header, ip net.IP) {
	ips, known := h.hosts[hdr.Name]
	if hdr.Ttl > 0 && (known || len(h.hosts) < maxHosts) && len(ips) < 2*MaxAddrs {
		h.hosts[hdr.Name] = append(ips, ip)
	}
}

func (h *hearsay) addGoodbye(name string) {
	if len(h.goodbyes) < maxInstances && !slices.Contains(h.goodbyes, name) {
		h.goodbyes = append(h.goodbyes, name)
	}
}

// answers returns the records that are whole, and the goodbyes.
func (h *hearsay) answers() []answer {
	var out []answer
	for _, e := range h.records {
		e.AddrIPv4 = h.hosts[e.HostName] // of both families: whoever judges them tells them apart
		if e.Port != 0 && e.Text != nil && len(e.AddrIPv4) > 0 {
			out = append(out, answer{record: e})
		}
	}
	for _, name := range h.goodbyes {
		out = append(out, answer{goodbye: name})
	}
	return out
}

// instanceOf returns the first part of a name that stands under our service.
func instanceOf(name string) (string, bool) {
	return strings.CutSuffix(name, "."+serviceName)
}
