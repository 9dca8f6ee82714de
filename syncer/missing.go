package syncer

import (
	"context"

	"kith/index"
	"kith/syncer/plan"
)

// judgeMissing returns the records of what is gone, if it was gone a while ago too. What
// is gone for the first time is looked for once more: programs that save by deleting and
// renaming should not be caught in the middle. held: they wait for a person.
func (s *scanner) judgeMissing(ctx context.Context) (gone []index.Record, held bool, err error) {
	p := s.f.shape.Load().plan
	var of []found
	var wait []index.Path
	losses := plan.Losses{}
	for i := len(s.missing) - 1; i >= 0; i-- { // what lies in a directory goes before it
		m := s.missing[i]
		if s.doubtful(m.had) {
			if err := s.vanished(ctx, m.had); err != nil {
				return nil, false, err
			}
			continue
		}
		lately := s.f.gone.age(m.had.Path, s.now) < settleAfter || s.stirredLately(m.had.Path)
		if lately && !s.wasIn(m.had.Path) {
			wait = append(wait, m.had.Path)
			s.f.gone.remember(m.had)
			continue
		}
		if m.had.Kind != index.Directory {
			losses[m.had.Path] = plan.Toll{Deleted: 1}
		}
		of = append(of, m)
		gone = append(gone, index.Record{File: p.Gone(m.had.File), Identity: m.had.Identity, Seq: m.had.Seq})
	}
	s.lookAgain(settleAfter, wait)
	if !s.result.everything && s.f.brakes.holding(brakeSend) {
		// Part of what is held may be among these: they are judged together.
		s.f.send(hinted{everything: true})
		return gone, true, nil
	}
	if len(gone) > 0 && s.outdated() {
		return gone, true, nil
	}
	batch := batchOf(gone)
	if !s.f.brakes.lets(brakeSend, s.now, losses, s.f.board.files(), batch) {
		s.f.holdHere(brakeSend, batch, losses.Toll(), of, s.undone)
		return gone, true, nil
	}
	if s.result.everything || len(gone) > 0 {
		s.f.release(brakeSend, len(wait) == 0)
	}
	return gone, false, nil
}

// commitGone writes that something is gone.
func (s *scanner) commitGone(ctx context.Context, gone []index.Record) error {
	for len(gone) > 0 {
		n := min(len(gone), commitAtMost)
		if err := s.commit(ctx, gone[:n]); err != nil {
			return err
		}
		for _, r := range gone[:n] {
			s.f.gone.forget(r.Path)
		}
		gone = gone[n:]
	}
	return nil
}
