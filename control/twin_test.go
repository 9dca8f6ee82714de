package control

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

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
	if len(p.Devices) != 0 || p.Folders[0].State != Failing {
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
