package peer

import (
	"strings"
	"testing"

	"kith/peer/wire"
)

// A device which speaks an older or a newer protocol is told so, in words for the
// people there, and so are the people here, whoever called.
func TestDevicesTooFarApartAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		version    uint64
		here, told string
	}{
		"a newer one": {wire.Version + 1, "Kith here is too old", "update it there"},
		"an older":    {wire.Version - 1, "Kith there is too old: it is Kith 7.7", "update Kith here"},
	} {
		t.Run(name, func(t *testing.T) {
			d, other := newDevice(t), newDevice(t)
			trust(d, other)
			l, err := dial(t.Context(), dialTLS(other.cfg.Identity, protocolSync, d.ID()), d.addr())
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			hello := other.hello([16]byte{1}, false)
			hello.Version, hello.App = c.version, "7.7"
			hello.Unknown = wire.Unknown{40, 1, 1}
			if err := l.tell(hello); err != nil {
				t.Fatal(err)
			}
			m, err := l.in.Next()
			bye, ok := m.(*wire.Bye)
			if err != nil || !ok || !strings.Contains(bye.Reason, c.told) {
				t.Errorf("it is told %+v, %v; want %q", m, err, c.told)
			}
			d.await("it is shown here", func() bool {
				err := d.status(other.ID()).LastError
				return err != nil && strings.Contains(err.Error(), c.here)
			})
		})
	}
}

// A newer program that speaks the same protocol says things which this one does not
// know, in messages that it knows and in others; they understand each other.
func TestANewerProgramTalksToThisOne(t *testing.T) {
	d, other := newDevice(t), newDevice(t)
	trust(d, other)
	control, _ := rawSession(t, d, other)
	for _, b := range [][]byte{
		{0, 0, 0, 4, byte(wire.Skippable) + 77, 1, 2, 3},
		{0, 0, 0, 7, byte(wire.TypePing), 1, 1, 9, 30, 1, 5},
	} {
		if _, err := control.conn.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	for {
		m, err := control.in.Next()
		if err != nil {
			t.Fatal(err)
		}
		if pong, ok := m.(*wire.Pong); ok && pong.ID == 9 {
			return
		}
	}
}
