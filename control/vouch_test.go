package control

import (
	"net/netip"
	"slices"
	"testing"

	"kith/index"
	"kith/peer"
	"kith/peer/wire"
)

func TestMembersAreVouchedForByTheOwner(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	anna, ben, mallory := keyOf(2), keyOf(3), keyOf(4)
	d.pairWith(anna, "Anna")
	docs, other := index.FolderID{7}, index.FolderID{8}
	link := linkTo(anna)
	d.Up(link)
	defer d.Down(link, nil)
	hear := func(from key, lists ...wire.Membership) {
		d.Hear(linkTo(from), &wire.Folders{Lists: lists})
	}
	allowed := func(when string, k key, want bool) {
		t.Helper()
		if got := d.Allowed(k.ID()); got != want {
			t.Errorf("%s: allowed %v, want %v", when, got, want)
		}
	}
	hear(anna, anna.list(docs, "docs", 1, keyOf(1), ben))
	allowed("an offer is no folder of ours", ben, false)
	d.must(Command{Verb: Accept, Folder: "docs", Dir: "docs"})
	d.Saw(ben.ID(), "calls itself Anna", []netip.AddrPort{netip.MustParseAddrPort("10.0.0.3:22547")})
	allowed("named by the owner", ben, true)
	allowed("named by nobody", mallory, false)
	allowed("ourselves", keyOf(1), false)
	d.board.mu.Lock()
	reached := d.board.reached[ben.ID()]
	d.board.mu.Unlock()
	if reached == nil {
		t.Error("who is vouched for, and near, is not called")
	}
	d.board.talks = []peer.PeerStatus{{ID: ben.ID(), Connected: true, Name: "calls itself Anna"}}
	d.paint()
	i := slices.IndexFunc(d.hub.Latest().Devices, func(x Device) bool { return x.ID == ben.ID() })
	if x := d.hub.Latest().Devices[i]; x.Paired || x.VouchedBy != "Anna" || !x.Connected || x.Name != "c" {
		t.Errorf("painted: %+v", x)
	}

	// It is about that folder, and nothing else.
	d.must(Command{Verb: Share, Dir: d.mkdir("mine")})
	lists := d.listsFor(d.Settings(), ben.ID())
	if len(lists.Lists) != 1 || lists.Lists[0].Folder != docs {
		t.Errorf("ben is told %+v", lists)
	}
	hear(ben, ben.list(other, "an offer", 1, keyOf(1)), anna.list(other, "an offer of Anna's", 1, keyOf(1), ben))
	if d.paint(); len(d.hub.Latest().Offers) != 0 {
		t.Errorf("offers of one who is vouched for: %+v", d.hub.Latest().Offers)
	}

	// Nobody vouches but the owner, and nobody for themselves.
	forged := anna.list(docs, "docs", 9, keyOf(1), ben, mallory)
	forged.Signature = ben.Sign(forged.Signed())
	usurped := ben.list(docs, "docs", 9, keyOf(1), mallory)
	hear(ben, forged, usurped)
	hear(anna, usurped)
	allowed("named by forged lists", mallory, false)
	hear(ben, anna.list(docs, "docs", 2, keyOf(1), ben, mallory))
	allowed("named by the owner's own list, whoever brings it", mallory, true)

	// It ends with the list, with the owner, and with a person's word.
	hear(ben, anna.list(docs, "docs", 1, keyOf(1), ben, mallory))
	hear(anna, anna.list(docs, "docs", 3, keyOf(1), ben))
	allowed("taken off", mallory, false)
	hear(mallory, anna.list(docs, "docs", 2, keyOf(1), ben, mallory))
	allowed("an old list brought again", mallory, false)
	d.paint()
	d.must(Command{Verb: Unpair, Device: ben.ID().String()[:8]})
	allowed("unpaired by a person", ben, false)
	hear(anna, anna.list(docs, "docs", 4, keyOf(1), ben))
	allowed("named again after that", ben, false)
	d.pairWith(ben, "Ben")
	allowed("paired", ben, true)
	d.paint()
	hear(anna, anna.list(docs, "docs", 5, keyOf(1), ben, mallory))
	allowed("while Anna is paired", mallory, true)
	d.must(Command{Verb: Unpair, Device: "Anna"})
	allowed("when Anna is not any more", mallory, false)
}

func TestLeavingAFolderEndsWhatItsListVouchesFor(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	anna, ben := keyOf(2), keyOf(3)
	d.pairWith(anna, "Anna")
	d.Hear(linkTo(anna), &wire.Folders{Lists: []wire.Membership{anna.list(index.FolderID{7}, "docs", 1, keyOf(1), ben)}})
	d.must(Command{Verb: Accept, Folder: "docs", Dir: "docs"})
	if !d.Allowed(ben.ID()) {
		t.Fatal("not vouched for")
	}
	d.must(Command{Verb: Leave, Folder: "docs"})
	if d.Allowed(ben.ID()) {
		t.Error("still allowed after the folder was left")
	}
}
