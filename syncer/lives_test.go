package syncer

import (
	"testing"

	"kith/index"
	"kith/index/indextest"
)

// TestWhatWasToldToNobodyIsKnownInLaterRuns: what a run counted and told to nobody, nobody can
// have. What others are known to hold came from them; and once somebody was told, that is
// known in later runs, too.
func TestWhatWasToldToNobodyIsKnownInLaterRuns(t *testing.T) {
	ctx, store, life := t.Context(), indextest.NewMemory(), uint32(0)
	self, ben := index.Actor{Device: 1, Epoch: 7}, index.DeviceID{7: 2}
	file := func(p index.Path) index.File {
		return index.File{Path: p, Kind: index.Directory, Version: index.Version{{Actor: self, Count: 1}}, By: 1}
	}
	run := func() *folder {
		f := &folder{store: store, e: &Engine{cfg: Config{Random: func() uint32 { life++; return life }}}}
		at, err := store.Open(ctx, f.id, 7)
		if err == nil {
			err = f.lives.begin(ctx, f, at.Seq)
		}
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
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
	f = run()
	if !f.lives.alone() || !strange(f, mine) || strange(f, theirs) {
		t.Errorf("in the next run it is alone: %v; others may have its count: %v; or their own: %v", f.lives.alone(), !strange(f, mine), !strange(f, theirs))
	}
	if err := f.lives.tell(ctx, f, last); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if f.lives.alone() || strange(f, mine) {
			t.Error("what was told is taken for untold")
		}
		f = run()
	}
}
