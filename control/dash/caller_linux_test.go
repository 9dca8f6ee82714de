package dash

import (
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
)

func TestTheKernelKnowsWhoConnected(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	there, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if uid, known := userOf(c); !known || uid != os.Getuid() {
		t.Errorf("user %d, %v; want %d", uid, known, os.Getuid())
	}
}

func TestReadsTheKernelsTable(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:9C40 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1234        0 42 1 0 100 0 0 10 0
   1: 0100007F:9C41 0100007F:1F90 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0 100 0 0 10 0
`
	addr := func(text string) *net.TCPAddr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(text)) }
	if kernelAddr(addr("127.0.0.1:8080")) != "0100007F:1F90" {
		t.Skip("a machine of the other byte order")
	}
	for _, tt := range []struct {
		port  string
		uid   int
		known bool
	}{{"40000", 1234, true}, {"40001", 0, false}, {"40002", 0, false}} {
		uid, known := userIn(strings.NewReader(table), addr("127.0.0.1:"+tt.port), addr("127.0.0.1:8080"))
		if uid != tt.uid || known != tt.known {
			t.Errorf("port %s: %d, %v", tt.port, uid, known)
		}
	}
}
