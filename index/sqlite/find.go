package sqlite

import (
	"context"
	"errors"

	"kith/index"
)

// errEnough ends a query whose rows are not needed any more.
var errEnough = errors.New("enough")

// eachWithRoot calls fn for live records with a root, with the block of a
// single file, while fn returns true.
func eachWithRoot(query querier, f *folder, root index.Hash, fn func(index.Record) bool) error {
	text := selectRecord(`path_root`) + ` WHERE p.folder = ? AND p.root = ? ORDER BY p.id`
	err := query(text, []any{f.id, brief48(root)}, func(scan scanner) error {
		rec, err := scanRecord(scan, 1)
		if err == nil && rec.Root == root && !fn(rec) {
			return errEnough
		}
		return err
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// WithRoot returns a live record of ours with that root for each one asked for,
// in their order; Kind Absent where there is none.
func (x *Index) WithRoot(ctx context.Context, id index.FolderID, roots []index.Hash) (out []index.Record, err error) {
	defer x.note(&err, "find roots in the index")
	f, err := x.folder(id)
	if err != nil {
		return nil, err
	}
	s := search{query: x.reading(ctx), f: f}
	out = make([]index.Record, 0, len(roots))
	err = batches(roots, func(batch []index.Hash) error {
		found, err := s.amongRoots(batch)
		out = append(out, found...)
		return err
	})
	return out, err
}

// Blocks returns the block list of a root that a record of ours has, or had
// until it was last replaced. ok is false if it is not known.
func (x *Index) Blocks(ctx context.Context, id index.FolderID, root index.Hash) (blocks []index.Block, ok bool, err error) {
	defer x.note(&err, "read a block list of the index")
	f, err := x.folder(id)
	if err != nil {
		return nil, false, err
	}
	if root == index.RootOf(nil) {
		return nil, true, nil
	}
	blocks, err = findBlocks(x.reading(ctx), f, root)
	return blocks, blocks != nil, err
}

// Locate finds each block in a live record of ours; Size zero where there is none.
func (x *Index) Locate(ctx context.Context, id index.FolderID, blocks []index.Block) (out []index.Place, err error) {
	defer x.note(&err, "find blocks in the index")
	f, err := x.folder(id)
	if err != nil {
		return nil, err
	}
	s := search{query: x.reading(ctx), f: f, places: make(map[index.Hash]index.Place, len(blocks)), lists: map[int64]*blockPlaces{}}
	for _, step := range []func([]index.Block) error{s.amongSingles, s.amongLists} {
		if err := batches(s.missing(blocks), step); err != nil {
			return nil, err
		}
	}
	out = make([]index.Place, len(blocks))
	for i, b := range blocks {
		out[i] = s.places[b.Hash]
	}
	return out, nil
}

// search looks for content among what is live here.
type search struct {
	query  querier
	f      *folder
	places map[index.Hash]index.Place
	lists  map[int64]*blockPlaces // those looked at, by id
}

// blockPlaces is where the blocks of a list lie in a live file that has it.
type blockPlaces map[index.Hash]index.Place

func (s *search) missing(blocks []index.Block) []index.Block {
	var out []index.Block
	for _, b := range blocks {
		if s.places[b.Hash].Size == 0 {
			out = append(out, b)
		}
	}
	return out
}

// candidates returns which of the hashes may be found, and where, by a text that
// selects the beginnings of hashes and a number.
func (s *search) candidates(text string, args []any, hashes []index.Hash, brief func(index.Hash) int64) (map[int64][]int64, error) {
	briefs := make([]int64, len(hashes))
	for i, h := range hashes {
		briefs[i] = brief(h)
	}
	text, values := in(text, briefs)
	out := map[int64][]int64{}
	err := s.query(text, append(args, values...), func(scan scanner) error {
		var hash, n int64
		err := scan(&hash, &n)
		out[hash] = append(out[hash], n)
		return err
	})
	return out, err
}

// amongRoots looks among the live files for those with a root. Most often none
// has it, which one question tells of all roots.
func (s *search) amongRoots(roots []index.Hash) ([]index.Record, error) {
	out := make([]index.Record, len(roots))
	found, err := s.candidates(`SELECT DISTINCT root, 0 FROM path INDEXED BY path_root WHERE folder = ? AND root IN (%s)`, []any{s.f.id}, roots, brief48)
	for i, root := range roots {
		if err != nil {
			return nil, err
		}
		if found[brief48(root)] == nil {
			continue
		}
		err = eachWithRoot(s.query, s.f, root, func(rec index.Record) bool {
			rec.Blocks = nil
			out[i] = rec
			return false
		})
	}
	return out, err
}

// amongSingles looks among the live files of one block: that block tells their root.
func (s *search) amongSingles(blocks []index.Block) error {
	roots := make([]index.Hash, len(blocks))
	for i, b := range blocks {
		roots[i] = index.RootOf([]index.Block{b})
	}
	records, err := s.amongRoots(roots)
	for i, rec := range records {
		if rec.Live() {
			s.places[blocks[i].Hash] = index.Place{Record: rec, Size: blocks[i].Size}
		}
	}
	return err
}

// amongLists looks among the files of several blocks.
func (s *search) amongLists(blocks []index.Block) error {
	hashes := make([]index.Hash, len(blocks))
	for i, b := range blocks {
		hashes[i] = b.Hash
	}
	found, err := s.candidates(`SELECT hash, list FROM chunk WHERE hash IN (%s)`, nil, hashes, brief32)
	if err != nil {
		return err
	}
	for _, h := range hashes {
		for _, id := range found[brief32(h)] {
			l, err := s.list(id)
			if err != nil {
				return err
			}
			if p, ok := (*l)[h]; ok {
				s.places[h] = p
				break
			}
		}
	}
	return nil
}

// list reads a list, unless it was looked at before.
func (s *search) list(id int64) (*blockPlaces, error) {
	if l, ok := s.lists[id]; ok {
		return l, nil
	}
	out := &blockPlaces{}
	s.lists[id] = out
	var l blockList
	err := s.query(`SELECT id, n, blocks FROM list WHERE id = ? AND folder = ?`, []any{id, s.f.id}, func(scan scanner) error {
		var err error
		l, err = scanList(scan)
		return err
	})
	if err != nil || l.id == 0 {
		return out, err
	}
	err = eachWithRoot(s.query, s.f, l.root, func(rec index.Record) bool {
		rec.Blocks = nil
		at := int64(0)
		for _, b := range l.blocks {
			(*out)[b.Hash] = index.Place{Record: rec, Offset: at, Size: b.Size}
			at += int64(b.Size)
		}
		return false
	})
	return out, err
}
