package syncer_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kith/index"
	"kith/index/indextest"
	"kith/peer/wire"
	"kith/sim/waits"
	"kith/syncer"
	"kith/syncer/plan"
)

func TestAFileSavedHereAppearsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	a.write("notes/today.txt", "hello")
	connect(a, b)
	w.settle()
	w.same("notes/", "notes/today.txt = hello")

	b.write("notes/today.txt", "hello, Anna")
	w.settle()
	w.same("notes/", "notes/today.txt = hello, Anna")

	a.remove("notes")
	w.settle()
	w.same()
}

func TestBothSidesHoldTheSameAlready(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	for _, d := range w.devices {
		for i := range 20 {
			d.write(fmt.Sprintf("d%d/f%d", i%3, i), fmt.Sprint("content ", i))
		}
	}
	connect(w.devices[0], w.devices[1])
	w.settle()
	if a, b := w.devices[0].tree(), w.devices[1].tree(); a != b {
		t.Errorf("anna holds\n%s\nben holds\n%s", a, b)
	}
	if strings.Contains(w.devices[0].tree(), "conflict") {
		for _, d := range w.devices {
			d.mu.Lock()
			for _, ev := range d.events {
				if strings.Contains(ev.Path, "conflict") {
					t.Logf("%s: %s %s %s", d.name, ev.Verb, ev.Path, ev.Detail)
				}
			}
			d.mu.Unlock()
		}
		t.Errorf("same content, and yet a conflict:\n%s", w.devices[0].tree())
	}
}

func TestBothChangedDifferently(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	a.write("plan.txt", "first")
	w.settle()
	savedApart(t, a, b, "by Anna", time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC))
	w.settle()
	w.same("plan.txt = by Ben", "plan (conflict, anna, 2026-11-22 10.30).txt = by Anna")
	if got := a.status().Conflicts; got != 1 {
		t.Errorf("%d conflicts shown, want 1", got)
	}
}

// savedApart saves plan.txt on two devices that do not see each other: a text on the one, at
// a time, and Ben's on the other an hour later. Then they meet.
func savedApart(t *testing.T, a, b *device, text string, at time.Time) {
	t.Helper()
	disconnect(a, b)
	a.write("plan.txt", text)
	b.write("plan.txt", "by Ben")
	must(t, os.Chtimes(filepath.Join(a.dir, "plan.txt"), at, at))
	must(t, os.Chtimes(filepath.Join(b.dir, "plan.txt"), at.Add(time.Hour), at.Add(time.Hour)))
	a.scan()
	b.scan()
	connect(a, b)
}

// TestNamesOfACopyAreTaken has something else at two of the names that the copy of what
// Anna saves could have.
func TestNamesOfACopyAreTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	text := []byte("by Anna")
	at := time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)
	loser := index.File{
		Path: index.MustPath("plan.txt"), Kind: index.Regular, Modified: at.UnixNano(), By: a.id.Short(),
		Root: index.RootOf([]index.Block{{Hash: index.Sum(text), Size: uint32(len(text))}}),
	}
	var names []string
	for p := range (plan.Folder{Members: []index.Member{{Device: a.id, Name: "anna"}}}).ConflictPaths(loser) {
		names = append(names, p.String())
	}
	connect(a, b)
	a.write("plan.txt", "first")
	a.write(names[0], "something")
	a.write(names[1], "something else")
	w.settle()
	savedApart(t, a, b, string(text), at)
	w.settle()
	w.same("plan.txt = by Ben", names[0]+" = something", names[1]+" = something else", names[2]+" = by Anna")
}

// A device that forgot whose a file is names itself. What it holds is kept beside
// already, and not once more.
func TestALostIndexMakesNoSecondConflictCopy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben", "carl")
	a, b, c := w.devices[0], w.devices[1], w.devices[2]
	connect(a, b)
	connect(a, c)
	a.write("plan.txt", "first")
	w.settle()
	disconnect(a, b)
	at := time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)
	a.write("plan.txt", "by Anna")
	must(t, os.Chtimes(filepath.Join(a.dir, "plan.txt"), at, at))
	a.scan()
	c.until("carl has it", func(syncer.Status) bool { return strings.Contains(c.tree(), "by Anna") })
	c.until("carl is in step", func(s syncer.Status) bool { return s.Phase == syncer.InStep })
	disconnect(a, c)
	b.write("plan.txt", "by Ben")
	must(t, os.Chtimes(filepath.Join(b.dir, "plan.txt"), at.Add(time.Hour), at.Add(time.Hour)))
	b.scan()
	connect(a, b)
	want := []string{"plan.txt = by Ben", "plan (conflict, anna, 2026-11-22 10.30).txt = by Anna"}
	b.until("the conflict is settled", func(s syncer.Status) bool { return s.Phase == syncer.InStep && s.Conflicts == 1 })

	c.stop()
	c.store = indextest.NewMemory()
	c.start()
	c.scan()
	connect(a, c)
	connect(b, c)
	w.settle()
	w.same(want...)
}

func TestAChangeOutlivesADeletion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	a.write("d/report.txt", "first")
	w.settle()
	disconnect(a, b)
	a.remove("d")
	b.write("d/report.txt", "better")
	a.scan()
	b.scan()
	connect(a, b)
	w.settle()
	w.same("d/", "d/report.txt = better")
}

func TestAMoveCrossesNoLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	for i := range 300 {
		a.write(fmt.Sprintf("old/sub/%d.txt", i), fmt.Sprint("content ", i))
	}
	w.settle()
	before := b.verbs("received")
	a.rename("old", "new")
	w.settle()
	if moved := b.verbs("moved"); moved != 300 {
		t.Errorf("%d files moved, want 300", moved)
	}
	if got := b.verbs("received") - before; got > 2 {
		t.Errorf("%d received besides, want only directories", got)
	}
	if a.tree() != b.tree() {
		t.Error("the trees differ")
	}
}

func TestAThirdDeviceCarriesBetweenTwoThatNeverMeet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben", "carl")
	a, b, c := w.devices[0], w.devices[1], w.devices[2]
	connect(a, b)
	connect(b, c)
	a.write("x", "from Anna")
	w.settle()
	c.write("y", "from Carl")
	w.settle()
	w.same("x = from Anna", "y = from Carl")
}

// TestADeletionWaitsForNobody has ben know of an older file with carl, who is
// away, and of a deletion with anna that follows upon both that file and his own:
// he does not wait until carl has deleted his.
func TestADeletionWaitsForNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben", "carl")
	anna, ben, carl := w.devices[0], w.devices[1], w.devices[2]
	for _, name := range []string{"d/x", "d/y", "z"} {
		ben.write(name, "from Ben")
	}
	ben.scan()
	ben.stop()
	var live, gone []index.File
	for _, path := range []string{"d/x", "d/y", "d", "z"} {
		records, err := ben.store.Get(t.Context(), w.folder, []index.Path{index.MustPath(path)}, true)
		must(t, err)
		f := records[0].File
		theirs := index.Version(nil).Bump(index.Actor{Device: carl.id.Short(), Epoch: 7})
		deleted := index.File{Path: f.Path, Kind: index.Deleted, Modified: f.Modified + 1}
		deleted.Version = f.Version.Join(theirs).Bump(index.Actor{Device: anna.id.Short(), Epoch: 7})
		f.Version = theirs
		live, gone = append(live, f), append(gone, deleted)
	}
	must(t, ben.store.Learn(t.Context(), w.folder, carl.id, live, index.Cursor{Epoch: 7, Seq: 1}, true, true))
	must(t, ben.store.Learn(t.Context(), w.folder, anna.id, gone, index.Cursor{Epoch: 7, Seq: 1}, true, true))
	ben.start()
	ben.scan()
	ben.until("rid of what was deleted", func(syncer.Status) bool { return ben.tree() == "" })
}

// TestWhatNeverWasHereIsToldToBeGoneInItsOrder has ben hear from anna that a directory
// was deleted, or has become a link, of which he never had anything: he passes it on from
// below. It makes no difference that carl, who is away, had a part of it when he was heard last.
func TestWhatNeverWasHereIsToldToBeGoneInItsOrder(t *testing.T) {
	t.Parallel()
	names := []string{"d/e/a", "d/e", "d/b", "d"}
	for _, had := range [][]string{nil, names, {"d/e", "d"}, {"d/e/a", "d/b"}} {
		neverWasHere(t, names, had, index.Deleted)
		neverWasHere(t, names, had, index.Symlink)
	}
	var many []string
	for n := range 2100 {
		many = append(many, fmt.Sprintf("d/%04d", n))
	}
	many = append(many, "d")
	neverWasHere(t, many, nil, index.Symlink)
	neverWasHere(t, many, many, index.Symlink)
}

func neverWasHere(t *testing.T, names, had []string, becomes index.Kind) {
	w := newWorld(t, "anna", "ben", "carl")
	anna, ben, carl := w.devices[0], w.devices[1], w.devices[2]
	ben.scan()
	ben.stop()
	var live, gone []index.File
	var paths []index.Path
	for _, name := range names {
		f := index.File{Path: index.MustPath(name), Kind: index.Directory, Mode: 0o755}
		f.Version = f.Version.Bump(index.Actor{Device: carl.id.Short(), Epoch: 7})
		if slices.Contains(had, name) {
			live = append(live, f)
		}
		f.Kind, f.Mode, f.Version = index.Deleted, 0, f.Version.Bump(index.Actor{Device: anna.id.Short(), Epoch: 7})
		if name == "d" && becomes == index.Symlink {
			f.Kind, f.Target = becomes, "elsewhere"
		}
		gone, paths = append(gone, f), append(paths, f.Path)
	}
	must(t, ben.store.Learn(t.Context(), w.folder, carl.id, live, index.Cursor{Epoch: 7, Seq: 1}, true, true))
	must(t, ben.store.Learn(t.Context(), w.folder, anna.id, gone, index.Cursor{Epoch: 7, Seq: 1}, true, true))
	ben.start()
	ben.scan()
	var recs []index.Record
	ben.until("told all", func(syncer.Status) bool {
		var err error
		recs, err = ben.store.Get(t.Context(), w.folder, paths, false)
		must(t, err)
		return !slices.ContainsFunc(recs, func(r index.Record) bool { return r.Kind == index.Absent })
	})
	for _, r := range recs {
		above := slices.IndexFunc(recs, func(o index.Record) bool { return o.Path == r.Path.Parent() })
		if above >= 0 && r.Seq >= recs[above].Seq {
			t.Fatalf("carl had %d of them: ben tells of %s as number %d, of %s, a %s, as number %d", len(had), r.Path, r.Seq, recs[above].Path, recs[above].Kind, recs[above].Seq)
		}
	}
}

func TestTrafficIsCountedForEachDevice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben", "carl")
	a, b, c := w.devices[0], w.devices[1], w.devices[2]
	connect(a, b)
	connect(b, c)
	content := strings.Repeat("from Anna to Carl, by way of Ben. ", 10)
	a.write("x", content)
	w.settle()
	n := int64(len(content))
	for _, x := range []struct {
		at   *device
		want []syncer.Traffic
	}{
		{a, []syncer.Traffic{{Device: b.id, Up: n}}},
		{b, []syncer.Traffic{{Device: a.id, Down: n}, {Device: c.id, Up: n}}},
		{c, []syncer.Traffic{{Device: b.id, Down: n}}},
	} {
		got := x.at.status().Traffic
		slices.SortFunc(x.want, func(a, b syncer.Traffic) int { return a.Device.Compare(b.Device) })
		if !slices.Equal(got, x.want) {
			t.Errorf("%s counts %v, not %v", x.at.name, got, x.want)
		}
	}
}

func TestALargeFileArrivesAndChangesInPart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben", "carl")
	a, b, c := w.devices[0], w.devices[1], w.devices[2]
	connect(a, b)
	connect(b, c)
	connect(a, c)
	data := make([]byte, 20<<20)
	rng := rand.NewChaCha8([32]byte{1})
	rng.Read(data)
	a.write("big", string(data))
	w.settle()
	a.write("big", "some bytes in front "+string(data))
	w.settle()
	if a.tree() != b.tree() || a.tree() != c.tree() {
		t.Error("the trees differ")
	}
}

func TestTheBrakeHoldsAMassDeletionUntilApproved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	for i := range 120 {
		a.write(fmt.Sprintf("f%d", i), fmt.Sprint(i))
	}
	w.settle()
	disconnect(a, b)
	a.stop()
	for i := range 100 {
		a.remove(fmt.Sprintf("f%d", i))
	}
	a.write("new", "goes on")
	a.start()
	connect(a, b)
	a.until("held", func(s syncer.Status) bool { return s.Phase == syncer.Held && s.Held == 100 })
	b.until("brought the addition", func(syncer.Status) bool { return strings.Contains(b.tree(), "new = goes on") })
	if n := strings.Count(b.tree(), "\n") + 1; n != 121 {
		t.Fatalf("ben holds %d entries, want all 121", n)
	}
	for i := range 5 {
		a.remove(fmt.Sprintf("f%d", 100+i))
		a.until("held with the others", func(s syncer.Status) bool { return s.Held == 101+i })
	}
	if n := a.verbs("held"); n != 1 {
		t.Errorf("it is told %d times", n)
	}
	must(t, a.engine.Approve(t.Context(), w.folder))
	a.until("let go", func(s syncer.Status) bool { return s.Held == 0 })
	b.until("held on the receiving side", func(s syncer.Status) bool { return s.Phase == syncer.Held })
	must(t, b.engine.Approve(t.Context(), w.folder))
	w.settle()
	if n := strings.Count(b.tree(), "\n") + 1; n != 16 {
		t.Fatalf("ben holds %d entries, want 16", n)
	}
}

func TestAHeldDeletionCanBeUndone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	for i := range 120 {
		a.write(fmt.Sprintf("f%d", i), fmt.Sprint(i))
	}
	w.settle()
	want := a.tree()
	disconnect(a, b)
	a.stop()
	for i := range 100 {
		a.remove(fmt.Sprintf("f%d", i))
	}
	a.start()
	connect(a, b)
	a.until("held", func(s syncer.Status) bool { return s.Phase == syncer.Held && s.Held == 100 })
	must(t, a.engine.Undo(t.Context(), w.folder))
	a.until("everything back", func(s syncer.Status) bool { return s.Held == 0 && a.tree() == want })
	w.settle()
	if b.tree() != want {
		t.Error("ben lost something")
	}
}

// TestAFileInPlaceOfADirectoryIsHeldWithIt: who hears of the file alone would keep the
// directory beside it.
func TestAFileInPlaceOfADirectoryIsHeldWithIt(t *testing.T) {
	t.Parallel()
	for _, approve := range []bool{false, true} {
		w := newWorld(t, "anna", "ben")
		a, b := w.devices[0], w.devices[1]
		connect(a, b)
		for i := range 120 {
			a.write(fmt.Sprintf("d/f%d", i), fmt.Sprint(i))
		}
		w.settle()
		disconnect(a, b)
		a.stop()
		a.remove("d")
		a.write("d", "all in one")
		a.write("new", "goes on")
		a.start()
		connect(a, b)
		a.until("held", func(s syncer.Status) bool { return s.Phase == syncer.Held && s.Held == 120 })
		b.until("brought the addition", func(syncer.Status) bool { return strings.Contains(b.tree(), "new = goes on") })
		b.until("in step", func(s syncer.Status) bool { return s.Phase == syncer.InStep })
		if tree := a.tree(); tree != "d = all in one\nnew = goes on" {
			t.Errorf("anna holds %s", tree)
		}
		if !approve {
			must(t, a.engine.Undo(t.Context(), w.folder))
			a.until("everything back", func(s syncer.Status) bool { return s.Held == 0 && strings.Count(a.tree(), "d/f") == 120 })
			w.settle()
			if tree := b.tree(); strings.Count(tree, "d/f") != 120 || strings.Count(tree, "all in one") != 1 {
				t.Errorf("ben holds %s", tree)
			}
			continue
		}
		must(t, a.engine.Approve(t.Context(), w.folder))
		a.until("let go", func(s syncer.Status) bool { return s.Held == 0 })
		b.until("held on the receiving side", func(s syncer.Status) bool { return s.Phase == syncer.Held })
		must(t, b.engine.Approve(t.Context(), w.folder))
		w.settle()
		w.same("d = all in one", "new = goes on")
	}
}

// TestARestoredBackupIsHeld puts back, as cp -a does, old versions of some files
// of many: the others are not told until a person says so, and may take it back.
func TestARestoredBackupIsHeld(t *testing.T) {
	t.Parallel()
	const files, restored = 120, 30
	for _, approve := range []bool{false, true} {
		w := newWorld(t, "anna", "ben")
		a, b := w.devices[0], w.devices[1]
		connect(a, b)
		for i := range files {
			a.write(fmt.Sprintf("f%d", i), fmt.Sprint("new ", i))
		}
		w.settle()
		want := a.tree()
		long := time.Now().Add(-24 * time.Hour)
		disconnect(a, b)
		a.stop()
		for i := range restored {
			name := fmt.Sprintf("f%d", i)
			a.write(name, fmt.Sprint("old ", i))
			must(t, os.Chtimes(filepath.Join(a.dir, name), long, long))
		}
		a.start()
		connect(a, b)
		a.until("held", func(s syncer.Status) bool {
			return s.Phase == syncer.Held && s.Held == restored && strings.Contains(s.Reason, "backup")
		})
		if b.tree() != want {
			t.Fatalf("ben was told before anybody said so:\n%s", b.tree())
		}
		if approve {
			want = a.tree()
			must(t, a.engine.Approve(t.Context(), w.folder))
		} else {
			b.busy.Lock()
			must(t, a.engine.Undo(t.Context(), w.folder))
			a.scan() // what it meets is about to be taken back
			if s := a.status(); s.Held != 0 {
				t.Errorf("%d files are held anew", s.Held)
			}
			b.busy.Unlock()
		}
		for _, d := range w.devices {
			d.until("at one", func(s syncer.Status) bool { return s.Held == 0 && d.tree() == want })
		}
		w.settle()
		if a.tree() != want || b.tree() != want {
			t.Errorf("approved %v: the trees differ from what was decided", approve)
		}
	}
}

func TestAReceiverTakesAndIsNotListenedTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben:receive")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	a.write("x", "one")
	b.until("x there", func(syncer.Status) bool { return b.tree() == "x = one" })
	b.write("x", "scribble")
	b.write("mine", "own")
	b.scan()
	a.write("x", "two")
	b.until("x new", func(syncer.Status) bool { return strings.Contains(b.tree(), "x = two") })
	if got := a.tree(); got != "x = two" {
		t.Errorf("anna holds\n%s", got)
	}
	a.write("x", "three")
	b.until("x newer", func(syncer.Status) bool { return strings.Contains(b.tree(), "x = three") })
	if n := strings.Count(b.tree(), "conflict"); n != 1 || !strings.Contains(b.tree(), "scribble") {
		t.Errorf("ben holds\n%s", b.tree())
	}
	b.until("anna in step, for what ben holds is not for her", func(s syncer.Status) bool {
		return s.Members[0].InStep && s.Members[0].Lacks == index.Amount{}
	})
}

func TestAnEmptiedRootIsUnavailableNotDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	a.write("x", "one")
	w.settle()
	// Another disk in its place: an empty directory without the marker.
	must(t, os.Rename(a.dir, a.dir+".away"))
	must(t, os.Mkdir(a.dir, 0o755))
	a.engine.Scan(t.Context(), w.folder)
	a.until("unavailable", func(s syncer.Status) bool { return s.Phase == syncer.Unavailable && s.Reason != "" })
	if got := b.tree(); got != "x = one" {
		t.Errorf("ben holds %q", got)
	}
	must(t, os.Remove(a.dir))
	must(t, os.Rename(a.dir+".away", a.dir))
	w.settle()
	w.same("x = one")
}

func TestIgnoredFilesStayHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	a.write(".kithignore", "*.log\n/build/\n")
	a.write("x.log", "noise")
	a.write("build/out", "made")
	a.write("src", "kept")
	w.settle()
	if got, want := b.tree(), ".kithignore = *.log\n/build/\n\nsrc = kept"; got != want {
		t.Errorf("ben holds\n%s\nwant\n%s", got, want)
	}
	// What is not ignored any more travels after all.
	a.write(".kithignore", "*.log\n")
	w.settle()
	if !strings.Contains(b.tree(), "build/out = made") {
		t.Errorf("ben holds\n%s", b.tree())
	}
}

func TestARestartGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	a.write("x", "one")
	w.settle()
	disconnect(a, b)
	b.stop()
	a.write("x", "two")
	a.write("y", "new")
	b.write("z", "while off")
	b.start()
	connect(a, b)
	w.settle()
	w.same("x = two", "y = new", "z = while off")
}

func TestAnEditFollowsAMove(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	a.write("draft.txt", "first")
	w.settle()
	disconnect(a, b)
	a.rename("draft.txt", "done/final.txt")
	b.write("draft.txt", "first, and more")
	a.scan()
	b.scan()
	connect(a, b)
	w.settle()
	w.same("done/", "done/final.txt = first, and more")
}

func TestCrossingMovesLoseNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	a.write("a/x", "one")
	a.write("b/y", "two")
	w.settle()
	disconnect(a, b)
	a.rename("a", "b/a")
	b.rename("b", "a/b")
	a.scan()
	b.scan()
	connect(a, b)
	w.settle()
	if a.tree() != b.tree() {
		t.Fatalf("anna holds\n%s\nben holds\n%s", a.tree(), b.tree())
	}
	for _, content := range []string{"= one", "= two"} {
		if !strings.Contains(a.tree(), content) {
			t.Errorf("%s is lost:\n%s", content, a.tree())
		}
	}
}

func TestAFileAndADirectoryOfOneName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	a.write("x", "a file")
	b.write("x/inside", "a directory")
	at := time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)
	must(t, os.Chtimes(filepath.Join(a.dir, "x"), at, at))
	a.scan()
	b.scan()
	connect(a, b)
	w.settle()
	w.same("x/", "x/inside = a directory", "x (conflict, anna, 2026-11-22 10.30) = a file")
}

func TestWhatAPowerCutLeftIsNotAnEdit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	a.write("thesis.txt", "three hundred pages")
	w.settle()
	disconnect(a, b)
	a.stop()
	// The machine lost power before the file reached the disk: its name, size and
	// time are there, its bytes are not. Our index was, and was not flushed since.
	full := filepath.Join(a.dir, "thesis.txt")
	was, err := os.Stat(full)
	must(t, err)
	f, err := os.OpenFile(full, os.O_WRONLY, 0)
	must(t, err)
	_, err = f.Write(make([]byte, was.Size()))
	must(t, err)
	must(t, f.Close())
	must(t, os.Chtimes(full, was.ModTime(), was.ModTime()))
	must(t, a.store.SetValue(t.Context(), w.folder, "settled", "0"))
	a.boot = "another life"
	a.start()
	connect(a, b)
	a.until("mended", func(syncer.Status) bool { return a.tree() == "thesis.txt = three hundred pages" })
	w.settle()
	w.same("thesis.txt = three hundred pages")
	if n := a.verbs("torn"); n != 1 {
		t.Errorf("%d files found torn, want 1", n)
	}
}

// TestWhoSubscribesTooEarlyIsToldAllTheSame has anna hear that ben wants to be told
// of the folder before she knows of the conversation, and before she knows that he
// belongs to the folder.
func TestWhoSubscribesTooEarlyIsToldAllTheSame(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		w := newWorld(t, "anna", "ben")
		a, b := w.devices[0], w.devices[1]
		a.write("x", "from Anna")
		both := w.members
		if late {
			w.members = slices.DeleteFunc(slices.Clone(both), func(m index.Member) bool { return m.Device == b.id })
			a.want()
		}
		a.scan()
		l := &link{from: a, to: b, with: b.engine, queue: make(chan wire.Message, 64), cut: make(chan struct{})}
		a.engine.Hear(l, &wire.Subscribe{Folder: w.folder})
		a.engine.Join(l)
		if late {
			w.members = both
			a.want()
		}
		for told := false; !told; {
			select {
			case m := <-l.queue:
				u, ok := m.(*wire.Update)
				told = ok && slices.ContainsFunc(u.Files, func(f index.File) bool { return f.Path.String() == "x" })
			case <-time.After(waits.Limit):
				t.Fatalf("a member that is known late (%v) is never told", late)
			}
		}
		a.engine.Part(l)
	}
}
