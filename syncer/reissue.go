package syncer

import (
	"context"
	"slices"

	"kith/index"
)

// reissue gives new versions, in a new epoch, to what was counted here in lives that no
// member has heard of: their counts were used before, for something else. They do not
// follow upon what the others have under those counts.
//
// What is decided in the new epoch from then on is left alone: the old counts in it are
// those that the others told.
func (f *folder) reissue(ctx context.Context, from index.Seq, oldEpoch, epoch index.Epoch) error {
	self := f.e.cfg.Self.Short()
	old, fresh := index.Actor{Device: self, Epoch: oldEpoch}, index.Actor{Device: self, Epoch: epoch}
	begun, err := f.store.Open(ctx, f.id, epoch)
	if err != nil {
		return err
	}
	gone, err := f.goneSince(ctx, from)
	if err != nil {
		return err
	}
	for at := from - 1; ; {
		recs, err := f.store.Since(ctx, f.id, at, updateFiles, inlineBlocks)
		if err != nil || len(recs) == 0 {
			return err
		}
		at = recs[len(recs)-1].Seq
		recs = slices.DeleteFunc(recs, func(r index.Record) bool { return r.Seq > begun.Seq && r.Version.Count(fresh) > 0 })
		for len(recs) > 0 {
			batch, err := f.recounted(ctx, recs, gone, from, old, fresh)
			if err != nil {
				return err
			}
			busy, err := f.commitAnew(ctx, batch)
			if err != nil {
				return err
			}
			// Saved once more meanwhile, on top of a count that was used before.
			if recs, err = f.store.Get(ctx, f.id, busy, true); err != nil {
				return err
			}
		}
	}
}

// goneSince returns the roots of what was deleted from a sequence number on.
func (f *folder) goneSince(ctx context.Context, from index.Seq) (map[index.Hash]bool, error) {
	gone := make(map[index.Hash]bool)
	for at := from - 1; ; {
		recs, err := f.store.Since(ctx, f.id, at, updateFiles, 0)
		if err != nil || len(recs) == 0 {
			return gone, err
		}
		at = recs[len(recs)-1].Seq
		for _, r := range recs {
			if r.Kind == index.Deleted && !r.Root.IsZero() {
				gone[r.Root] = true
			}
		}
	}
}

// commitAnew commits records that got another version and stand for the same: what a power
// cut left of their files, or may have left, stays known as that.
func (f *folder) commitAnew(ctx context.Context, batch []index.Record) (stale []index.Path, err error) {
	if f.remains.any() || !f.doubt.Load().none() {
		had, err := f.store.Get(ctx, f.id, pathsOf(batch), false)
		if err != nil {
			return nil, err
		}
		if err := f.remains.follow(ctx, f, had, batch); err != nil {
			return nil, err
		}
		f.doubtNow(func(d doubt) doubt { return d.follow(had, batch) })
	}
	return f.commit(ctx, batch)
}

// recounted returns those of some records that were counted here by an old actor, under a
// fresh one's count. Who settles something by what another one made counts on top of that:
// that is noted where nobody was told before. Of more than is noted, what was settled in an
// earlier run is told by that other one's not holding it.
//
// What may have been taken for moved (gone has what was deleted since) is read again: it may
// have been written over before that, with its old size and time, which only the index knew
// that is gone.
func (f *folder) recounted(ctx context.Context, recs []index.Record, gone map[index.Hash]bool, since index.Seq, old, fresh index.Actor) ([]index.Record, error) {
	recs = slices.DeleteFunc(recs, func(r index.Record) bool { return r.Version.Count(old) == 0 })
	paths := make([]index.Path, len(recs))
	for i, r := range recs {
		paths[i] = r.Path
	}
	cases, err := f.store.Cases(ctx, f.id, paths)
	if err != nil {
		return nil, err
	}
	var batch []index.Record
	for i, r := range recs {
		if r.By != old.Device && !f.lives.isCounted(r, old, since) && (r.Away() || received(r.File, cases[i].Others)) {
			continue
		}
		r.Version = countedBy(fresh, r.File, func(c index.Counter) bool { return c.Actor == old })
		if r.Kind == index.Regular && gone[r.Root] && !f.doubt.Load().has(r) && f.remains.of(r) == nil { // these are read in any case
			r.Identity = toReadAgain(r.Identity)
		}
		batch = append(batch, r)
	}
	return batch, nil
}

// countedBy returns the version of what was counted by past actors, under a fresh one's count.
// Where something was deleted that had been changed here before, that is two counts: by one
// alone it would pass for the deletion of what the others have, and their edits for edits of it.
func countedBy(fresh index.Actor, f index.File, past func(index.Counter) bool) index.Version {
	changes := uint64(0)
	for _, c := range f.Version {
		if past(c) {
			changes += c.Count
		}
	}
	v := slices.DeleteFunc(slices.Clone(f.Version), past).Bump(fresh)
	if f.Kind == index.Deleted && changes > 1 {
		v = v.Bump(fresh)
	}
	return v
}

// received reports whether what another one made came here as it is: that one holds it, or
// what followed upon it.
func received(have index.File, others []index.Holding) bool {
	return slices.ContainsFunc(others, func(o index.Holding) bool {
		return o.Device.Short() == have.By && o.Version.Contains(have.Version) && !differs(have, o.File)
	})
}

// differs reports whether one version stands for two things.
func differs(f, g index.File) bool {
	told := func(f index.File) bool { return f.Live() || f.Kind == index.Deleted }
	return told(f) && told(g) && f.Version.Compare(g.Version) == index.Equal && !f.SameContent(g)
}

// partWays gives new versions to what lies at paths where others hold something else under
// the same ones: these follow upon no change of ours of an earlier epoch, as any of them may
// be what was counted twice.
func (f *folder) partWays(ctx context.Context, files []index.File) error {
	paths := make([]index.Path, len(files))
	for i, file := range files {
		paths[i] = file.Path
	}
	recs, err := f.store.Get(ctx, f.id, paths, true)
	if err != nil {
		return err
	}
	self := f.plan().Self
	past := func(c index.Counter) bool { return c.Actor.Device == self.Device && c.Actor != self }
	var batch []index.Record
	for i, r := range recs {
		if differs(r.File, files[i]) {
			r.Version = countedBy(self, r.File, past)
			batch = append(batch, r)
		}
	}
	_, err = f.commitAnew(ctx, batch) // what is changed meanwhile has another version in any case
	return err
}
