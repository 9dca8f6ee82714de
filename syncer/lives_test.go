package syncer

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"kith/index"
	"kith/index/indextest"
)

// TestWhatWasToldToNobodyIsKnownInLaterRuns: what a run counted and told to nobody, nobody can
// have. What others are known to hold came from them; and once somebody was told, that is
// known in later runs, too.
func TestWhatWasToldToNobodyIsKnownInLaterRuns(t *testing.T) {
	ctx, store := t.Context(), indextest.NewMemory()
	self, ben := index.Actor{Device: 1, Epoch: 7}, index.DeviceID{7: 2}
	file := func(p index.Path) index.File {
		return index.File{Path: p, Kind: index.Directory, Version: index.Version{{Actor: self, Count: 1}}, By: 1}
	}
	run := func() *folder { return runs(t, store) }
	f := run()
	mine, theirs := file(pathNumber(0)), file(pathNumber(1))
	last, _, err := store.Commit(ctx, f.id, []index.Record{{File: mine}, {File: theirs}})
	if err == nil {
		err = store.Learn(ctx, f.id, ben, []index.File{theirs}, index.Cursor{Epoch: 9, Seq: 1}, true, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	strange := func(f *folder, file index.File) bool {
		t.Helper()
		recs, err := store.Get(ctx, f.id, []index.Path{file.Path}, false)
		if err != nil {
			t.Fatal(err)
		}
		_, is, err := f.forgot(ctx, recs, []index.File{file}, self)
		if err != nil {
			t.Fatal(err)
		}
		return is
	}
	edited := func(file index.File) index.File {
		file.Kind, file.Target, file.Version = index.Symlink, "elsewhere", file.Version.Bump(index.Actor{Device: 2, Epoch: 9})
		return file
	}
	f = run()
	if !f.lives.alone() || !strange(f, edited(mine)) || strange(f, edited(theirs)) {
		t.Errorf("in the next run it is alone: %v; others may have its count: %v; or their own: %v", f.lives.alone(), !strange(f, edited(mine)), !strange(f, edited(theirs)))
	}
	if strange(f, mine) {
		t.Error("what others have just as we do is taken for something else")
	}
	if err := f.lives.tell(ctx, f, last); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if f.lives.alone() || strange(f, edited(mine)) {
			t.Error("what was told is taken for untold")
		}
		f = run()
	}
}

// TestWhatWasCountedOnTopIsKnownInLaterRuns: also once it was told, and only for as long as
// the record is what was counted.
func TestWhatWasCountedOnTopIsKnownInLaterRuns(t *testing.T) {
	ctx, store := t.Context(), indextest.NewMemory()
	self, ben := index.Actor{Device: 1, Epoch: 7}, index.Actor{Device: 2, Epoch: 9}
	rec := func(p index.Path, count uint64) index.Record {
		return index.Record{File: index.File{Path: p, Kind: index.Directory, Version: index.Version{{Actor: self, Count: count}, {Actor: ben, Count: 1}}, By: ben.Device}}
	}
	note := func(f *folder, r index.Record) {
		t.Helper()
		if err := f.lives.settle(ctx, f, []settled{{Path: r.Path, Epoch: self.Epoch, Count: r.Version.Count(self)}}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := store.Commit(ctx, f.id, []index.Record{r}); err != nil {
			t.Fatal(err)
		}
	}
	f := runs(t, store)
	one := rec(pathNumber(0), 3)
	note(f, one)
	if err := f.lives.tell(ctx, f, 1); err != nil {
		t.Fatal(err)
	}
	other := index.Actor{Device: 1, Epoch: 8}
	for range 2 {
		f = runs(t, store)
		if !f.lives.isCounted(one, self, 1) {
			t.Error("what was counted on top is taken for what came from another one")
		}
		if f.lives.isCounted(rec(one.Path, 4), self, 1) || f.lives.isCounted(rec(pathNumber(1), 3), self, 1) || f.lives.isCounted(one, other, 1) || f.lives.isCounted(one, self, 2) {
			t.Error("what came from another one, or was counted in a life before those, is taken for what was counted on top")
		}
	}
	for i := range mostSettled {
		note(f, rec(pathNumber(i+1), 1))
	}
	if f = runs(t, store); len(f.lives.settled) != mostSettled || f.lives.isCounted(one, self, 1) || !f.lives.isCounted(rec(pathNumber(mostSettled), 1), self, 2) {
		t.Errorf("%d are remembered, or not the latest ones", len(f.lives.settled))
	}
}

// TestALifeThatIsNotTheirs: who heard a number in a life that is none of ours heard nothing of
// the life in which it was given out here, whoever else did.
func TestALifeThatIsNotTheirs(t *testing.T) {
	l := lives{begun: true, all: []stretch{{From: 1, Life: 1, Met: true}, {From: 10, Life: 2, Met: true}, {From: 20, Life: 3}}}
	for _, c := range []struct {
		name  string
		life  uint64
		heard index.Seq
		from  index.Seq
	}{
		{"of ours", 1, 5, 10},
		{"of none, where another one met us since", 4, 15, 10},
		{"of none, before that", 4, 5, 1},
		{"of none, in the latest", 4, 25, 20},
		{"of none, and of another epoch", 4, 0, 20},
		{"not known", 0, 15, 20},
	} {
		if from := l.unmet(c.life, c.heard); from != c.from {
			t.Errorf("%s: from %d, not %d", c.name, from, c.from)
		}
	}
}

// TestWhatCannotBeNotedIsNotToldYet: a note that was not written leaves all as it was, and is
// written when it is tried again.
func TestWhatCannotBeNotedIsNotToldYet(t *testing.T) {
	store := indextest.NewMemory()
	f := runs(t, store)
	broken, cancel := context.WithCancel(t.Context())
	cancel()
	f.store = ended{store}
	mine := []settled{{Path: pathNumber(0), Epoch: 7, Count: 1}}
	if f.lives.tell(t.Context(), f, 1) == nil || f.lives.meet(t.Context(), f, 1) == nil || f.lives.settle(t.Context(), f, mine) == nil {
		t.Fatal("what was not written passes for written")
	}
	leave, err := f.lives.noting.enter(t.Context())
	if err != nil || f.lives.tell(broken, f, 1) == nil {
		t.Fatal("what waits for another note does not end with who waits")
	}
	leave()
	if f.lives.isTold() || f.lives.all[0].Met || len(f.lives.settled) > 0 {
		t.Error("what was not noted is remembered")
	}
	f.store = store
	if f.lives.tell(t.Context(), f, 1) != nil || f.lives.meet(t.Context(), f, 1) != nil || f.lives.settle(t.Context(), f, mine) != nil {
		t.Fatal("cannot be noted")
	}
	if !f.lives.isTold() || !f.lives.all[0].Met || len(f.lives.settled) != 1 {
		t.Error("what was noted is not remembered")
	}
	if f = runs(t, store); f.lives.alone() || len(f.lives.settled) != 1 {
		t.Error("what was noted is not known in the next run")
	}
}

// TestWhatIsCountedIsKnownAsItIsCommitted: a member may tell of something else under that
// count before the commit has returned.
func TestWhatIsCountedIsKnownAsItIsCommitted(t *testing.T) {
	ctx, store := t.Context(), indextest.NewMemory()
	self := index.Actor{Device: 1, Epoch: 7}
	f := runs(t, store)
	s := &shape{}
	s.plan.Self = self
	f.shape.Store(s)
	mine := index.File{Path: pathNumber(0), Kind: index.Directory, Version: index.Version{{Actor: self, Count: 1}}, By: 1}
	theirs := mine
	theirs.Kind, theirs.Target, theirs.Version = index.Symlink, "elsewhere", theirs.Version.Bump(index.Actor{Device: 2, Epoch: 9})
	known := false
	f.store = committing{store, func() {
		recs, err := store.Get(ctx, f.id, []index.Path{mine.Path}, false)
		if err == nil {
			_, known, err = f.forgot(ctx, recs, []index.File{theirs}, self)
		}
		if err != nil {
			t.Error(err)
		}
	}}
	if _, err := f.commitCounted(ctx, []index.Record{{File: mine}}); err != nil || !known {
		t.Errorf("%v; the count is known: %v", err, known)
	}
}

// committing is a store in which something happens as a commit is done.
type committing struct {
	Store
	done func()
}

func (c committing) Commit(ctx context.Context, id index.FolderID, records []index.Record) (index.Seq, []int, error) {
	defer c.done()
	return c.Store.Commit(ctx, id, records)
}

// ended is a store that takes no notes any more.
type ended struct{ Store }

func (ended) SetValue(context.Context, index.FolderID, string, string) error {
	return errors.New("the disk is gone")
}

// runs starts a folder's lives once more.
func runs(t *testing.T, store *indextest.Memory) *folder {
	t.Helper()
	f := &folder{store: store, e: &Engine{cfg: Config{Random: rand.Uint32}}}
	at, err := store.Open(t.Context(), f.id, 7)
	if err == nil {
		err = f.lives.begin(t.Context(), f, at.Seq)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}
