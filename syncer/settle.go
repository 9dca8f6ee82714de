package syncer

import (
	"context"
	"math"
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

// nothingSuspect: every file of our index is on the disk.
const nothingSuspect = index.Seq(math.MaxUint64)

// suspects returns the last sequence number whose file is sure to be durable. If
// the machine is the same life it was, its memory is too, and all of them are.
func (f *folder) suspects(ctx context.Context) (index.Seq, error) {
	boot, err := f.store.Value(ctx, f.id, noteBoot)
	if err != nil || boot == f.e.cfg.Boot || boot == "" {
		return nothingSuspect, err
	}
	text, err := f.store.Value(ctx, f.id, noteSettled)
	if err != nil {
		return 0, err
	}
	n, _ := strconv.ParseUint(text, 10, 64) // what cannot be read counts as zero: suspect all
	return index.Seq(n), nil
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
	if s.suspect == nothingSuspect || o.had.Seq <= s.suspect || o.had.Kind != index.Regular || o.file.SameContent(o.had.File) {
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
