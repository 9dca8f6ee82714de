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

// TestBothDecideAConflict has two people decide the same conflict without hearing of
// each other, in every way. Anna's version is the copy beside Ben's. There is one
// outcome, no new copy, and what is in no tree any more is an earlier version.
func TestBothDecideAConflict(t *testing.T) {
	t.Parallel()
	const mine, theirs, both = syncer.KeepMine, syncer.KeepTheirs, syncer.KeepBoth
	const annas, bens, beside = "plan = anna's", "plan = ben's", "plan (2) = anna's"
	for _, c := range []struct {
		anna, ben string
		want      []string
	}{
		{mine, mine, []string{annas}},
		{mine, theirs, []string{annas}},
		{mine, both, []string{beside, annas}},
		{theirs, mine, []string{bens}},
		{theirs, theirs, []string{annas}},
		{theirs, both, []string{beside, bens}},
		{both, mine, []string{beside, bens}},
		{both, theirs, []string{beside, annas}},
		{both, both, []string{beside, bens}},
	} {
		t.Run(fmt.Sprintf("anna keeps %s, ben %s", c.anna, c.ben), func(t *testing.T) {
			t.Parallel() // most of its time it waits
			w, anna, ben, conflict := inConflict(t)
			disconnect(anna, ben)
			for d, keep := range map[*device]string{anna: c.anna, ben: c.ben} {
				_, err := d.engine.Resolve(t.Context(), w.folder, conflict.Copy, keep)
				must(t, err)
				d.scan()
			}
			connect(anna, ben)
			w.settle()
			w.same(c.want...)
			for _, text := range []string{"anna's", "ben's"} {
				if !strings.Contains(anna.tree(), text) && !anna.kept(text) && !ben.kept(text) {
					t.Errorf("%s is not to be had any more", text)
				}
			}
		})
	}
}

// kept reports whether a text is the content of an earlier version.
func (d *device) kept(text string) bool {
	d.w.t.Helper()
	all, err := d.engine.Versions(d.w.t.Context(), d.w.folder, index.Path{})
	must(d.w.t, err)
	for _, k := range all {
		var b strings.Builder
		must(d.w.t, d.engine.Export(d.w.t.Context(), d.w.folder, k, &b))
		if b.String() == text {
			return true
		}
	}
	return false
}

// TestIgnoringIsNotDeleting has a rule come and go while what it is about is edited
// and deleted elsewhere: who ignores a file keeps it as it is, tells nobody that it is
// gone, and waits for nobody to have it; and when the rule goes, the two that there are
// then are united.
func TestIgnoringIsNotDeleting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	for _, name := range []string{"edited.log", "both.log", "deleted.log", "removed.log", "other"} {
		a.write(name, name)
	}
	w.settle()
	disconnect(a, b)
	a.write(".kithignore", "*.log\n")
	a.scan()
	b.write("edited.log", "by Ben")
	b.write("both.log", "by Ben too")
	b.write("made.log", "by Ben alone")
	b.remove("deleted.log")
	b.scan()
	connect(a, b)
	w.settle()
	if found, err := b.engine.Stat(t.Context(), w.folder, index.MustPath("made.log")); err != nil || found.Here != syncer.Here || len(found.Holders) > 0 {
		t.Errorf("%+v, %v: held by nobody else", found, err)
	}
	if gone, err := b.engine.LetGo(t.Context(), w.folder, index.MustPath("made.log")); err != nil || gone.Staying != 1 {
		t.Errorf("%+v, %v: it is left to nobody", gone, err)
	}
	a.remove("removed.log") // nobody hears of that
	a.write("both.log", "by Anna")
	b.write("new.log", "new")
	a.write("later", "later")
	b.write("later too", "later too")
	w.settle()
	holds := func(d *device, want ...string) {
		t.Helper()
		want = append(want, "later = later", "later too = later too", "other = other")
		slices.Sort(want)
		if got := d.tree(); got != strings.Join(want, "\n") {
			t.Errorf("%s holds\n%s\nwant\n%s", d.name, got, strings.Join(want, "\n"))
		}
	}
	holds(a, ".kithignore = *.log\n", "both.log = by Anna", "deleted.log = deleted.log", "edited.log = edited.log")
	holds(b, ".kithignore = *.log\n", "both.log = by Ben too", "edited.log = by Ben", "made.log = by Ben alone", "new.log = new", "removed.log = removed.log")

	long := time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)
	must(t, os.Chtimes(filepath.Join(a.dir, "both.log"), long, long))
	a.remove(".kithignore")
	w.settle()
	for _, d := range w.devices {
		holds(d, "both (conflict, anna, 2026-11-22 10.30).log = by Anna", "both.log = by Ben too", "edited.log = by Ben", "made.log = by Ben alone", "new.log = new")
	}
}

// TestAFolderSharedAgainIsUnited has a device leave a folder, change what lies there,
// and take part again: what was said before counts for nothing, and nothing is deleted.
func TestAFolderSharedAgainIsUnited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	a.write("gone before", "x")
	a.write("same", "same")
	a.write("edited", "first")
	long := time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)
	must(t, os.Chtimes(filepath.Join(a.dir, "edited"), long, long))
	a.write("removed", "removed by Ben while he was out")
	w.settle()
	a.remove("gone before")
	w.settle()
	disconnect(a, b)
	b.engine.Want(nil)
	b.until("out", func(s syncer.Status) bool { return s.Phase == "" })
	must(t, b.engine.Drop(t.Context(), w.folder))
	b.remove("removed")
	b.write("gone before", "made anew by Ben")
	b.write("edited", "by Ben")
	b.write("own", "Ben's own")
	b.want()
	connect(a, b)
	w.settle()
	w.same("edited = by Ben", "edited (conflict, anna, 2026-11-22 10.30) = first", "gone before = made anew by Ben", "own = Ben's own",
		"removed = removed by Ben while he was out", "same = same")
}
