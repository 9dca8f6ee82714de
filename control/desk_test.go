package control

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kith/index"
	"kith/peer"
	"kith/peer/wire"
	"kith/syncer"
)

func TestShareRefusesPlacesThatCannotBe(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	d.mkdir("docs/inner")
	d.mkdir("other/docs")
	if err := os.WriteFile(filepath.Join(d.dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(d.dir, "docs"), filepath.Join(d.dir, "link")); err != nil {
		t.Fatal(err)
	}
	d.must(Command{Verb: Share, Dir: "docs"})
	for _, c := range []struct{ name, dir, what string }{
		{"inside a shared folder", "docs/inner", "lies inside the shared folder"},
		{"around a shared folder", ".", "contains, your home directory"},
		{"a directory that is not there", "missing", "does not exist"},
		{"a file", "file", "is not a directory"},
		{"the home directory", "user", "home directory"},
		{"the root", "/", "home directory"},
		{"Kith's own directory", "home", "keeps its own files"},
		{"a name that is taken", "other/docs", "there is a folder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := d.Do(t.Context(), Command{Verb: Share, Dir: c.dir, Cwd: d.dir})
			var fault *Fault
			if !errors.As(err, &fault) || !strings.Contains(fault.What, c.what) || fault.Next == "" {
				t.Errorf("got %+v, want a fault about %q with a next step", err, c.what)
			}
		})
	}
	if r := d.must(Command{Verb: Share, Dir: "link"}); !strings.Contains(r.Text, "shared already") {
		t.Errorf("through a link: %q", r.Text)
	}
	if got := d.engine.names(); !slices.Equal(got, []string{"docs"}) {
		t.Errorf("the engine runs %v", got)
	}
}

func TestShareMakesASignedListAndAddsToIt(t *testing.T) {
	me, ben, cleo := keyOf(1), keyOf(2), keyOf(3)
	d := newTestDesk(t, me)
	d.pairWith(ben, "ben")
	d.pairWith(cleo, "cleo")
	dir := d.mkdir("docs")
	r := d.must(Command{Verb: Share, Dir: "docs", Name: "Papers", With: []string{"ben"}, Role: "receive"})
	d.must(Command{Verb: Share, Dir: dir, With: []string{cleo.ID().String()[:6]}})
	f, _ := d.Settings().Folder(*r.Folder)
	m, err := ParseList(f.List)
	if err != nil || m.Owner != me.ID() || m.Name != "Papers" || m.Serial != 3 || len(m.Members) != 3 {
		t.Fatalf("list %+v, %v", m, err)
	}
	if b, _ := member(m, ben.ID()); b.Role != index.Receive {
		t.Errorf("ben is %+v", b)
	}
	if c, _ := member(m, cleo.ID()); c.Role != index.Both {
		t.Errorf("cleo is %+v", c)
	}
	if _, err := d.Do(t.Context(), Command{Verb: Share, Dir: dir, With: []string{"nobody"}}); err == nil {
		t.Error("shared with a stranger")
	}
}

func TestListsAreToldToMembersOnly(t *testing.T) {
	me, ben, cleo := keyOf(1), keyOf(2), keyOf(3)
	d := newTestDesk(t, me)
	d.pairWith(ben, "ben")
	d.pairWith(cleo, "cleo")
	d.mkdir("docs")
	toBen, toCleo := linkTo(ben), linkTo(cleo)
	d.Up(toBen)
	d.Up(toCleo)
	told := func(l *fakeLink) []uint64 {
		var serials []uint64
		for _, m := range (<-l.sent).(*wire.Folders).Lists {
			serials = append(serials, m.Serial)
		}
		return serials
	}
	if a, b := told(toBen), told(toCleo); len(a)+len(b) != 0 {
		t.Fatalf("told at first: %v, %v", a, b)
	}
	d.must(Command{Verb: Share, Dir: "docs", With: []string{"ben"}})
	if got := told(toBen); !slices.Equal(got, []uint64{2}) {
		t.Errorf("ben is told %v", got)
	}
	d.must(Command{Verb: Share, Dir: "docs", With: []string{"cleo"}})
	if a, b := told(toBen), told(toCleo); !slices.Equal(a, []uint64{3}) || !slices.Equal(b, []uint64{3}) {
		t.Errorf("told then: %v, %v", a, b)
	}
	d.must(Command{Verb: Unpair, Device: "cleo"})
	if got := told(toBen); !slices.Equal(got, []uint64{4}) {
		t.Errorf("ben is told %v", got)
	}
	if d.Allowed(cleo.ID()) || !slices.Contains(d.board.forgot, cleo.ID()) {
		t.Error("cleo is still let in")
	}
	d.Down(toBen, errors.New("over"))
	d.Down(toCleo, errors.New("over"))
}

// An offer is taken only from who may make it; a list that is held changes only
// by its owner's hand, and never goes back.
func TestListsThatAreForgedOrStaleAreRefused(t *testing.T) {
	me, anna, ben, eve := keyOf(1), keyOf(2), keyOf(3), keyOf(9)
	d := newTestDesk(t, me)
	d.pairWith(anna, "anna")
	d.pairWith(ben, "ben")
	id := index.FolderID{7}
	forged := anna.list(id, "Plans", 9, me, eve)
	forged.Members[2].Role = index.Receive

	hear := func(from key, m wire.Membership) { d.hearLists(from.ID(), &wire.Folders{Lists: []wire.Membership{m}}) }
	offered := func() int { d.paint(); return len(d.hub.Latest().Offers) }
	for _, c := range []struct {
		name string
		from key
		list wire.Membership
	}{
		{"a signature that does not fit", anna, forged},
		{"a stranger's folder", ben, eve.list(id, "Plans", 1, me)},
		{"a list without us", anna, anna.list(id, "Plans", 1, ben)},
		{"our own folder, from elsewhere", ben, me.list(id, "Plans", 1, ben)},
	} {
		if hear(c.from, c.list); offered() != 0 {
			t.Fatalf("%s became an offer", c.name)
		}
	}
	hear(ben, anna.list(id, "Pl\x1b[31mans\u202e", 3, me, ben))
	if offered() != 1 || d.hub.Latest().Offers[0].Name != "Pl[31mans" {
		t.Fatalf("offers: %+v", d.hub.Latest().Offers)
	}
	d.must(Command{Verb: Accept, Folder: id.String()[:8], Dir: "plans"})
	serial := func() uint64 {
		f, ok := d.Settings().Folder(id)
		if !ok {
			return 0
		}
		return f.signed.Serial
	}
	for _, c := range []struct {
		name string
		list wire.Membership
		want uint64
	}{
		{"forged", forged, 3},
		{"another owner", eve.list(id, "Plans", 99, me), 3},
		{"older", anna.list(id, "Plans", 2, me), 3},
		{"newer", anna.list(id, "Plans", 5, me, ben), 5},
		{"older again", anna.list(id, "Plans", 4, me), 5},
		{"newer, without us", anna.list(id, "Plans", 6, ben), 0},
	} {
		if hear(ben, c.list); serial() != c.want {
			t.Fatalf("after a list that is %s: serial %d, want %d", c.name, serial(), c.want)
		}
	}
	if got := d.engine.names(); len(got) != 0 {
		t.Errorf("the engine still runs %v", got)
	}
	if _, err := os.Stat(filepath.Join(d.dir, "plans")); err != nil {
		t.Errorf("the files are gone: %v", err)
	}
	if got := d.verbs(); !slices.Contains(got, "removed") {
		t.Errorf("activity: %v", got)
	}
}

// A device that offers folders without end is heard up to a limit, and writes nothing
// anywhere: where a folder lies is said by the person here.
func TestOffersWithoutEndAreNotRemembered(t *testing.T) {
	me, anna := keyOf(1), keyOf(2)
	d := newTestDesk(t, me)
	d.pairWith(anna, "anna")
	var lists []wire.Membership
	for i := range 2 * maxFolders {
		lists = append(lists, anna.list(index.FolderID{1, byte(i), byte(i >> 8)}, "../../etc", 1, me))
	}
	d.hearLists(anna.ID(), &wire.Folders{Lists: lists})
	d.paint()
	offers := d.hub.Latest().Offers
	if len(offers) != maxFolders {
		t.Errorf("%d offers are remembered, of %d", len(offers), len(lists))
	}
	for _, o := range offers {
		if within, err := filepath.Rel(filepath.Join(d.dir, "user", "Kith"), o.Dir); err != nil || !filepath.IsLocal(within) {
			t.Fatalf("it would be put at %s", o.Dir)
		}
	}
	if names, err := os.ReadDir(filepath.Join(d.dir, "user")); err != nil || len(names) != 0 {
		t.Errorf("offers alone have made %v, %v", names, err)
	}
	if f := d.Settings().Folders; len(f) != 0 {
		t.Errorf("%d folders are shared", len(f))
	}
}

func TestDeclineAndLeaveAreTold(t *testing.T) {
	me, anna := keyOf(1), keyOf(2)
	d := newTestDesk(t, me)
	d.pairWith(anna, "anna")
	l := linkTo(anna)
	d.Up(l)
	<-l.sent // the lists
	id := index.FolderID{7}
	list := anna.list(id, "Plans", 1, me)
	d.Hear(l, &wire.Folders{Lists: []wire.Membership{list}})
	d.must(Command{Verb: Decline, Folder: "plans"})
	if m := (<-l.sent).(*wire.Unsubscribe); !m.Left || m.Folder != id {
		t.Errorf("told %+v", m)
	}
	d.Hear(l, &wire.Folders{Lists: []wire.Membership{list}})
	if m := (<-l.sent).(*wire.Unsubscribe); !m.Left {
		t.Errorf("asked again, told %+v", m)
	}
	if d.paint(); len(d.hub.Latest().Offers) != 0 {
		t.Error("the declined offer is shown")
	}
	d.Hear(l, &wire.Folders{Lists: []wire.Membership{anna.list(id, "Plans", 2, me)}})
	if d.paint(); len(d.hub.Latest().Offers) != 1 {
		t.Error("a new offer is not shown")
	}
	d.must(Command{Verb: Accept, Folder: "Plans"})
	want := filepath.Join(d.dir, "user", "Kith", "Plans")
	if f, _ := d.Settings().Folder(id); f.Dir != want {
		t.Errorf("it went to %s", f.Dir)
	}
	if lists := (<-l.sent).(*wire.Folders); len(lists.Lists) != 1 {
		t.Errorf("told %+v", lists)
	}
	d.must(Command{Verb: Leave, Folder: want})
	told := []wire.Message{<-l.sent, <-l.sent}
	if !slices.ContainsFunc(told, func(m wire.Message) bool { u, ok := m.(*wire.Unsubscribe); return ok && u.Left }) {
		t.Errorf("told %+v", told)
	}
	d.Down(l, errors.New("over"))
}

func TestWhoLeavesIsTakenFromTheList(t *testing.T) {
	me, ben := keyOf(1), keyOf(2)
	d := newTestDesk(t, me)
	d.pairWith(ben, "ben")
	d.mkdir("docs")
	r := d.must(Command{Verb: Share, Dir: "docs", With: []string{"ben"}})
	l := linkTo(ben)
	d.Hear(l, &wire.Unsubscribe{Folder: *r.Folder, Left: true, Reason: "declined"})
	f, _ := d.Settings().Folder(*r.Folder)
	if _, on := member(f.signed, ben.ID()); on || f.signed.Serial != 3 {
		t.Errorf("the list: %+v", f.signed)
	}
	if len(d.engine.heard) != 1 {
		t.Error("the engine did not hear of it")
	}
}

func TestPauseEndsByItself(t *testing.T) {
	dir := resolved(t, t.TempDir())
	t.Setenv("HOME", filepath.Join(dir, "user"))
	synctest.Test(t, func(t *testing.T) {
		d := startDesk(t, keyOf(1), dir)
		d.mkdir("docs")
		d.must(Command{Verb: Share, Dir: "docs"})
		d.must(Command{Verb: Pause, For: 3600})
		if got := d.engine.names(); !slices.Equal(got, []string{"docs paused"}) {
			t.Errorf("the engine runs %v", got)
		}
		if f := d.hub.Latest().Folders[0]; f.State != Paused || f.Until.IsZero() {
			t.Errorf("shown %+v", f)
		}
		time.Sleep(time.Hour - 2*time.Second)
		synctest.Wait()
		if got := d.engine.names(); !slices.Equal(got, []string{"docs paused"}) {
			t.Errorf("too early the engine runs %v", got)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if got := d.engine.names(); !slices.Equal(got, []string{"docs"}) {
			t.Errorf("then the engine runs %v", got)
		}
		d.stop()
	})
}

func TestCommandsReachTheEngine(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	dir := d.mkdir("docs/sub")
	d.must(Command{Verb: Share, Dir: "docs"})
	d.engine.kept = []index.Kept{
		{ID: "v2", Path: index.MustPath("sub/a.txt"), Kind: index.Regular},
		{ID: "v1", Path: index.MustPath("sub/a.txt"), Kind: index.Regular},
	}
	out := filepath.Join(d.dir, "out.txt")
	for _, c := range []struct {
		command Command
		want    string
	}{
		{Command{Verb: Scan}, "scan"},
		{Command{Verb: Scan, Folder: ".", Cwd: dir}, "scan"},
		{Command{Verb: Approve, Folder: "DOCS"}, "approve"},
		{Command{Verb: Undo, Folder: "docs"}, "undo"},
		{Command{Verb: Resolve, Folder: "docs", Path: "sub/a.txt", Keep: "mine"}, "resolve sub/a.txt mine"},
		{Command{Verb: Resolve, Folder: "docs", Path: filepath.Join(dir, "a.txt"), Keep: "both"}, "resolve sub/a.txt both"},
		{Command{Verb: Restore, Folder: "docs", Path: "sub/a.txt"}, "restore v2 to sub/a.txt"},
		{Command{Verb: Restore, Folder: "docs", Path: "sub/a.txt", Version: "v1"}, "restore v1 to sub/a.txt"},
		{Command{Verb: Restore, Folder: "docs", Path: "sub/a.txt", To: "docs/b.txt"}, "restore v2 to b.txt"},
		{Command{Verb: Restore, Folder: "docs", Path: "sub/a.txt", To: out}, "export v2"},
	} {
		d.must(c.command)
		if got := d.engine.calls[len(d.engine.calls)-1]; got != c.want {
			t.Errorf("%+v: the engine was told %q, want %q", c.command, got, c.want)
		}
	}
	if text, err := os.ReadFile(out); err != nil || string(text) != "version v2" {
		t.Errorf("exported %q, %v", text, err)
	}
	if r := d.must(Command{Verb: Conflicts}); len(r.Conflicts) != 1 || r.Conflicts[0].Folder != "docs" {
		t.Errorf("conflicts: %+v", r)
	}
	if r := d.must(Command{Verb: Versions, Folder: "docs", Path: "sub/a.txt"}); len(r.Versions) != 2 {
		t.Errorf("versions: %+v", r)
	}
	d.must(Command{Verb: Quit})
	<-d.quit
}

func TestWhatLiesAnywhereIsShown(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	dir := d.mkdir("docs/sub")
	d.mkdir("a b")
	d.must(Command{Verb: Share, Dir: "docs"})
	d.must(Command{Verb: Share, Dir: "a b", Name: "docs/more"})
	d.pairWith(keyOf(2), "Ben")
	d.must(Command{Verb: Share, Dir: "docs", With: []string{"Ben"}})
	d.board.talks = []peer.PeerStatus{{ID: keyOf(2).ID(), Connected: true}}
	d.engine.found = []syncer.Found{
		{File: index.File{Path: index.MustPath("sub/a"), Kind: index.Regular, Size: 7, Modified: 1e18}, Here: syncer.NotHere,
			Holders: []index.DeviceID{keyOf(2).ID(), keyOf(3).ID()}},
		{File: index.File{Path: index.MustPath("sub/b"), Kind: index.Directory}, Here: syncer.Here},
	}
	d.engine.stat = syncer.Found{File: index.File{Path: index.MustPath("sub"), Kind: index.Directory}}
	for _, c := range []struct {
		command Command
		want    string
	}{
		{Command{Verb: Search, Query: "a", Folder: "docs"}, `search "a" in "" after ""`},
		{Command{Verb: Search, Query: "a", Folder: "docs/sub", After: "sub/a"}, `search "a" in "sub" after "sub/a"`},
		{Command{Verb: List, Folder: "docs"}, `children of "" after ""`},
		{Command{Verb: List, Folder: "docs/sub/"}, `children of "sub" after ""`},
		{Command{Verb: List, Folder: "docs/more/sub"}, `children of "sub" after ""`},
		{Command{Verb: List, Folder: "docs", Path: "sub"}, `children of "sub" after ""`},
		{Command{Verb: List, Folder: ".", Cwd: dir}, `children of "sub" after ""`},
		{Command{Verb: List, Folder: "docs", After: "sub/a"}, `children of "" after "sub/a"`},
	} {
		r := d.must(c.command)
		if got := d.engine.calls[len(d.engine.calls)-1]; got != c.want || len(r.Entries) != 2 || r.More {
			t.Errorf("%+v: the engine was told %q, want %q: %+v", c.command, got, c.want, r)
		}
	}
	r := d.must(Command{Verb: Search, Query: "a", Folder: "docs", Limit: 1})
	if len(r.Entries) != 1 || !r.More {
		t.Fatalf("one entry was asked for: %+v", r)
	}
	e := r.Entries[0]
	if e.Path != "sub/a" || e.Kind != "file" || e.Here != "no" || len(e.Holders) != 2 ||
		e.Holders[0] != (Holder{keyOf(2).ID(), "Ben", true}) || e.Holders[1] != (Holder{keyOf(3).ID(), keyOf(3).ID().Brief(), false}) {
		t.Errorf("entry: %+v", e)
	}
	if r := d.must(Command{Verb: Search, Query: "a"}); len(r.Entries) != 4 {
		t.Errorf("search in all folders: %+v", r)
	}
	d.engine.stat = syncer.Found{File: index.File{Path: index.MustPath("f"), Kind: index.Regular}}
	if r := d.must(Command{Verb: List, Folder: "docs/f"}); len(r.Entries) != 1 || r.Entries[0].Path != "f" {
		t.Errorf("list of a file: %+v", r)
	}
	d.engine.stat = syncer.Found{}
	for _, c := range []Command{
		{Verb: List, Folder: "docs/nothing"}, {Verb: List}, {Verb: Search}, {Verb: Search, Query: "a", After: "b"},
		{Verb: Search, Query: "a", Folder: "docs", After: "../b"}, {Verb: List, Folder: "docs/../x"},
	} {
		c.Cwd = d.dir
		var fault *Fault
		if _, err := d.Do(t.Context(), c); !errors.As(err, &fault) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestCommandsThatAreNotSaidRight(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	d.mkdir("docs")
	d.must(Command{Verb: Share, Dir: "docs"})
	d.pairWith(keyOf(2), "twin")
	d.pairWith(keyOf(3), "twin")
	for _, c := range []struct {
		name    string
		command Command
		kind    Kind
	}{
		{"no such verb", Command{Verb: "dance"}, Usage},
		{"no such folder", Command{Verb: Scan, Folder: "nope"}, Failed},
		{"a name of two devices", Command{Verb: Unpair, Device: "twin"}, Usage},
		{"a role there is none of", Command{Verb: Share, Dir: "docs", Role: "king"}, Usage},
		{"a way to resolve there is none of", Command{Verb: Resolve, Folder: "docs", Path: "a", Keep: "none"}, Usage},
		{"a path out of the folder", Command{Verb: Versions, Folder: "docs", Path: "../x"}, Usage},
		{"a version there is none of", Command{Verb: Restore, Folder: "docs", Path: "a", Version: "v"}, Failed},
		{"an offer there is none of", Command{Verb: Accept, Folder: "docs"}, Failed},
		{"a pairing there is none of", Command{Verb: Answer, Pairing: "p9", Yes: true}, Failed},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.command.Cwd = d.dir
			_, err := d.Do(t.Context(), c.command)
			var fault *Fault
			if !errors.As(err, &fault) || fault.Kind != c.kind {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestSettingsOutliveTheDesk(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	d.mkdir("docs")
	d.pairWith(keyOf(2), "ben")
	d.must(Command{Verb: Share, Dir: "docs", With: []string{"ben"}})
	d.stop()
	again := startDesk(t, keyOf(1), d.dir)
	p, err := again.hub.Next(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Folders[0].Members) != 1 || len(p.Devices) != 1 || p.Devices[0].Addresses[0] != "10.0.0.7:22547" {
		t.Errorf("shown %+v", p)
	}
	if got := again.engine.names(); !slices.Equal(got, []string{"docs"}) {
		t.Errorf("the engine runs %v", got)
	}
}

func TestHandEditsCount(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	d.mkdir("docs")
	text, err := os.ReadFile(d.file.path)
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.Replace(string(text), `"me"`, `"myself"`, 1)
	if err := os.WriteFile(d.file.path, []byte(edited), 0o600); err != nil {
		t.Fatal(err)
	}
	d.must(Command{Verb: Share, Dir: "docs"})
	if got := d.Name(); got != "myself" {
		t.Errorf("the name is %q", got)
	}
}

func TestPictureShowsWhatTheEngineSays(t *testing.T) {
	me, ben := keyOf(1), keyOf(2)
	d := newTestDesk(t, me)
	d.pairWith(ben, "ben")
	d.mkdir("docs")
	r := d.must(Command{Verb: Share, Dir: "docs", With: []string{"ben"}})
	p := d.hub.Latest()
	if f := p.Folders[0]; f.State != Scanning || f.Members[0].Connected {
		t.Errorf("before the engine says anything: %+v", f)
	}
	d.engine.mu.Lock()
	d.engine.status = []syncer.Status{{
		Folder: *r.Folder, Phase: syncer.InStep, ETA: 1500 * time.Millisecond,
		Totals:  index.Totals{Here: index.Amount{Files: 3, Bytes: 30}},
		Members: []syncer.MemberStatus{{Device: ben.ID(), Connected: true, Lacks: index.Amount{Files: 1, Bytes: 2}}},
	}}
	d.engine.mu.Unlock()
	d.board.mu.Lock()
	d.board.talks = []peer.PeerStatus{{ID: ben.ID(), Name: "Ben's", Connected: true}}
	d.board.mu.Unlock()
	d.paint()
	p = d.hub.Latest()
	f := p.Folders[0]
	if f.State != InStep || f.Files != 3 || *f.ETA != 2 || f.Members[0].NeedFiles != 1 || p.Devices[0].Name != "Ben's" {
		t.Errorf("shown %+v, %+v", f, p.Devices)
	}
	d.must(Command{Verb: Pause})
	if f := d.hub.Latest().Folders[0]; f.State != Paused {
		t.Errorf("paused, before the engine follows: %+v", f)
	}
	if got := p.Missing(f); !slices.Equal(got, []string{"ben lacks 1 file"}) {
		t.Errorf("missing: %q", got)
	}
}

func TestHub(t *testing.T) {
	h := NewHub()
	var revs []uint64
	for _, version := range []string{"a", "a", "b"} {
		revs = append(revs, h.Set(Picture{Version: version}))
	}
	if !slices.Equal(revs, []uint64{1, 1, 2}) {
		t.Error("the revision does not grow with what is new, and only then")
	}
	synctest.Test(t, func(t *testing.T) {
		h := NewHub()
		got := make(chan uint64)
		go func() {
			for rev := uint64(0); rev < 3; {
				p, err := h.Next(t.Context(), rev)
				if err != nil {
					t.Error(err)
				}
				rev = p.Rev
				got <- rev
			}
			close(got)
		}()
		h.Set(Picture{Version: "a"})
		synctest.Wait() // the watcher is busy with the first one
		h.Set(Picture{Version: "b"})
		h.Set(Picture{Version: "c"})
		var all []uint64
		for rev := range got {
			all = append(all, rev)
		}
		if !slices.Equal(all, []uint64{1, 3}) {
			t.Errorf("a slow watcher saw %v", all)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := h.Next(ctx, 3); !errors.Is(err, context.Canceled) {
			t.Errorf("after the end: %v", err)
		}
	})
}

func TestPair(t *testing.T) {
	me, ben := keyOf(1), keyOf(2)
	d := newTestDesk(t, me)
	addr := netip.MustParseAddrPort("10.0.0.7:22547")
	d.Saw(ben.ID(), "ben\x1b", []netip.AddrPort{addr})
	d.paint()
	for _, c := range []Command{{Verb: Pair, Device: "ben"}, {Verb: Pair, Addr: "10.0.0.7"}, {Verb: Pair, Addr: "10.0.0.7:22547"}} {
		d.board.called = nil
		if r := d.must(c); r.Pairing != "p1" || !slices.Equal(d.board.called, []netip.AddrPort{addr}) {
			t.Errorf("%+v: %+v, called %v", c, r, d.board.called)
		}
	}
	if r := d.must(Command{Verb: Pair}); r.Pairing != "" {
		t.Errorf("waiting to be asked: %+v", r)
	}
	d.board.busy = true
	d.board.pairings = []peer.Pairing{{ID: "p7", Device: ben.ID(), Code: "123456", Incoming: true, State: peer.PairWaiting}}
	if r := d.must(Command{Verb: Pair, Device: "ben"}); r.Pairing != "p7" {
		t.Errorf("asked at the same time: %+v", r)
	}
	if p := d.hub.Latest().Pairings; len(p) != 1 || !p[0].Live() {
		t.Errorf("shown %+v", p)
	}
	if d.Allowed(ben.ID()) {
		t.Error("allowed before both said yes")
	}
	d.pairWith(ben, "ben")
	if !d.Allowed(ben.ID()) {
		t.Error("not allowed after both said yes")
	}
}
