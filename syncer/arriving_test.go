package syncer

import (
	"context"
	"testing"

	"kith/index"
	"kith/syncer/plan"
)

// knowing is a store that keeps notes, and knows what one member holds.
type knowing struct {
	notes
	anna map[index.Path]index.File
}

func (k knowing) Cases(_ context.Context, _ index.FolderID, paths []index.Path) (cases []index.Case, _ error) {
	for _, p := range paths {
		c := index.Case{Path: p}
		if file, ok := k.anna[p]; ok {
			c.Others = []index.Holding{{Device: index.DeviceID{1}, File: file}}
		}
		cases = append(cases, c)
	}
	return cases, nil
}

// TestWhatNobodyHoldsAnyMoreIsNotedBeforeItArrives: so the next life knows it, if this one
// ends before it is recorded.
func TestWhatNobodyHoldsAnyMoreIsNotedBeforeItArrives(t *testing.T) {
	path := index.MustPath("a")
	saved := func(n byte) index.File {
		by := index.Actor{Device: index.DeviceID{1}.Short(), Epoch: 1}
		f := index.File{Path: path, Kind: index.Regular, Size: 1, Modified: int64(n), Mode: 0o644, Root: index.Hash{n}, By: by.Device}
		for range n {
			f.Version = f.Version.Bump(by)
		}
		return f
	}
	fetching(t, func(ctx context.Context, f *folder, _ *drafts) {
		members := plan.Folder{Members: []index.Member{{Device: index.DeviceID{2}, Role: index.Receive}, {Device: index.DeviceID{1}, Role: index.Both}}}
		f.shape.Store(&shape{plan: members})
		for _, c := range []struct {
			name  string
			holds byte   // which version anna holds as the first one is put in place
			tells []byte // and which ones she tells meanwhile
			anew  bool
			stale bool // something was heard since it was decided
			noted bool
		}{
			{name: "held", holds: 1},
			{name: "held, and something else was heard", holds: 1, stale: true},
			{name: "not held any more", holds: 2, stale: true, noted: true},
			{name: "told of meanwhile", holds: 1, tells: []byte{1}},
			{name: "a newer one is told meanwhile", holds: 1, tells: []byte{2}, noted: true},
			{name: "all is told anew", holds: 1, anew: true, noted: true},
		} {
			store := knowing{notes{of: map[string]string{}}, map[index.Path]index.File{path: saved(c.holds)}}
			f.store = store
			a := &f.arriving
			j := &job{step: plan.Step{Want: saved(1)}, heard: f.heard.Load()}
			if c.stale {
				f.heard.Add(1)
			}
			if err := a.begin(ctx, f, []*job{j}); err != nil {
				t.Fatal(err)
			}
			var files []index.File
			for _, n := range c.tells {
				files = append(files, saved(n))
			}
			done, err := a.learn(ctx, f, files, c.anew)
			if err != nil {
				t.Fatal(err)
			}
			done()
			next := &folder{store: store, log: f.log}
			if err := next.arriving.load(ctx, next); err != nil {
				t.Fatal(err)
			}
			switch held := next.arriving.held(members, path); {
			case (len(held) == 1) != c.noted:
				t.Errorf("%s: the next life knows of %v", c.name, held)
			case c.noted && (!held[0].Same(saved(1)) || held[0].Version.Compare(saved(1).Version) != index.Equal || held[0].Device != index.DeviceID{1}):
				t.Errorf("%s: the next life takes it for %+v", c.name, held[0])
			}
			a.recorded(ctx, f, []index.Record{{File: saved(1)}})
			a.end([]*job{j})
			if store.of[noteArriving] != "" {
				t.Errorf("%s: it stays noted", c.name)
			}
		}
	})
}

// TestWhatIsSetAsideIsNotedBeforeItIs: nobody else holds what settles a conflict, nor the
// copy that comes of it, and what the next life does not know somebody has saved.
func TestWhatIsSetAsideIsNotedBeforeItIs(t *testing.T) {
	ben := index.Actor{Device: index.DeviceID{2}.Short(), Epoch: 1}
	at := func(path string, content byte, v index.Version) index.File {
		return index.File{Path: index.MustPath(path), Kind: index.Regular, Size: 1, Modified: 1, Mode: 0o644, Root: index.Hash{content}, Version: v}
	}
	fetching(t, func(ctx context.Context, f *folder, _ *drafts) {
		members := plan.Folder{Self: ben, Members: []index.Member{{Device: index.DeviceID{1}, Role: index.Both}, {Device: index.DeviceID{2}, Role: index.Both}}}
		f.shape.Store(&shape{plan: members})
		theirs := index.Version(nil).Bump(index.Actor{Device: index.DeviceID{1}.Short(), Epoch: 1})
		store := knowing{notes{of: map[string]string{}}, map[index.Path]index.File{index.MustPath("a"): at("a", 1, theirs)}}
		f.store = store
		settled, copied := at("a", 1, theirs.Bump(ben)), at("a (conflict)", 2, index.Version(nil).Bump(ben))
		j := &job{step: plan.Step{Want: settled}, aside: &index.Record{File: copied}, settles: true, heard: f.heard.Load()}
		if err := f.arriving.begin(ctx, f, []*job{j}); err != nil {
			t.Fatal(err)
		}
		next := &folder{store: store, log: f.log}
		if err := next.arriving.load(ctx, next); err != nil {
			t.Fatal(err)
		}
		if held := next.arriving.held(members, copied.Path); len(held) != 1 || !held[0].Same(copied) {
			t.Errorf("of the copy the next life knows %+v", held)
		}
		f.arriving.recorded(ctx, f, []index.Record{{File: settled}, {File: copied}})
		f.arriving.end([]*job{j})
		if store.of[noteArriving] != "" || len(f.arriving.wants) > 0 {
			t.Errorf("recorded, and still noted: %q, %v", store.of[noteArriving], f.arriving.wants)
		}
	})
}

// TestAnEditOfWhatIsSetAsideIsFound: whoever has the file open writes on while it becomes a
// conflict copy. What our index says of it was read before, so it goes by that.
func TestAnEditOfWhatIsSetAsideIsFound(t *testing.T) {
	fetching(t, func(_ context.Context, f *folder, _ *drafts) {
		f.shape.Store(&shape{})
		f.e.cfg.Event = func(Event) {}
		was := index.Identity{Inode: 7, Size: 3, Modified: 1, Changed: 1, Mode: 0o644}
		now := was
		now.Modified, now.Changed, now.Mode = 2, 2, 0o755
		loser := index.File{Path: index.MustPath("a"), Kind: index.Regular, Size: 3, Modified: 1, Mode: 0o644}
		kept := loser
		kept.Path = index.MustPath("a (conflict)")
		j := &job{
			step:    plan.Step{Have: index.Record{File: loser, Identity: was}, Want: loser, Aside: kept.Path},
			records: []index.Record{{File: loser}},
			aside:   &index.Record{File: kept},
		}
		recs := f.finished(j, plan.Outcome{Now: index.Identity{Inode: 8}, AsideNow: now})
		if n := len(recs); n != 2 || recs[1].Path != kept.Path {
			t.Fatalf("records of %d", n)
		}
		id := recs[1].Identity
		if id == now || id.Modified != was.Modified || id.Mode != was.Mode || id.Inode != now.Inode {
			t.Errorf("our index has %+v, the disk %+v: the edit passes for how the disk shows what is known", id, now)
		}
	})
}
