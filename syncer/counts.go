package syncer

import (
	"bytes"
	"context"
	"slices"
	"time"

	"kith/index"
	"kith/peer/wire"
)

// An index that was brought back is found out by the members who heard it. Who did not,
// because it was away, may still hold what it has forgotten, by way of others. That shows
// in what the member tells, and has to be looked at before it is told what was changed
// here since: the counts of that may have been used before.

// hearAtMost is how long telling waits for all that a member has to say.
const hearAtMost = 10 * time.Second

// hearFirst waits until all that a member has to say was heard, if something was changed
// here in this life and nobody was told yet. Where both are so, one of them goes first.
func (f *folder) hearFirst(ctx context.Context, c *conversation, sub wire.Subscribe) error {
	if self, d := f.e.cfg.Self, c.link.Device(); !c.alone || sub.Alone && bytes.Compare(self[:], d[:]) < 0 {
		return nil
	}
	limit := time.NewTimer(hearAtMost)
	defer limit.Stop()
	for {
		heard := c.heardAll.wait()
		if c.caughtUp.Load() {
			return nil
		}
		select {
		case <-heard:
		case <-limit.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// commitCounted commits records. Which of them we count ourselves is noted before, as long as
// it may turn out that these counts were used before: a member may tell of them right after.
func (f *folder) commitCounted(ctx context.Context, batch []index.Record) (stale []int, err error) {
	self := f.plan().Self
	if !f.epochs.isBorn() && !f.lives.isTold() {
		had, err := f.store.Get(ctx, f.id, pathsOf(batch), false)
		if err != nil {
			return nil, err
		}
		var onTop []settled
		for i, was := range had {
			to := batch[i].Version.Count(self)
			if to <= was.Version.Count(self) {
				continue
			}
			f.lives.count(batch[i].Path, to)
			if batch[i].By != self.Device {
				onTop = append(onTop, settled{Path: batch[i].Path, Epoch: self.Epoch, Count: to})
			}
		}
		if err := f.lives.settle(ctx, f, onTop); err != nil {
			return nil, err
		}
	}
	_, stale, err = f.store.Commit(ctx, f.id, batch)
	return stale, err
}

// ownCounts holds what a member tells against what our index has of its own changes. A
// count that it does not have, or has for something else, was given out before the
// index was set back, and came to the member by way of others: a new epoch begins, though
// the member itself heard nothing of us since. (Of an epoch that began in this run of
// the program nobody can know such a thing.) Where a version stands for two things even so,
// because it was told before that to who could not know better, ours gets another one.
func (f *folder) ownCounts(ctx context.Context, files []index.File) error {
	leave, err := f.renewal.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	self := f.plan().Self
	var ours []index.File
	var paths []index.Path
	for _, file := range files {
		if slices.ContainsFunc(file.Version, func(c index.Counter) bool { return c.Actor.Device == self.Device }) {
			ours, paths = append(ours, file), append(paths, file.Path)
		}
	}
	if len(paths) == 0 {
		return nil
	}
	recs, err := f.store.Get(ctx, f.id, paths, false)
	if err != nil {
		return err
	}
	since, strange, err := f.forgot(ctx, recs, ours, self)
	if err != nil {
		return err
	}
	if strange {
		f.log.Warn("others hold what our index does not know that we changed: a new epoch begins")
		if err := f.renew(ctx, since, self.Epoch, 0); err != nil {
			return err
		}
	}
	var twice []index.File
	for i, rec := range recs {
		if differs(rec.File, ours[i]) {
			twice = append(twice, ours[i])
		}
	}
	if len(twice) == 0 {
		return nil
	}
	return f.partWays(ctx, twice)
}

// forgot reports whether what others hold has counts of this epoch that our index does not
// have, or has for something else, and the first number of it that was given out since. What
// was committed and told to nobody others may hold as well, where it unites what all had.
func (f *folder) forgot(ctx context.Context, recs []index.Record, theirs []index.File, self index.Actor) (since index.Seq, strange bool, err error) {
	if f.epochs.isBorn() {
		return 0, false, nil
	}
	since = f.lives.unmet(0, 0)
	var mute []index.Path
	for i, rec := range recs {
		here, there := rec.Version.Count(self), theirs[i].Version.Count(self)
		switch {
		case there == 0:
		case differs(rec.File, theirs[i]):
			strange, since = true, min(since, f.lives.began(rec.Seq))
		case there > here, there == here && f.lives.isUntold(rec, self):
			strange = true
		case there == here && f.lives.wasMute(rec) && !rec.Away() && !rec.SameContent(theirs[i]):
			mute = append(mute, rec.Path)
		}
	}
	if strange || len(mute) == 0 {
		return since, strange, nil
	}
	strange, err = f.ownCounted(ctx, mute)
	return since, strange, err
}

// ownCounted reports whether our index has something at some paths that did not come from
// another one, as far as it knows.
func (f *folder) ownCounted(ctx context.Context, paths []index.Path) (bool, error) {
	cases, err := f.store.Cases(ctx, f.id, paths)
	return slices.ContainsFunc(cases, func(c index.Case) bool {
		return !slices.ContainsFunc(c.Others, func(o index.Holding) bool { return o.Version.Contains(c.Have.Version) })
	}), err
}
