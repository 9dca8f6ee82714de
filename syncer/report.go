package syncer

import (
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"syscall"
	"time"

	"kith/index"
	"kith/syncer/plan"
)

// status returns what the folder is doing.
func (f *folder) status() Status {
	b := &f.board
	held, reason := f.brakes.total(), f.brakes.reason()
	flying := f.flights.count()
	b.mu.Lock()
	defer b.mu.Unlock()
	s := Status{Folder: f.id, Totals: b.totals, Held: held, Conflicts: max(0, b.conflicts),
		DownBps: int64(b.rates.down), UpBps: int64(b.rates.up), ETA: -1, Traffic: f.traffic.all()}
	s.Totals.Lacks = maps.Clone(b.totals.Lacks)
	s.Totals.Need.Files = max(0, s.Totals.Need.Files-b.keep)
	if s.Totals.Need.Files == 0 {
		s.Totals.Need.Bytes = 0
	}
	for _, a := range b.active {
		s.Active = append(s.Active, Transfer{Path: a.want.Path, Size: a.want.Size, Done: a.done.Load(), Sources: a.holders, BytesPerSec: int64(a.rate)})
		s.Totals.Need.Bytes -= min(a.done.Load(), s.Totals.Need.Bytes)
	}
	b.drawLargest(s.Active)
	slices.SortFunc(s.Active, func(a, c Transfer) int { return a.Path.Compare(c.Path) })
	if b.rates.down > 1024 && s.Totals.Need.Bytes > 0 {
		s.ETA = time.Duration(float64(s.Totals.Need.Bytes) / b.rates.down * float64(time.Second))
	}
	for _, key := range slices.Sorted(maps.Keys(b.problems)) {
		if len(s.Problems) < maxShown {
			s.Problems = append(s.Problems, b.problems[key])
		}
	}
	if n := len(b.problems) - len(s.Problems); n > 0 {
		s.Problems = append(s.Problems, b.remaining(n))
	}
	s.Phase, s.Reason = b.phase(held, reason, s.Totals.Need.Files, flying)
	if s.Phase == Syncing && s.Totals.Need.Files > 0 {
		s.Reason = f.stalled(f.e.now())
	}
	s.Members = f.membersLocked(s)
	return s
}

// remaining stands for the problems that are not listed.
func (b *scoreboard) remaining(n int) Problem {
	p := Problem{Reason: grouped(int64(n)) + " more like these", Next: "see to those that are listed first; the others follow"}
	if len(b.more) > 0 {
		p.Reason = "at least " + p.Reason
	}
	return p
}

// drawLargest adds the piece map to the largest of the transfers.
func (b *scoreboard) drawLargest(all []Transfer) {
	if len(all) > 0 {
		largest := slices.MaxFunc(all, func(x, y Transfer) int { return cmp.Compare(x.Size, y.Size) })
		i := slices.IndexFunc(all, func(t Transfer) bool { return t.Path == largest.Path })
		all[i].Pieces = b.active[largest.Path].have.shares()
	}
}

// phase picks the word for what the folder is doing: the first that applies.
func (b *scoreboard) phase(held int, heldWhy string, need int64, flying int) (Phase, string) {
	fl := b.flags
	blocked, unseen := 0, 0
	for key := range b.problems {
		switch {
		case strings.HasPrefix(key, problemPath), strings.HasPrefix(key, problemStore), strings.HasPrefix(key, problemMiss), strings.HasPrefix(key, problemQuota):
			blocked++
		case strings.HasPrefix(key, problemSeen), strings.HasPrefix(key, problemRules):
			unseen++
		}
	}
	if b.more[problemPath] || b.more[problemMiss] {
		blocked = max(blocked, int(need)) // as far as can be told
	}
	switch {
	case fl.paused:
		return Paused, ""
	case fl.away != "":
		return Unavailable, fl.away
	case held > 0:
		return Held, heldWhy
	case !fl.looked || fl.scanning:
		return Scanning, ""
	case need > int64(blocked) || fl.pulling || flying > 0:
		return Syncing, ""
	case blocked > 0:
		return Failing, "some files cannot be brought in step"
	case unseen > 0:
		return Failing, "something on this disk cannot be told to the other devices"
	case fl.pending || need > 0 || b.stale || len(b.extras) > 0:
		return Syncing, ""
	}
	return InStep, ""
}

// membersLocked tells how the other members stand to us.
func (f *folder) membersLocked(s Status) []MemberStatus {
	b := &f.board
	var all []MemberStatus
	for _, m := range f.shape.Load().Members {
		if m.Device == f.e.cfg.Self {
			continue
		}
		p, here := b.peers[m.Device]
		lacks, heard := s.Totals.Lacks[m.Device]
		if !heard {
			lacks = s.Totals.Here
		}
		if f.plan().Receive {
			lacks = index.Amount{} // what a receiver holds is for nobody else
		}
		all = append(all, MemberStatus{
			Device:    m.Device,
			Connected: here,
			Browses:   here && p.some,
			Lacks:     lacks,
			InStep: here && p.open && p.conv.caughtUp.Load() && lacks.Files == 0 && s.Totals.Need.Files == 0 &&
				b.flags.looked && !b.stale && !b.flags.pending && !b.flags.scanning && !b.flags.pulling,
		})
	}
	return all
}

// unseen is the problem of an entry that cannot be taken.
func unseen(name string, e index.Entry) Problem {
	p := Problem{Path: name, Reason: e.Err.Error()}
	switch {
	case errors.Is(e.Err, index.ErrOwn):
		p.Reason = "some disks take this name for " + index.Own + ", which is Kith's own"
		p.Next = "rename it, so that other devices can hold it"
	case errors.Is(e.Err, plan.ErrSpecial):
		p.Next = "nothing has to be done; a line in .kithignore leaves it out"
	case e.Raw != "":
		p.Reason = strings.TrimPrefix(p.Reason, index.ErrPath.Error()+": ")
		p.Next = "rename it, so that other devices can hold it"
	case errors.Is(e.Err, fs.ErrPermission):
		p.Next = "let this user read it, or leave it out by a line in .kithignore"
	default:
		p.Next = "leave it out by a line in .kithignore, or look at the disk"
	}
	return p
}

// nextStep is what a person can do about an error while something is put in place.
func nextStep(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "make room on this disk; it goes on by itself"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return "let this user write there"
	case errors.Is(err, plan.ErrParent):
		return "look at the directory it lies in"
	}
	return "it is tried again by itself; if it stays, look at the disk"
}
