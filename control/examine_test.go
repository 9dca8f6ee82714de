package control

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"kith/control/doctor"
	"kith/index"
	"kith/peer"
	"kith/syncer"
)

func TestTheDoctorLooksAtEverything(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	docs := d.mkdir("docs")
	r, err := d.Do(t.Context(), Command{Verb: Share, Dir: docs})
	if err != nil {
		t.Fatal(err)
	}
	d.engine.mu.Lock()
	d.engine.status = []syncer.Status{{
		Folder: *r.Folder, Phase: Failing, Problems: []syncer.Problem{{Path: "a:b", Reason: "no such name", Next: "rename it"}},
	}}
	d.engine.mu.Unlock()
	at := func(n byte) []netip.AddrPort {
		return []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, n}), peer.Port)}
	}
	ben, cleo := keyOf(2), keyOf(3)
	if err := d.Paired(ben.ID(), "Ben", at(2)); err != nil {
		t.Fatal(err)
	}
	d.Saw(cleo.ID(), "Cleo", at(3))
	d.board.mu.Lock()
	d.board.answers = map[index.DeviceID]peer.ProbeAnswer{cleo.ID(): {CallBack: peer.Silent, Ahead: time.Hour}}
	d.board.mu.Unlock()
	d.cfg.Network = func(context.Context) (Network, error) {
		return Network{
			Interfaces: []doctor.Interface{{Name: "eth0", Addrs: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8")}}},
			Multicast:  doctor.Channel{Own: true, Others: 1}, Broadcast: doctor.Channel{Own: true},
		}, nil
	}
	d.paint()
	reply, err := d.Do(t.Context(), Command{Verb: Doctor})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"error: Other computers cannot connect to this one", "note: Ben is not here", "ok: Cleo is nearby and answers",
		"warning: The clocks of this computer and of Cleo differ by 60 minutes", "warning: docs: a:b is not in step",
	} {
		found := false
		for _, f := range reply.Findings {
			found = found || strings.HasPrefix(string(f.Level)+": "+f.What, want)
		}
		if !found {
			t.Errorf("no %q in %+v", want, reply.Findings)
		}
	}
	d.cfg.Network = func(context.Context) (Network, error) { return Network{}, errors.New("it is not at work") }
	if reply, err = d.Do(t.Context(), Command{Verb: Doctor}); err != nil || !strings.Contains(reply.Findings[0].Why, "not at work") {
		t.Errorf("%+v, %v", reply, err)
	}
}

func TestFreeSpace(t *testing.T) {
	if n := freeSpace(t.TempDir()); n <= 0 {
		t.Errorf("%d bytes are free", n)
	}
	if n := freeSpace(t.TempDir() + "/not there"); n >= 0 {
		t.Errorf("%d bytes are free where nothing is", n)
	}
}
