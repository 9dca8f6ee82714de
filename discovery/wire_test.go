package discovery

import (
	"net"
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/ipv4"

	"kith/sim/netlab"
)

// What other programs on the network get to see of us.
func TestAnnouncementOnTheWire(t *testing.T) {
	t.Parallel()
	lab := netlab.New(t, "anna", "ben")
	conn := eavesdrop(t, lab.Host("ben"))
	self := Self{deviceOf("anna"), "Anna", 4001}
	start(t, lab.Host("anna"), settings{Seed: "anna", Name: self.Name, Port: self.Port})

	wanted := map[string]bool{"short-lived port": true, "address": true, "text": true}
	buf := make([]byte, maxPacket)
	for len(wanted) > 0 {
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatalf("still not heard: %v: %v", wanted, err)
		}
		var m dns.Msg
		if err := m.Unpack(buf[:n]); err != nil {
			t.Fatalf("what we send is not well formed: %v", err)
		}
		for _, rr := range append(m.Answer, m.Extra...) {
			switch rr := rr.(type) {
			case *dns.SRV:
				if rr.Target != hostname(self.Device) || rr.Port != 4001 {
					t.Errorf("announced: %v", rr)
				}
				if rr.Hdr.Ttl == ttl {
					delete(wanted, "short-lived port")
				}
			case *dns.A:
				if rr.Hdr.Name != hostname(self.Device) || !rr.A.Equal(lab.Host("anna").IP().AsSlice()) {
					t.Errorf("announced: %v", rr)
				}
				delete(wanted, "address")
			case *dns.TXT:
				if _, name, err := parseText(rr.Txt); err != nil || name != self.Name {
					t.Errorf("announced: %v (%v)", rr, err)
				}
				delete(wanted, "text")
			}
		}
	}
}

// eavesdrop opens a socket on a host that hears all mDNS, until limit.
func eavesdrop(t *testing.T, h *netlab.Host) *net.UDPConn {
	t.Helper()
	var conn *net.UDPConn
	var err error
	h.Exec(func() {
		var iface *net.Interface
		if iface, err = net.InterfaceByName("eth0"); err != nil {
			return
		}
		if conn, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(224, 0, 0, 0), Port: mdnsPort}); err == nil {
			err = ipv4.NewPacketConn(conn).JoinGroup(iface, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251)})
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetReadDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	return conn
}
