package netlab_test

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"kith/sim/netlab"
)

func TestMain(m *testing.M) { netlab.Main(m) }

// eth0 returns what the host says of its interface.
func eth0(t *testing.T, h *netlab.Host) string {
	t.Helper()
	out, err := h.Command("ip", "-brief", "address", "show", "eth0").CombinedOutput()
	if err != nil {
		return "none"
	}
	return string(out)
}

func TestHostsReachEachOther(t *testing.T) {
	t.Parallel()
	lab := netlab.New(t, "a", "b")
	a, b := lab.Host("a"), lab.Host("b")
	for _, to := range []netip.Addr{b.IP(), b.IP6()} {
		var listener net.Listener
		var err error
		b.Exec(func() { listener, err = net.Listen("tcp", netip.AddrPortFrom(to, 0).String()) })
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		a.Exec(func() {
			conn, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Error(err)
				return
			}
			conn.Close()
		})
	}
}

func TestLabsAreApart(t *testing.T) {
	t.Parallel()
	one, two := netlab.New(t, "a", "b"), netlab.New(t, "a", "b")
	one.Host("b").DeleteInterface()
	if got := eth0(t, two.Host("b")); !strings.Contains(got, "10.77.0.2/24") {
		t.Errorf("the other lab's b has %q", got)
	}
}

func TestWhatHappensToAnInterface(t *testing.T) {
	t.Parallel()
	a := netlab.New(t, "a").Host("a")
	steps := []struct {
		name string
		do   func()
		want string
	}{
		{"made", func() {}, "10.77.0.1/24 fd77::1/64"},
		{"switched off", a.LinkDown, "DOWN"},
		{"switched on", a.LinkUp, "10.77.0.1/24 fd77::1/64"},
		{"unplugged, it keeps its addresses", a.Unplug, "10.77.0.1/24 fd77::1/64"},
		{"plugged in", a.Plug, "UP"},
		{"given another address", func() { a.ChangeAddr(netip.MustParsePrefix("10.77.0.99/24")) }, "10.77.0.99/24"},
		{"deleted", a.DeleteInterface, "none"},
		{"made again", a.CreateInterface, "10.77.0.1/24"},
	}
	for _, s := range steps {
		s.do()
		if got := strings.Join(strings.Fields(eth0(t, a)), " "); !strings.Contains(got, s.want) {
			t.Errorf("%s: %q does not contain %q", s.name, got, s.want)
		}
	}
}
