package control

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"kith/peer"
)

func TestAMachineWithOurKeyStopsAllFolders(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	d.mkdir("docs")
	d.must(Command{Verb: Share, Dir: "docs"})
	there := netip.MustParseAddrPort("10.0.0.9:22547")
	d.Saw(d.self(), "me", []netip.AddrPort{there})
	if got := d.board.reached[d.self()]; !slices.Equal(got, []netip.AddrPort{there}) {
		t.Errorf("went to see at %v", got)
	}
	d.board.mu.Lock()
	d.board.talks = []peer.PeerStatus{{ID: d.self(), LastError: peer.ErrClone, Addrs: []netip.AddrPort{there}}}
	d.board.mu.Unlock()
	d.Changed()
	p, rev := Picture{}, uint64(0)
	for len(p.Problems) == 0 {
		var err error
		if p, err = d.Hub().Next(t.Context(), rev); err != nil {
			t.Fatal(err)
		}
		rev = p.Rev
	}
	if pr := p.Problems[0]; !strings.Contains(pr.Reason, "10.0.0.9") || !strings.Contains(pr.Next, "kith resume") {
		t.Errorf("it says %+v", pr)
	}
	if got := d.engine.names(); !slices.Equal(got, []string{"docs paused"}) {
		t.Errorf("the engine runs %v", got)
	}
	if f := p.Folders[0]; len(p.Devices) != 0 || f.State != Failing || len(f.Problems) != 1 || !strings.Contains(f.Problems[0].Next, "kith resume") {
		t.Errorf("devices %+v, folder %+v", p.Devices, p.Folders[0])
	}
	d.board.mu.Lock()
	d.board.talks = nil
	d.board.mu.Unlock()
	d.must(Command{Verb: Resume})
	if got := d.engine.names(); !slices.Equal(got, []string{"docs"}) {
		t.Errorf("after it was resumed the engine runs %v", got)
	}
	if p := d.Hub().Latest(); len(p.Problems) != 0 || !slices.Contains(d.board.forgot, d.self()) {
		t.Errorf("still there: %+v", p.Problems)
	}
}

func TestTwoMachinesWithTheKeyOfAnotherAreToldOf(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	ben := keyOf(2)
	d.pairWith(ben, "ben")
	problems := func(want int, talks ...peer.PeerStatus) (p Picture) {
		d.board.mu.Lock()
		d.board.talks = talks
		d.board.mu.Unlock()
		d.Changed()
		for rev := uint64(0); ; rev = p.Rev {
			var err error
			if p, err = d.Hub().Next(t.Context(), rev); err != nil {
				t.Fatal(err)
			}
			if len(p.Problems) == want {
				return p
			}
		}
	}
	p := problems(1, peer.PeerStatus{ID: ben.ID(), LastError: peer.ErrTwins})
	if pr := p.Problems[0]; !strings.Contains(pr.Reason, "two machines use the key of ben") || !strings.Contains(pr.Next, "key.pem") {
		t.Errorf("it says %+v", pr)
	}
	if !strings.Contains(p.Devices[0].Reason, "two machines") {
		t.Errorf("ben is shown as %+v", p.Devices[0])
	}
	problems(0, peer.PeerStatus{ID: ben.ID(), LastSeen: time.Now()})
}
