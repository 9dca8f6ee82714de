package sqlite

import (
	"database/sql"
	"fmt"
	"strings"

	"kith/index"
)

// A block list is kept once per root, while a record has that root or had it
// until it was last replaced. A live file of one block needs none: its record
// names the block.

// blockList is a row of list, decoded and checked against its root.
type blockList struct {
	id     int64
	root   index.Hash
	blocks []index.Block
}

// relist makes r.list and r.prev what they must be when next takes the place of
// r.have. Where next comes without Blocks, those of a single file are added if
// they are known.
func (w *write) relist(r *row, next *index.File) error {
	old := r.have
	list, err := w.listFor(r, next)
	if err != nil {
		return err
	}
	gone := []int64{r.list}
	if !old.Root.IsZero() && old.Root != next.Root {
		prev, err := w.listOf(r)
		if err != nil {
			return err
		}
		gone = append(gone, r.prev)
		r.prev = prev
	}
	r.list = list
	return w.release(gone...)
}

// listFor returns a new reference to the list that the record next needs, or zero.
func (w *write) listFor(r *row, next *index.File) (int64, error) {
	if next.Kind != index.Regular {
		next.Blocks = nil
	}
	if next.Root.IsZero() || next.Kind == index.Regular && next.Size == 0 {
		return 0, nil
	}
	blocks := next.Blocks
	if blocks == nil {
		var err error
		if blocks, err = w.recall(r, next); err != nil {
			return 0, err
		}
	}
	switch {
	case next.Kind == index.Regular && len(blocks) == 1:
		next.Blocks = blocks
		if single(*next) {
			w.fresh[next.Root] = blocks[0]
			return 0, nil
		}
		next.Blocks = nil
	case len(blocks) > 0:
		return w.keep(next.Root, blocks)
	case r.list != 0 && r.have.Root == next.Root:
		return r.list, w.retain(r.list)
	}
	return 0, nil
}

// recall finds the blocks of next's root among what is known. For a list that r
// refers to already it returns nil: there is no need to read it.
func (w *write) recall(r *row, next *index.File) ([]index.Block, error) {
	if r.have.Root == next.Root {
		if len(r.have.Blocks) > 0 {
			return r.have.Blocks, nil
		}
		if r.list != 0 && (r.have.Live() || !next.Live()) {
			return nil, nil
		}
	}
	if b, ok := w.fresh[next.Root]; ok {
		return []index.Block{b}, nil
	}
	return findBlocks(w.query, w.f, next.Root)
}

// listOf returns a new reference to the list of r's present record, or zero if
// it is not known.
func (w *write) listOf(r *row) (int64, error) {
	if r.list != 0 {
		return r.list, w.retain(r.list)
	}
	if len(r.have.Blocks) > 0 {
		return w.keep(r.have.Root, r.have.Blocks)
	}
	return 0, nil
}

// keep returns a new reference to the list of root, which is written if need be.
func (w *write) keep(root index.Hash, blocks []index.Block) (int64, error) {
	id := int64(0)
	err := eachList(w.query, w.f, root, func(l blockList) { id = l.id })
	if err != nil {
		return 0, err
	}
	if id != 0 {
		return id, w.retain(id)
	}
	text := `INSERT INTO list (folder, root, refs, n, blocks) VALUES (?, ?, 1, ?, ?)`
	res, err := w.x.w.exec(w.ctx, text, w.f.id, brief48(root), len(blocks), appendBlocks(nil, blocks))
	if err == nil {
		id, err = res.LastInsertId()
	}
	if err != nil || len(blocks) < 2 {
		return id, err
	}
	return id, w.addChunks(id, blocks)
}

// addChunks makes the blocks of a list findable. A hash that begins like
// another one of the list is there already.
func (w *write) addChunks(list int64, blocks []index.Block) error {
	return batches(blocks, func(batch []index.Block) error {
		args := make([]any, 0, 2*len(batch))
		for _, b := range batch {
			args = append(args, brief32(b.Hash), list)
		}
		rows := strings.TrimSuffix(strings.Repeat("(?, ?),", len(batch)), ",")
		if len(batch) == maxIn {
			return w.exec(`INSERT OR IGNORE INTO chunk (hash, list) VALUES `+rows, args...)
		}
		_, err := w.x.conn.ExecContext(w.ctx, `INSERT OR IGNORE INTO chunk (hash, list) VALUES `+rows, args...)
		return damaged(err)
	})
}

func (w *write) retain(id int64) error {
	return w.exec(`UPDATE list SET refs = refs + 1 WHERE id = ?`, id)
}

// release takes references away, and with the last one the list.
func (w *write) release(ids ...int64) error {
	for _, id := range ids {
		if id == 0 {
			continue
		}
		if err := w.exec(`UPDATE list SET refs = refs - 1 WHERE id = ?`, id); err != nil {
			return err
		}
		l, err := w.unreferenced(id)
		if err == nil && l != nil {
			err = w.removeList(*l)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *write) unreferenced(id int64) (l *blockList, err error) {
	err = w.query(`SELECT id, n, blocks FROM list WHERE id = ? AND refs <= 0`, []any{id}, func(scan scanner) error {
		got, err := scanList(scan)
		l = &got
		return err
	})
	return l, err
}

func (w *write) removeList(l blockList) error {
	for _, b := range l.blocks {
		if len(l.blocks) < 2 {
			break
		}
		if err := w.exec(`DELETE FROM chunk WHERE hash = ? AND list = ?`, brief32(b.Hash), l.id); err != nil {
			return err
		}
	}
	return w.exec(`DELETE FROM list WHERE id = ?`, l.id)
}

func scanList(scan scanner) (blockList, error) {
	var l blockList
	var n uint64
	var b sql.RawBytes
	if err := scan(&l.id, &n, &b); err != nil {
		return l, err
	}
	var err error
	l.blocks, err = decodeBlocks(b, n)
	l.root = index.RootOf(l.blocks)
	return l, err
}

// decodeBlocks reads a list of n blocks. Its error wraps ErrCorrupt.
func decodeBlocks(b []byte, n uint64) ([]index.Block, error) {
	r := reader{b: b}
	blocks := r.blocks(n)
	if r.bad || len(r.b) > 0 {
		return nil, fmt.Errorf("%w: a block list makes no sense", ErrCorrupt)
	}
	return blocks, nil
}

// querier runs a query on the writing connection or on a reading one.
type querier func(text string, args []any, fn func(scanner) error) error

// eachList calls fn for the list of a root, if it is there.
func eachList(query querier, f *folder, root index.Hash, fn func(blockList)) error {
	return query(`SELECT id, n, blocks FROM list WHERE folder = ? AND root = ?`, []any{f.id, brief48(root)},
		func(scan scanner) error {
			l, err := scanList(scan)
			if err == nil && l.root == root {
				fn(l)
			}
			return err
		})
}

// findBlocks returns the blocks of a root, nil if they are not known: from its
// list, or from a live file of one block.
func findBlocks(query querier, f *folder, root index.Hash) (blocks []index.Block, err error) {
	err = eachList(query, f, root, func(l blockList) { blocks = l.blocks })
	if err != nil || blocks != nil {
		return blocks, err
	}
	err = eachWithRoot(query, f, root, func(rec index.Record) bool {
		blocks = rec.Blocks
		return blocks == nil
	})
	return blocks, err
}
