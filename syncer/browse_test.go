package syncer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kith/index"
	"kith/syncer"
)

func (d *device) get(path string) index.Amount {
	d.w.t.Helper()
	coming, err := d.engine.Bring(d.w.t.Context(), d.w.folder, index.MustPath(path))
	must(d.w.t, err)
	return coming
}

func (d *device) drop(path string) syncer.Released {
	d.w.t.Helper()
	done, err := d.engine.LetGo(d.w.t.Context(), d.w.folder, index.MustPath(path))
	must(d.w.t, err)
	return done
}

// holds checks what lies in a device's folder.
func (d *device) holds(want ...string) {
	d.w.t.Helper()
	slices.Sort(want)
	if got := d.tree(); got != strings.Join(want, "\n") {
		d.w.t.Errorf("%s holds\n%s\nwant\n%s", d.name, got, strings.Join(want, "\n"))
	}
}

func TestWhoBrowsesFetchesAndLetsGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben:browse")
	a, b := w.devices[0], w.devices[1]
	a.write("docs/one.txt", "one")
	a.write("docs/two.txt", "two")
	a.write("large.bin", strings.Repeat("0123456789abcdef", 100_000))
	connect(a, b)
	w.settle()
	b.holds()
	if s := b.status(); s.Totals.Need.Files != 0 || s.Phase != syncer.InStep {
		t.Errorf("who browses misses what it does not keep: %+v", s)
	}
	if m := a.status().Members[0]; !m.Browses || !m.InStep || m.Lacks.Files != 0 {
		t.Errorf("anna sees ben as %+v", m)
	}
	if got, want := a.search("txt"), []string{"docs/one.txt yes", "docs/two.txt yes"}; !slices.Equal(got, want) {
		t.Errorf("who browses counts as a holder: %q", got)
	}
	if got, want := b.search("txt"), []string{"docs/one.txt no anna", "docs/two.txt no anna"}; !slices.Equal(got, want) {
		t.Errorf("ben finds %q", got)
	}

	if coming := b.get("docs/one.txt"); coming != (index.Amount{Files: 1, Bytes: 3}) {
		t.Errorf("coming: %+v", coming)
	}
	if coming := b.get("large.bin"); coming.Files != 1 {
		t.Errorf("coming: %+v", coming)
	}
	w.settle()
	large := a.tree()[strings.Index(a.tree(), "large.bin"):]
	b.holds("docs/", "docs/one.txt = one", large)
	a.write("docs/one.txt", "one, edited")
	a.write("docs/three.txt", "three")
	b.write("docs/two.txt", "two, by ben who saw nothing of it")
	w.settle()
	if got := a.tree(); !strings.Contains(got, "= two\n") && !strings.HasSuffix(got, "= two") || !strings.Contains(got, "by ben") {
		t.Errorf("anna holds\n%s", got)
	}

	if done := b.drop("docs"); done.Staying != 0 || done.Gone.Files < 2 {
		t.Errorf("dropped: %+v", done)
	}
	b.drop("large.bin")
	before := a.tree()
	w.settle()
	b.holds()
	if got := a.tree(); got != before {
		t.Errorf("what ben let go of changed what anna holds:\n%s\nfrom\n%s", got, before)
	}
	if kept, err := b.engine.Versions(t.Context(), w.folder, index.Path{}); err != nil || slices.ContainsFunc(kept, func(k index.Kept) bool { return k.Path.String() == "large.bin" }) {
		t.Errorf("what was let go takes up room still: %+v, %v", kept, err)
	}

	b.get("docs/one.txt")
	w.settle()
	b.holds("docs/", "docs/one.txt = one, edited")
	b.remove("docs/one.txt") // no drop: a deletion
	w.settle()
	if strings.Contains(a.tree(), "one.txt") {
		t.Errorf("a deletion of what was here does not travel:\n%s", a.tree())
	}
}

func TestNothingIsLetGoThatNobodyElseKeeps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben:browse", "carl:browse")
	a, b, c := w.devices[0], w.devices[1], w.devices[2]
	connect(b, c)
	b.write("x", "ben's")
	w.settle2(b, c)
	c.get("x")
	w.settle2(b, c)
	stay := func(d *device, path, content string) {
		t.Helper()
		if done := d.drop(path); done.Staying != 1 || done.Gone.Files != 0 || len(done.Reasons) != 1 {
			t.Errorf("%s drops %s: %+v", d.name, path, done)
		}
		d.holds(path + " = " + content)
	}
	first, second := b, c
	if w.members[2].Device.Compare(w.members[1].Device) < 0 {
		first, second = c, b
	}
	stay(first, "x", "ben's") // the other one may be about to do the same
	if done := second.drop("x"); done.Gone.Files != 1 {
		t.Errorf("dropped: %+v", done)
	}
	stay(first, "x", "ben's")
	connect(a, first)
	w.settle2(a, first)
	first.write("x", "an edit that is not told yet")
	if done := first.drop("x"); done.Gone.Files != 0 {
		t.Errorf("an edit was let go: %+v", done)
	}
	first.holds("x = an edit that is not told yet")
	w.settle2(a, first)
	if done := first.drop("x"); done.Gone.Files != 1 {
		t.Errorf("dropped: %+v", done)
	}
	first.holds()
	w.settle2(a, first)
	a.holds("x = an edit that is not told yet")
}

// TestWhatWasLeftToOthersIsNotReplaced has carl leave files to anna, and want what ben put
// at the same names while anna was not there. To take it, carl has to say that his own
// changes there are over; anna would follow, and her file be gone.
func TestWhatWasLeftToOthersIsNotReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben", "carl:browse")
	a, b, c := w.devices[0], w.devices[1], w.devices[2]
	connect(a, c)
	now := time.Now()
	for _, name := range []string{"older", "newer", "d"} {
		c.write(name, "left to anna: "+name)
	}
	must(t, os.Chtimes(filepath.Join(c.dir, "newer"), now, now.Add(time.Hour)))
	w.settle2(a, c)
	for _, name := range []string{"older", "newer", "d"} {
		if done := c.drop(name); done.Gone.Files != 1 {
			t.Fatalf("dropped %s: %+v", name, done)
		}
	}
	disconnect(a, c)
	for _, name := range []string{"older", "newer", "d/e"} {
		b.write(name, "by ben: "+name)
		must(t, os.Chtimes(filepath.Join(b.dir, name), now, now.Add(time.Minute)))
	}
	b.scan()
	connect(b, c)
	w.settle2(b, c)
	for _, name := range []string{"older", "d/e", "newer"} {
		c.get(name)
	}
	c.until("waiting for anna", func(s syncer.Status) bool { return strings.Contains(s.Reason, "anna") })
	c.holds()
	connect(a, b)
	connect(a, c)
	w.settle()
	for _, d := range []*device{a, b} {
		for _, text := range []string{"left to anna: older", "left to anna: newer", "left to anna: d", "by ben: older", "by ben: newer", "by ben: d/e"} {
			if !strings.Contains(d.tree(), text) {
				t.Errorf("%s has no file any more that is %s:\n%s", d.name, text, d.tree())
			}
		}
	}
}

// settle2 is settle for two devices of several.
func (w *world) settle2(a, b *device) {
	w.t.Helper()
	all := w.devices
	defer func() { w.devices = all }()
	w.devices = []*device{a, b}
	w.settle()
}

func TestACrashWhileLettingGoLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben:browse")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	for i := range 3 {
		b.write(fmt.Sprint("d/", i), fmt.Sprint("content ", i))
	}
	w.settle()
	// The index says so, and the machine stopped before the disk did it.
	recs, err := b.store.Get(t.Context(), w.folder, []index.Path{index.MustPath("d/1")}, false)
	must(t, err)
	disconnect(a, b)
	b.stop()
	rec := index.Record{File: index.File{Path: recs[0].Path, Kind: index.Elsewhere, Version: recs[0].Version}, Seq: recs[0].Seq}
	_, _, err = b.store.Commit(t.Context(), w.folder, []index.Record{rec})
	must(t, err)
	b.start()
	connect(a, b)
	w.settle()
	w.same("d/", "d/0 = content 0", "d/1 = content 1", "d/2 = content 2")
	now, err := b.store.Get(t.Context(), w.folder, []index.Path{index.MustPath("d/1")}, false)
	must(t, err)
	if now[0].Kind != index.Regular || now[0].Version.Compare(recs[0].Version) != index.Equal {
		t.Errorf("what was found there is taken for an edit: %v, was %v", now[0].Version, recs[0].Version)
	}
}

func TestWhatIsNewInAKeptDirectoryComes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben:browse")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	a.write("keep/one", "1")
	a.write("other/one", "1")
	w.settle()
	b.keep = []index.Path{index.MustPath("keep")}
	b.want()
	b.get("keep")
	w.settle()
	b.holds("keep/", "keep/one = 1")
	a.write("keep/sub/two", "2")
	a.write("other/two", "2")
	w.settle()
	b.holds("keep/", "keep/one = 1", "keep/sub/", "keep/sub/two = 2")
	a.rename("keep/one", "other/moved")
	a.remove("other/one")
	w.settle()
	b.holds("keep/", "keep/sub/", "keep/sub/two = 2")
	a.holds("keep/", "keep/sub/", "keep/sub/two = 2", "other/", "other/moved = 1", "other/two = 2")
}
