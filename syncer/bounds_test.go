package syncer

import (
	"fmt"
	"testing"
	"time"

	"kith/index"
	"kith/index/indextest"
)

// What a folder remembers as long as it runs must not grow with the time it runs.

func pathNumber(i int) index.Path { return index.MustPath(fmt.Sprintf("path/%d", i)) }

// TestWhatNoLookMeetsIsForgotten: temporary files are met while they are written, and
// never again.
func TestWhatNoLookMeetsIsForgotten(t *testing.T) {
	var s settling
	start := time.Unix(1_800_000_000, 0)
	gone, there := pathNumber(0), pathNumber(1)
	s.age(gone, start)
	s.remember(index.Record{File: index.File{Path: gone}})
	s.age(there, start)
	s.lookedAt(start.Add(unmetFor/2), everywhere)
	if len(s.paths) != 2 || len(s.was) != 1 {
		t.Fatalf("a moment later %v and %v are remembered", s.paths, s.was)
	}
	if s.within(pathNumber(0)) || s.within(pathNumber(1)) {
		t.Error("what the last look did not meet counts as what it met")
	}
	later := start.Add(30 * 24 * time.Hour)
	if age := s.age(there, later); age != later.Sub(start) {
		t.Errorf("what is met again counts from %v ago", age)
	}
	s.lookedAt(later.Add(time.Second), func(p index.Path) bool { return p == gone })
	if s.within(gone) || !s.within(there) {
		t.Error("a look elsewhere changes what was met here")
	}
	s.lookedAt(later, everywhere)
	if len(s.paths) != 1 || s.since(there) != start || len(s.was) != 0 {
		t.Errorf("%v and %v are remembered", s.paths, s.was)
	}
}

// TestManyHintsStandForEverything: a look at a large folder takes an hour, in which programs
// make and remove files.
func TestManyHintsStandForEverything(t *testing.T) {
	m := machine{open: true, looked: true, scanning: true}
	for i := range mostPaths + 1 {
		m.step(hinted{paths: []index.Path{pathNumber(i)}})
	}
	if len(m.look.paths) > 0 {
		t.Errorf("%d paths are remembered", len(m.look.paths))
	}
	if words := say(m.step(scanned{})); len(words) == 0 || words[0] != "scan all" {
		t.Errorf("then it does %v", words)
	}
}

// TestNapsOfWhatNobodyTriesEnd: a path that could not be brought may not be wanted any
// more, and nobody says so.
func TestNapsOfWhatNobodyTriesEnd(t *testing.T) {
	var b scoreboard
	b.init()
	now := time.Unix(1_800_000_000, 0)
	for i := range 100 {
		b.rest(pathNumber(i), now)
	}
	b.nextNap(now.Add(longestNap))
	if n := len(b.naps); n != 100 {
		t.Errorf("%d naps are remembered while they may count", n)
	}
	if b.nextNap(now.Add(forgottenAfter + time.Minute)); len(b.naps) > 0 {
		t.Errorf("%d naps are remembered when nobody tried again", len(b.naps))
	}
}

// TestUntoldCountsAreBounded: a device may be alone for months, and much saved on it.
func TestUntoldCountsAreBounded(t *testing.T) {
	l, f := lives{begun: true, all: []stretch{{From: 10, Life: 1, Mute: true}}}, &folder{store: indextest.NewMemory()}
	if _, err := f.store.Open(t.Context(), f.id, 1); err != nil {
		t.Fatal(err)
	}
	self := index.Actor{Device: 1, Epoch: 1}
	for i := range mostUntold + 10 {
		l.count(pathNumber(i), 1)
	}
	if n := len(l.counted); n != mostUntold {
		t.Errorf("%d are remembered", n)
	}
	rec := func(i int, seq index.Seq) index.Record {
		return index.Record{File: index.File{Path: pathNumber(i), Version: index.Version{}.Bump(self)}, Seq: seq}
	}
	if !l.isUntold(rec(0, 20), self) || !l.isUntold(rec(mostUntold+5, 20), self) || l.isUntold(rec(mostUntold+20, 9), self) {
		t.Error("what was counted in this life is not known, or what was before it is taken for that")
	}
	if err := l.tell(t.Context(), f, 20); err != nil || l.isUntold(rec(mostUntold+5, 20), self) || l.alone() {
		t.Error("what was told is taken for untold")
	}
}

func TestBegunFilesAreBounded(t *testing.T) {
	var b begun
	for i := range mostBegun + 10 {
		b.leave(index.File{Path: pathNumber(i), Kind: index.Regular})
	}
	last := index.File{Path: pathNumber(mostBegun + 9), Kind: index.Deleted}
	if n := len(b.wants); n != mostBegun || len(b.before(last, false)) != 1 {
		t.Errorf("%d are remembered, the last one among them: %v", n, n == mostBegun)
	}
}

// TestRemainsOfWhatWasSavedOverAreForgotten as the folder is opened again.
func TestRemainsOfWhatWasSavedOverAreForgotten(t *testing.T) {
	ctx, store := t.Context(), indextest.NewMemory()
	f := &folder{store: store}
	f.doubt.Store(&doubt{})
	if _, err := store.Open(ctx, f.id, 1); err != nil {
		t.Fatal(err)
	}
	file := func(i int) index.File {
		return index.File{Path: pathNumber(i), Kind: index.Directory, Version: index.Version{{Actor: index.Actor{Device: 1, Epoch: 1}, Count: uint64(i + 1)}}}
	}
	torn := []index.Record{{File: file(0)}, {File: file(1)}}
	if _, _, err := store.Commit(ctx, f.id, torn); err != nil {
		t.Fatal(err)
	}
	for i := range torn {
		torn[i].Seq = index.Seq(i + 1)
		if err := f.remains.add(ctx, f, torn[i], index.Identity{Inode: 9}); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := store.Commit(ctx, f.id, torn[:1]); err != nil { // saved over
		t.Fatal(err)
	}
	saved, err := store.Get(ctx, f.id, []index.Path{torn[0].Path}, false)
	if err != nil {
		t.Fatal(err)
	}
	f.doubt.Store(&doubt{after: 2, upTo: 3}) // a power cut may have undone that
	f.remains = remains{}
	if err := f.remains.load(ctx, f); err != nil {
		t.Fatal(err)
	}
	if !f.remains.wasLeft(saved[0], index.Identity{Inode: 9}) || f.remains.wasLeft(saved[0], index.Identity{Inode: 8}) || f.remains.of(saved[0]) != nil {
		t.Error("what a power cut may bring back from under what was saved is not known, or passes for what is left of that")
	}
	f.doubt.Store(&doubt{})
	f.remains = remains{}
	if err := f.remains.load(ctx, f); err != nil {
		t.Fatal(err)
	}
	if f.remains.has(torn[0].Path) || f.remains.of(torn[1]) == nil {
		t.Errorf("%v are remembered", f.remains.left)
	}
}
