package discovery

import (
	"syscall"
	"testing"

	"kith/sim/netlab"
)

func TestSeveralOnOneMachine(t *testing.T) {
	t.Parallel()
	lab := netlab.New(t, "anna", "ben")
	home := start(t, lab.Host("anna"), settings{Seed: "home", Port: 4001})
	work := start(t, lab.Host("anna"), settings{Seed: "work", Port: 4002})
	play := start(t, lab.Host("anna"), settings{Seed: "play", Port: 4003})
	ben := start(t, lab.Host("ben"), settings{Seed: "ben", Port: 4001})
	home.awaitSeen("home sees work", work, "10.77.0.1:4002")
	home.awaitSeen("home sees play", play, "10.77.0.1:4003")
	work.awaitSeen("work sees home", home, "10.77.0.1:4001")
	ben.awaitSeen("ben sees play", play, "10.77.0.1:4003")
	ben.awaitSeen("ben sees work", work, "10.77.0.1:4002")
	play.awaitSeen("play sees ben", ben, "10.77.0.2:4001")
	play.awaitSeen("play sees work", work, "10.77.0.1:4002")
	work.signal(syscall.SIGKILL)
	play.awaitLost("play lost work", work)
	ben.awaitLost("ben lost work", work)
}

func TestSeveralOnOneMachineWithoutANetwork(t *testing.T) {
	t.Parallel()
	lab := netlab.New(t, "anna")
	lab.Host("anna").DeleteInterface()
	home := start(t, lab.Host("anna"), settings{Seed: "home", Port: 4001, Anywhere: true})
	work := start(t, lab.Host("anna"), settings{Seed: "work", Port: 4002, Anywhere: true})
	home.awaitSeen("home sees work on loopback", work, "127.0.0.1:4002")
	work.awaitSeen("work sees home on loopback", home, "127.0.0.1:4001")
	lab.Host("anna").CreateInterface()
	home.awaitSeen("home sees work on the network that came", work, "10.77.0.1:4002")
	home.awaitWithout("loopback has served", work, "127.0.0.1")
	work.signal(syscall.SIGTERM)
	home.awaitLost("home lost work", work)
}

func TestNamesArriveAsTheyAre(t *testing.T) {
	t.Parallel()
	lab := netlab.New(t, "anna", "ben")
	const name = `Bob's Läptop (2) \ "x". 日本`
	anna := start(t, lab.Host("anna"), settings{Seed: "anna", Port: 4001})
	ben := start(t, lab.Host("ben"), settings{Seed: "ben", Port: 4002, Name: name})
	anna.await("ben's name", func(e event) bool { return e.Device == ben.id && e.Name == name })
}
