package peer

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// Two machines with one key that do not see each other: the third speaks with
// neither, both are told why, and when only one is left it goes on.
func TestTwinsAreFoundByAThird(t *testing.T) {
	a, b := talking(t)
	twin := newDeviceAs(t, a.cfg.Identity)
	twin.allow(b.ID(), true)
	twin.Reach(b.ID(), b.addr())
	receive(t, "end of the first", b.down)
	receive(t, "end at the first", a.down)
	b.await("two machines are noticed", func() bool { return errors.Is(b.status(a.ID()).LastError, ErrTwins) })
	for _, d := range []*device{a, twin} {
		d.await("it is told", func() bool {
			err := d.status(b.ID()).LastError
			return err != nil && strings.Contains(err.Error(), "two machines use your key")
		})
	}
	if len(b.up) != 0 || len(twin.up) != 0 {
		t.Error("they speak")
	}
	twin.stop()
	b.mu.Lock()
	b.twinMemory = 0 // it was long ago
	b.mu.Unlock()
	a.Reach(b.ID(), b.addr())
	receive(t, "a alone", a.up)
	if s := receive(t, "b with a", b.up); s.remote.Instance != a.instance {
		t.Error("with another machine")
	}
	if err := b.status(a.ID()).LastError; err != nil {
		t.Errorf("still %v", err)
	}
}

// It makes no difference who calls.
func TestATwinThatIsCalledIsNotSpokenWith(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	trust(a, b)
	b.mu.Lock()
	b.contactLocked(a.ID()).keyholders = keyholders{{1}: time.Now(), {2}: time.Now()}
	b.mu.Unlock()
	b.Reach(a.ID(), a.addr())
	if err := receive(t, "end", a.down); !strings.Contains(err.Error(), "two machines use your key") {
		t.Errorf("it ended with %v", err)
	}
	if len(b.up) != 0 {
		t.Error("they speak")
	}
}

func TestTwinsAreForgottenWhenOneIsSilent(t *testing.T) {
	one, two, three := [16]byte{1}, [16]byte{2}, [16]byte{3}
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	var none keyholders
	if none.meet(one, at(0), time.Minute) || none.several(at(0), time.Minute) {
		t.Error("one machine that nobody doubted")
	}
	m := keyholders{one: at(0), two: at(0)}
	for _, step := range []struct {
		at       int
		instance [16]byte
		several  bool
	}{{10, one, true}, {20, two, true}, {75, one, true}, {79, one, true}, {80, one, false}, {81, one, false}, {82, three, false}} {
		if got := m.meet(step.instance, at(step.at), time.Minute); got != step.several {
			t.Errorf("at %d s: %v", step.at, got)
		}
	}
	m = keyholders{one: at(0), two: at(0)}
	if !m.several(at(59), time.Minute) || m.several(at(60), time.Minute) {
		t.Error("what is shown is forgotten at another time")
	}
}
