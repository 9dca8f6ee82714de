package syncer

import (
	"context"
	"strconv"
	"time"

	"kith/index"
	"kith/syncer/plan"
)

// What other devices sent is on the disk before our index says so. What people
// save here is not: our index may know a file that the machine, losing power,
// did not keep. So now and then everything is flushed, and our index notes up to
// which change that holds; after the machine went down without a stop in order,
// the files of later changes are read again before anything is said of them.

const (
	settleEvery = time.Minute
	noteSettled = "settled" // up to which sequence number files are known to be durable
	noteBoot    = "boot"    // the life of the machine in which our index was last open
)

// doubt is the stretch of our index whose files may not have survived a power
// cut: what was committed after it was last known to be durable, and before the
// machine went down. The zero doubt is none.
type doubt struct{ after, upTo index.Seq }

func (d doubt) has(seq index.Seq) bool { return seq > d.after && seq <= d.upTo }

// doubts returns what is in doubt as the folder opens. If the machine lives the
// life it did, its memory is still there, and nothing is.
func (f *folder) doubts(ctx context.Context) (doubt, error) {
	boot, err := f.store.Value(ctx, f.id, noteBoot)
	if err != nil || boot == f.e.cfg.Boot || boot == "" {
		return doubt{}, err
	}
	text, err := f.store.Value(ctx, f.id, noteSettled)
	if err != nil {
		return doubt{}, err
	}
	n, _ := strconv.ParseUint(text, 10, 64) // what cannot be read counts as zero: all is in doubt
	cursor, err := f.store.Open(ctx, f.id, f.plan().Self.Epoch)
	return doubt{index.Seq(n), cursor.Seq}, err
}

// flush makes durable what lies in the folder, and notes that.
func (f *folder) flush(ctx context.Context, tree Tree) error {
	cursor, err := f.store.Open(ctx, f.id, f.plan().Self.Epoch)
	if err != nil {
		return err
	}
	if err := tree.Flush(ctx); err != nil {
		return err
	}
	return f.store.SetValue(ctx, f.id, noteSettled, strconv.FormatUint(uint64(cursor.Seq), 10))
}

// settleNowAndThen flushes as long as something changes.
func (f *folder) settleNowAndThen(ctx context.Context, tree Tree) {
	t := time.NewTicker(settleEvery)
	defer t.Stop()
	for {
		changed := f.commits.wait()
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
		if err := f.flush(ctx, tree); err != nil && ctx.Err() == nil {
			f.log.Warn("folder cannot be flushed", "err", err)
		}
	}
}

// torn reports whether a file that was read again holds what a power cut left of
// it: other bytes than our index has, although nobody saved it since.
func (s *scanner) torn(o outcome) bool {
	if !s.doubt.has(o.had.Seq) || o.had.Kind != index.Regular || o.file.SameContent(o.had.File) {
		return false
	}
	was, is := o.had.Identity, o.seen.Identity
	if was.Inode != is.Inode {
		return false
	}
	return is.Size == 0 || is.Size == was.Size && is.Modified == was.Modified
}

// mend has a torn file fetched again from others. What is left of it becomes an
// earlier version. Until somebody has it, it stays as it is, and is not told.
func (s *scanner) mend(o outcome) {
	f := s.f
	path := o.had.Path
	f.log.Warn("a file did not survive the machine's end", "path", path.String())
	f.event("torn", path.String(), "what a power cut left is not what was saved; it is fetched again", 0)
	f.undoing.take([]index.Path{path})
	f.board.extra(job{
		step:    plan.Step{Have: index.Record{File: o.seen.File, Identity: o.seen.Identity}, Want: o.had.File},
		records: []index.Record{o.had},
		source:  o.had.File,
		verb:    "received", asked: true,
	})
}
