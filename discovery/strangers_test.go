package discovery

import (
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/ipv4"

	"kith/index"
	"kith/sim/netlab"
)

// megaphone opens a socket on a host from which anything can be said to the
// whole network.
func megaphone(t *testing.T, h *netlab.Host) func(packet []byte) {
	t.Helper()
	var conn net.PacketConn
	var err error
	h.Exec(func() {
		var iface *net.Interface
		if iface, err = net.InterfaceByName("eth0"); err != nil {
			return
		}
		if conn, err = net.ListenPacket("udp4", "0.0.0.0:0"); err == nil {
			err = ipv4.NewPacketConn(conn).SetMulticastInterface(iface)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	group := &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: mdnsPort}
	return func(packet []byte) {
		if _, err := conn.WriteTo(packet, group); err != nil {
			t.Errorf("send %d bytes: %v", len(packet), err)
		}
	}
}

// shout says one packet after the other, so many in a second, until stop.
func shout(say func([]byte), perSecond int, packet func(i int) []byte) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		const parts = 50 // of a second
		tick := time.NewTicker(time.Second / parts)
		defer tick.Stop()
		for i := 0; ; {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			for range perSecond / parts {
				say(packet(i))
				i++
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

func TestMalformedPacketsStopNobody(t *testing.T) {
	t.Parallel()
	lab := netlab.New(t, "anna", "ben", "eve")
	var packets [][]byte
	for _, p := range hostile(t) {
		packets = append(packets, p)
	}
	stop := shout(megaphone(t, lab.Host("eve")), 1000, func(i int) []byte { return packets[i%len(packets)] })
	defer stop()

	anna := start(t, lab.Host("anna"), settings{Seed: "anna", Port: 4001})
	bob := start(t, lab.Host("ben"), settings{Seed: "bob", Port: 4002})
	anna.awaitSeen("bob is seen among the noise", bob, "10.77.0.2:4002")
	bob.signal(syscall.SIGKILL)
	anna.awaitLost("bob is lost among the noise", bob)
	bob = start(t, lab.Host("ben"), settings{Seed: "bob", Port: 4003})
	anna.awaitSeen("bob is seen again", bob, "10.77.0.2:4003")
}

func TestFloodOfDevicesHidesNobody(t *testing.T) {
	lab, anna, ben := threeWith(t, "eve")
	anna.awaitSeen("anna sees ben", ben, "10.77.0.2:4002")
	before, begin, said := anna.cpu(), time.Now(), 0
	stop := shout(megaphone(t, lab.Host("eve")), 10_000, func(i int) []byte {
		said++
		return packet(t, recordsOf(Self{deviceOf(fmt.Sprint(i)), "flood", 1}, 120, "10.9.9.9")...)
	})
	near := map[index.DeviceID]bool{}
	note := func(e event) {
		switch {
		case e.Device == ben.id && e.Lost:
			t.Error("ben was lost in the flood")
		case e.Lost:
			delete(near, e.Device)
		case e.Device != ben.id: // who may be sighted at more addresses meanwhile
			near[e.Device] = true
		}
	}
	anna.await("a hundred made-up devices", func(e event) bool {
		note(e)
		return len(near) > 100
	})
	stop()
	took := time.Since(begin).Seconds()
	t.Logf("%.0f records/s cost %.0f %% of a processor", float64(said)/took, 100*(anna.cpu()-before).Seconds()/took)
	anna.await("the made-up ones are lost again", func(e event) bool {
		note(e)
		return len(near) == 0
	})
}

func threeWith(t *testing.T, third string) (lab *netlab.Lab, anna, ben *peer) {
	t.Helper()
	t.Parallel()
	lab = netlab.New(t, "anna", "ben", third)
	return lab, start(t, lab.Host("anna"), settings{Seed: "anna", Port: 4001}), start(t, lab.Host("ben"), settings{Seed: "ben", Port: 4002})
}

func TestGoodbyeMadeUpByAnother(t *testing.T) {
	lab, anna, ben := threeWith(t, "eve")
	anna.awaitSeen("anna sees ben", ben, "10.77.0.2:4002")
	say := megaphone(t, lab.Host("eve"))
	say(packet(t, recordsOf(Self{ben.id, "Ben", 4002}, 0, "10.77.0.2")...))
	say(packet(t, recordsOf(Self{deviceOf("carl"), "Carl", 1}, 120, "10.77.0.3")...))
	anna.await("carl, who is made up too, is lost by his silence; ben is not", func(e event) bool {
		if e.Device == ben.id && e.Lost {
			t.Error("ben was lost by a goodbye that he did not say")
		}
		return e.Device == deviceOf("carl") && e.Lost
	})
}

func TestAddressesMadeUpByAnother(t *testing.T) {
	lab, anna, ben := threeWith(t, "eve")
	anna.awaitSeen("anna sees ben", ben, "10.77.0.2:4002")
	anna.awaitSeen("at both addresses", ben, "[fd77::2]:4002") // a beacon brings but one
	say := megaphone(t, lab.Host("eve"))
	say(packet(t, recordsOf(Self{ben.id, "Ben", 4002}, 1<<31, "8.8.8.8")...))
	say(packet(t, recordsOf(Self{ben.id, "Ben", 4002}, 1<<31, "127.0.0.1")...))
	say(packet(t, recordsOf(Self{ben.id, "Ben", 4002}, 1<<31, "10.77.0.66")...))
	anna.await("the one address that could be true stands beside the true one", func(e event) bool {
		if e.Device != ben.id || len(e.Addrs) != 3 {
			return false
		}
		return e.Addrs[0].String() == "10.77.0.66:4002"
	})
	anna.awaitWithout("it is forgotten, and the true one stays", ben, "10.77.0.66")
}
