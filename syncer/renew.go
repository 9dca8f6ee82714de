package syncer

import (
	"context"

	"kith/index"
	"kith/peer/wire"
)

// ownCursor returns how far our own index goes. If the member remembers more of
// this epoch than we do, other lives of it, or a later epoch, our index was rolled
// back: a new epoch begins, so that no number is used twice.
//
// Several members may say so at once; the second one finds the epoch of the first.
func (f *folder) ownCursor(ctx context.Context, sub wire.Subscribe) (index.Cursor, error) {
	leave, err := f.renewal.enter(ctx)
	if err != nil {
		return index.Cursor{}, err
	}
	defer leave()
	self := f.shape.Load().plan.Self.Epoch
	mine, err := f.store.Open(ctx, f.id, self)
	if err != nil {
		return mine, err
	}
	life := f.lives.of(sub.Heard.Seq)
	if sub.Heard.Epoch != mine.Epoch {
		if before, err := f.epochs.precede(ctx, f, sub.Heard.Epoch); before || err != nil {
			return mine, err
		}
	} else if sub.Heard.Seq <= mine.Seq && (sub.Life == 0 || life == 0 || sub.Life == life) {
		if sub.Life != 0 && sub.Life == life {
			err = f.lives.meet(ctx, f, sub.Heard.Seq)
		}
		return mine, err
	}
	f.log.Warn("our index is older than what others remember of it: a new epoch begins", "had", uint64(mine.Seq), "they", uint64(sub.Heard.Seq))
	heard := sub.Heard.Seq
	if sub.Heard.Epoch != mine.Epoch {
		heard = 0 // its numbers may be others
	}
	if err := f.renew(ctx, f.lives.unmet(sub.Life, heard), mine.Epoch, sub.Heard.Epoch); err != nil {
		return mine, err
	}
	return f.store.Open(ctx, f.id, f.shape.Load().plan.Self.Epoch)
}

// renew begins a new epoch of our index, which was set back to before what a member
// remembers of it, in an epoch of its own. The index goes by its old epoch until what was
// saved here since is counted anew: whoever is stopped on the way finds out once more.
func (f *folder) renew(ctx context.Context, since index.Seq, old, theirs index.Epoch) error {
	f.event("rolled-back", "", "the index was older than what others remember of it", 0)
	fresh := f.e.freshEpoch()
	f.countIn(fresh)
	err := f.epochs.begins(ctx, f, fresh, old, theirs)
	if err == nil {
		err = f.reissue(ctx, since, old, fresh)
	}
	if err == nil {
		err = f.renewStore(ctx, fresh)
	}
	if err != nil {
		f.countIn(old)
		return err
	}
	go f.send(hinted{everything: true}) // whoever takes turns must not wait for the loop
	return f.epochs.renewed(ctx, f, old, theirs)
}

// renewStore has the store go by a new epoch. Where that is said to have failed, it may do so
// all the same.
func (f *folder) renewStore(ctx context.Context, fresh index.Epoch) error {
	err := f.store.Renew(ctx, f.id, fresh)
	if err == nil {
		return nil
	}
	if is, unknown := f.store.Open(context.WithoutCancel(ctx), f.id, fresh); unknown != nil || is.Epoch != fresh {
		return err
	}
	return nil
}

// countIn has what is saved here from now on counted in an epoch.
func (f *folder) countIn(epoch index.Epoch) {
	s := *f.shape.Load()
	s.plan.Self.Epoch = epoch
	f.shape.Store(&s)
}

// afterRenewal waits while somebody finds out whether our index was set back: until
// what was saved here since is counted anew, it cannot be told from what others
// have under the same counts. So nothing is heard of those meanwhile, and nothing is said.
func (f *folder) afterRenewal(ctx context.Context) {
	if leave, err := f.renewal.enter(ctx); err == nil {
		leave()
	}
}
