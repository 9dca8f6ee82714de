package peer

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"kith/index"
	"kith/sim/waits"
)

func TestStrangersAnswerAProbe(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	got, err := a.Probe(t.Context(), b.ID(), b.addr())
	if err != nil || got.CallBack != Reached || got.From != b.addr()[0] {
		t.Fatalf("%+v, %v", got, err)
	}
	if got.Ahead.Abs() > got.Took+2*time.Second {
		t.Errorf("clocks of one machine differ by %v", got.Ahead)
	}
	if len(a.up)+len(b.up) > 0 {
		t.Error("a session came of it")
	}
}

func TestAProbeTellsWhoCannotBeReached(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := closed.Addr().(*net.TCPAddr).Port
	closed.Close()
	for port, want := range map[int]CallBack{free: TurnedAway, b.Port(): Mistaken, 0: NotTried} {
		a.port = port // so it says
		if got, err := a.Probe(t.Context(), b.ID(), b.addr()); err != nil || got.CallBack != want {
			t.Errorf("port %d: %+v, %v", port, got, err)
		}
	}
}

func TestAProbeWantsTheDeviceItMeans(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	if got, err := a.Probe(t.Context(), index.DeviceID{7}, b.addr()); !errors.Is(err, errWrongKey) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWhoProbesAndSaysNothingIsLetGo(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	for range 3 * perLoopback {
		l, err := connect(t.Context(), dialTLS(a.cfg.Identity, protocolProbe, b.ID()), b.addr()[0])
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
	}
	// Each of them may still fill a place for a moment.
	ctx, cancel := context.WithTimeout(t.Context(), waits.Limit)
	defer cancel()
	for {
		if _, err := a.Probe(ctx, b.ID(), b.addr()); err == nil {
			return
		} else if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}
