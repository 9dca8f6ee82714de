package indextest

import (
	"context"

	"kith/index"
)

// Get implements Store.
func (m *Memory) Get(ctx context.Context, id index.FolderID, paths []index.Path, blocks bool) ([]index.Record, error) {
	f, err := m.enter(ctx, "get", id)
	defer m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	out := make([]index.Record, len(paths))
	for i, p := range paths {
		out[i] = f.have(p)
		if blocks {
			out[i].Blocks = f.blocksOf(p)
		}
	}
	return out, nil
}

// blocksOf returns the blocks of our record, if it is a file and they are known.
func (f *memFolder) blocksOf(p index.Path) []index.Block {
	if r := f.ours[p]; r != nil && r.Kind == index.Regular && len(r.blocks) > 0 {
		return append([]index.Block(nil), r.blocks...)
	}
	return nil
}

// List implements Store.
func (m *Memory) List(ctx context.Context, id index.FolderID, under index.Path, fn func(index.Record) error) error {
	records, err := m.list(ctx, id, under)
	if err != nil {
		return err
	}
	for _, rec := range records {
		if err := fn(rec); err != nil {
			return err
		}
	}
	return nil
}

func (m *Memory) list(ctx context.Context, id index.FolderID, under index.Path) ([]index.Record, error) {
	f, err := m.enter(ctx, "list", id)
	defer m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	var out []index.Record
	for _, p := range f.paths {
		if rec := f.have(p); rec.Kind != index.Absent && p.Within(under) {
			out = append(out, rec)
		}
	}
	return out, nil
}

// Since implements Store.
func (m *Memory) Since(ctx context.Context, id index.FolderID, after index.Seq, limit, inline int) ([]index.Record, error) {
	f, err := m.enter(ctx, "since", id)
	defer m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	bySeq := map[index.Seq]index.Path{}
	for p, r := range f.ours {
		bySeq[r.Seq] = p
	}
	var out []index.Record
	for seq := after + 1; seq > after && seq <= f.cursor.Seq && len(out) < limit; seq++ {
		p, ok := bySeq[seq]
		if !ok {
			continue
		}
		rec := f.have(p)
		if blocks := f.blocksOf(p); len(blocks) <= inline {
			rec.Blocks = blocks
		}
		out = append(out, rec)
	}
	return out, nil
}

// Cases implements Store.
func (m *Memory) Cases(ctx context.Context, id index.FolderID, paths []index.Path) ([]index.Case, error) {
	f, err := m.enter(ctx, "cases", id)
	defer m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	out := make([]index.Case, len(paths))
	for i, p := range paths {
		out[i] = index.Case{Path: p, Have: f.have(p), Others: f.others(p)}
	}
	return out, nil
}

// Needs implements Store.
func (m *Memory) Needs(ctx context.Context, id index.FolderID, after index.Path, limit int, gone bool) ([]index.Case, error) {
	f, err := m.enter(ctx, "needs", id)
	defer m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	var out []index.Case
	for _, p := range f.paths {
		if len(out) == limit {
			break
		}
		need, onlyGone := f.needed(p)
		if p.Compare(after) > 0 && len(need) > 0 && onlyGone == gone {
			out = append(out, index.Case{Path: p, Have: f.have(p), Others: f.others(p)})
		}
	}
	return out, nil
}

// needed returns what devices that send hold at p and ours does not contain,
// and whether all of that are deletions.
func (f *memFolder) needed(p index.Path) (need []index.File, gone bool) {
	have := f.ours[p]
	sought := have == nil || have.Kind == index.Absent || have.Kind == index.Sought
	gone = true
	for _, id := range f.sorted() {
		d := f.devices[id]
		if !d.sends {
			continue
		}
		theirs, known := d.files[p]
		if !known || theirs.Away() || !sought && have.Version.Contains(theirs.Version) {
			continue
		}
		need = append(need, theirs)
		gone = gone && !theirs.Live()
	}
	return need, gone
}

// WithRoot implements Store.
func (m *Memory) WithRoot(ctx context.Context, id index.FolderID, roots []index.Hash) ([]index.Record, error) {
	f, err := m.enter(ctx, "with root", id)
	defer m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	out := make([]index.Record, len(roots))
	for i, root := range roots {
		for _, p := range f.paths {
			if rec := f.have(p); rec.Kind == index.Regular && rec.Root == root {
				out[i] = rec
				break
			}
		}
	}
	return out, nil
}

// Blocks implements Store.
func (m *Memory) Blocks(ctx context.Context, id index.FolderID, root index.Hash) ([]index.Block, bool, error) {
	f, err := m.enter(ctx, "blocks", id)
	defer m.mu.Unlock()
	if err != nil {
		return nil, false, err
	}
	blocks, ok := f.blocks(root)
	return blocks, ok, nil
}

func (f *memFolder) blocks(root index.Hash) ([]index.Block, bool) {
	if root == index.RootOf(nil) {
		return nil, true
	}
	for _, r := range f.ours {
		if r.Root == root && r.blocks != nil {
			return append([]index.Block(nil), r.blocks...), true
		}
		if r.prevRoot == root && r.prevBlocks != nil {
			return append([]index.Block(nil), r.prevBlocks...), true
		}
	}
	return nil, false
}

// Locate implements Store.
func (m *Memory) Locate(ctx context.Context, id index.FolderID, blocks []index.Block) ([]index.Place, error) {
	f, err := m.enter(ctx, "locate", id)
	defer m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	places := map[index.Hash]index.Place{}
	for _, p := range f.paths {
		at := int64(0)
		for _, b := range f.blocksOf(p) {
			if _, ok := places[b.Hash]; !ok {
				places[b.Hash] = index.Place{Record: f.have(p), Offset: at, Size: b.Size}
			}
			at += int64(b.Size)
		}
	}
	out := make([]index.Place, len(blocks))
	for i, b := range blocks {
		out[i] = places[b.Hash]
	}
	return out, nil
}

// Totals implements Store.
func (m *Memory) Totals(ctx context.Context, id index.FolderID) (index.Totals, error) {
	f, err := m.enter(ctx, "totals", id)
	defer m.mu.Unlock()
	if err != nil {
		return index.Totals{}, err
	}
	t := index.Totals{Lacks: map[index.DeviceID]index.Amount{}}
	for _, p := range f.paths {
		f.count(p, &t)
	}
	for d := range f.devices {
		t.Lacks[d] = f.lacks(d)
	}
	return t, nil
}

// count adds what a path adds to what is here and what we need: of several
// versions needed, the largest.
func (f *memFolder) count(p index.Path, t *index.Totals) {
	switch have := f.ours[p]; {
	case have == nil:
	case have.Kind == index.Directory:
		t.Directories++
	case have.Live():
		t.Here.Files++
		t.Here.Bytes += have.Size
	}
	need, _ := f.needed(p)
	if len(need) == 0 {
		return
	}
	largest := int64(0)
	for _, n := range need {
		largest = max(largest, n.Size)
	}
	t.Need.Files++
	t.Need.Bytes += largest
}

// lacks counts our live paths, and our deletions of what a device still has,
// unless it holds our version or a newer one.
func (f *memFolder) lacks(d index.DeviceID) (a index.Amount) {
	files := f.devices[d].files
	for p, have := range f.ours {
		theirs := files[p]
		contained := theirs.Kind != index.Absent && theirs.Version.Contains(have.Version)
		if !contained && (have.Live() || have.Kind == index.Deleted && theirs.Live()) {
			a.Files++
			if have.Live() {
				a.Bytes += have.Size
			}
		}
	}
	return a
}

// Find implements Store.
func (m *Memory) Find(ctx context.Context, id index.FolderID, pattern index.Pattern, under, after index.Path, limit int) ([]index.Case, error) {
	return m.look(ctx, "find", id, after, limit, func(p index.Path) bool { return p.Within(under) && pattern.Matches(p) })
}

// Children implements Store.
func (m *Memory) Children(ctx context.Context, id index.FolderID, dir, after index.Path, limit int) ([]index.Case, error) {
	return m.look(ctx, "children", id, after, limit, func(p index.Path) bool { return p != dir && p.Parent() == dir })
}

// look returns the live cases of some paths.
func (m *Memory) look(ctx context.Context, op string, id index.FolderID, after index.Path, limit int, which func(index.Path) bool) ([]index.Case, error) {
	f, err := m.enter(ctx, op, id)
	defer m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	var out []index.Case
	for _, p := range f.paths {
		c := index.Case{Path: p, Have: f.have(p), Others: f.others(p)}
		if len(out) < limit && p.Compare(after) > 0 && which(p) && c.Live() {
			out = append(out, c)
		}
	}
	return out, nil
}
