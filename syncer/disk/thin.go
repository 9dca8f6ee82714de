package disk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"kith/index"
)

// How long earlier versions are kept.
const (
	day      = 24 * time.Hour
	keepAll  = 30 * day // every one
	keepDay  = 90 * day // one a day
	keepWeek = 365 * day
	keepHard = 7 * day // whatever the disk says
	share    = 5       // a fifth of what would be free without them
)

// draftAge is after how long without a write nobody comes back for a draft.
const draftAge = 14 * day

// Thin removes earlier versions that are due at a time (ns), and drafts nobody
// came back for.
func (t *Tree) Thin(ctx context.Context, now int64) error {
	kept, err := t.Versions(index.Path{})
	if err != nil {
		return err
	}
	free, err := t.versions.free()
	if err != nil {
		return fmt.Errorf("thin earlier versions: %w", err)
	}
	var used int64
	for _, k := range kept {
		used += k.Size
	}
	for _, k := range due(kept, now, (free+used)/share) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := t.drop(k); err != nil {
			return fmt.Errorf("thin earlier versions of %s: %w", k.Path, err)
		}
	}
	if err := t.sweep(t.versions); err != nil {
		return fmt.Errorf("thin earlier versions: %w", err)
	}
	return t.dropDrafts(now)
}

// due picks the versions to be removed: all of the last 30 days stay, then one a
// day of each path, after 90 days one a week, up to a year. If the rest exceeds
// limit bytes, the oldest go as well, but none younger than 7 days. kept is
// ordered with the latest first.
func due(kept []index.Kept, now, limit int64) []index.Kept {
	type span struct {
		path  index.Path
		class time.Duration
		n     int64
	}
	taken := map[span]bool{}
	var stay, out []index.Kept
	for _, k := range kept {
		age := time.Duration(now - k.Replaced)
		s := span{path: k.Path}
		switch {
		case age <= keepAll:
			stay = append(stay, k)
			continue
		case age <= keepDay:
			s.class, s.n = day, k.Replaced/int64(day)
		case age <= keepWeek:
			s.class, s.n = 7*day, k.Replaced/int64(7*day)
		}
		if s.class == 0 || taken[s] {
			out = append(out, k)
			continue
		}
		taken[s] = true
		stay = append(stay, k)
	}
	return append(out, overLimit(stay, now, limit)...)
}

func overLimit(stay []index.Kept, now, limit int64) (out []index.Kept) {
	var total int64
	for _, k := range stay {
		total += k.Size
	}
	slices.SortStableFunc(stay, func(a, b index.Kept) int { return cmp.Compare(a.Replaced, b.Replaced) })
	for _, k := range stay {
		if total <= limit || time.Duration(now-k.Replaced) < keepHard {
			break
		}
		out, total = append(out, k), total-k.Size
	}
	return out
}

// drop removes one earlier version.
func (t *Tree) drop(k index.Kept) error {
	d, name, _, err := t.find(k)
	if isNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.close()
	return d.unlink(name)
}

// sweep removes the directories below d in which nothing is left.
func (t *Tree) sweep(d *dir) error {
	names, err := d.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		n, err := d.lstat(name)
		if err != nil || n.kind != index.Directory || n.mount {
			continue
		}
		sub, err := d.sub(name)
		if err != nil {
			continue
		}
		err = t.sweep(sub)
		sub.close()
		if err != nil {
			return err
		}
		if err := d.rmdir(name); err != nil && !isNotEmpty(err) {
			return err
		}
	}
	return nil
}

// dropDrafts removes the drafts that were last written long before now (ns).
func (t *Tree) dropDrafts(now int64) error {
	names, err := t.drafts.names()
	if err != nil {
		return fmt.Errorf("list drafts: %w", err)
	}
	for _, name := range names {
		n, err := t.drafts.lstat(name)
		if err != nil || time.Duration(now-n.id.Changed) < draftAge || !t.open.unused(name) {
			continue
		}
		if n.kind == index.Directory {
			err = t.drafts.rmdir(name)
		} else {
			err = t.drafts.unlink(name)
		}
		if err != nil && !isNotExist(err) && !isNotEmpty(err) {
			return fmt.Errorf("remove draft %s: %w", name, err)
		}
	}
	return nil
}
