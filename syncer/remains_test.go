package syncer

import (
	"testing"

	"kith/index"
	"kith/index/indextest"
)

// TestRemainsFollowTheirRecord: whatever is known of a file that does not live up to its
// record is known of it under the versions that the record gets, one after the other, and
// in later runs; but not once something else is recorded there.
func TestRemainsFollowTheirRecord(t *testing.T) {
	ctx, store := t.Context(), indextest.NewMemory()
	p, self := pathNumber(0), index.Actor{Device: 1, Epoch: 7}
	f := &folder{store: store, e: &Engine{}}
	commit := func(file index.File, seq index.Seq) index.Record {
		t.Helper()
		file.Path, file.Kind, file.By = p, index.Regular, 1
		if _, _, err := store.Commit(ctx, f.id, []index.Record{{File: file, Seq: seq}}); err != nil {
			t.Fatal(err)
		}
		recs, err := store.Get(ctx, f.id, []index.Path{p}, false)
		if err != nil {
			t.Fatal(err)
		}
		return recs[0]
	}
	if _, err := store.Open(ctx, f.id, 7); err != nil {
		t.Fatal(err)
	}
	had := commit(index.File{Version: index.Version{}.Bump(self)}, 0)
	left := index.Identity{Inode: 9, Size: 3}
	if err := f.remains.takeBack(ctx, f, []found{{had: had, seen: index.Entry{Identity: left}}}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		next := had
		next.Version = had.Version.Bump(index.Actor{Device: 2, Epoch: 7})
		if err := f.remains.follow(ctx, f, []index.Record{had}, []index.Record{next}); err != nil {
			t.Fatal(err)
		}
		if f.remains.of(had) == nil {
			t.Error("what is to be counted anew is not known to be torn any more, before it is")
		}
		had = commit(next.File, had.Seq)
		f.remains = remains{}
		if err := f.remains.load(ctx, f); err != nil {
			t.Fatal(err)
		}
		if seen := f.remains.of(had); seen == nil || *seen != left || !f.remains.unwanted(had) {
			t.Errorf("as %v it is known to be left: %v, and unwanted: %v", had.Version, seen, f.remains.unwanted(had))
		}
	}
	saved := had.File
	saved.Version = had.Version.Bump(self)
	if had = commit(saved, had.Seq); f.remains.of(had) != nil || f.remains.unwanted(had) {
		t.Error("what was saved passes for what a power cut left")
	}
}

// TestWhatCannotBeNotedIsNotRemembered: or the next try would find that there is no news, and
// the next run would know nothing of it.
func TestWhatCannotBeNotedIsNotRemembered(t *testing.T) {
	ctx, store := t.Context(), indextest.NewMemory()
	f := runs(t, store)
	file := index.File{Path: pathNumber(0), Kind: index.Regular, Version: index.Version{}.Bump(index.Actor{Device: 1, Epoch: 7}), By: 1}
	if _, _, err := store.Commit(ctx, f.id, []index.Record{{File: file}}); err != nil {
		t.Fatal(err)
	}
	had := index.Record{File: file, Seq: 1}
	if err := f.epochs.begin(ctx, f, 7, true); err != nil {
		t.Fatal(err)
	}
	const before = 5 // an epoch
	try := func(to Store) (torn, past error) {
		f.store = to
		torn = f.remains.add(ctx, f, had, index.Identity{Inode: 9})
		_, past = f.epochs.precede(ctx, f, before)
		return torn, past
	}
	if torn, past := try(ended{store}); torn == nil || past == nil {
		t.Fatal("what was not written passes for written")
	}
	if f.remains.of(had) != nil {
		t.Error("what was not noted is remembered")
	}
	if torn, past := try(store); torn != nil || past != nil {
		t.Fatal(torn, past)
	}
	f = runs(t, store)
	if err := f.remains.load(ctx, f); err != nil {
		t.Fatal(err)
	}
	if err := f.epochs.begin(ctx, f, 7, false); err != nil {
		t.Fatal(err)
	}
	known, err := f.epochs.precede(ctx, f, before)
	if f.remains.of(had) == nil || !known || err != nil {
		t.Errorf("the next run knows what is left: %v, and which epoch is past: %v, %v", f.remains.of(had), known, err)
	}
}
