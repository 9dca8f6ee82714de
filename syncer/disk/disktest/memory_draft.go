package disktest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"

	"kith/index"
	"kith/syncer/plan"
)

type draftKey struct {
	path index.Path
	root index.Hash
}

// draft is content under way: its bytes, and which of them are there.
type draft struct {
	data []byte
	have []bool
}

func (m *Memory) draft(want index.File) *draft {
	key := draftKey{want.Path, want.Root}
	if m.drafts[key] == nil {
		m.drafts[key] = &draft{make([]byte, want.Size), make([]bool, want.Size)}
	}
	return m.drafts[key]
}

func (d *draft) covers(from, to int64) bool {
	return to <= int64(len(d.have)) && allSet(d.have[from:to])
}

func allSet(have []bool) bool {
	for _, ok := range have {
		if !ok {
			return false
		}
	}
	return true
}

// Filled tells which of want's blocks lie in its draft.
func (m *Memory) Filled(_ context.Context, want index.File) ([]bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fail("filled", want.Path); err != nil {
		return nil, err
	}
	filled := make([]bool, len(want.Blocks))
	d := m.drafts[draftKey{want.Path, want.Root}]
	if d == nil {
		return filled, nil
	}
	var off int64
	for i, b := range want.Blocks {
		end := off + int64(b.Size)
		if end <= int64(len(d.data)) && index.Sum(d.data[off:end]) == b.Hash {
			filled[i] = true
			for at := off; at < end; at++ {
				d.have[at] = true
			}
		}
		off = end
	}
	return filled, nil
}

// Fill writes bytes into the draft of want.
func (m *Memory) Fill(want index.File, off int64, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fail("fill", want.Path); err != nil {
		return err
	}
	if off < 0 || off+int64(len(data)) > want.Size {
		return fmt.Errorf("fill draft of %s: bytes %d to %d of %d", want.Path, off, off+int64(len(data)), want.Size)
	}
	d := m.draft(want)
	copy(d.data[off:], data)
	for i := range data {
		d.have[off+int64(i)] = true
	}
	return nil
}

// Reuse copies a block of a file into the draft of want.
func (m *Memory) Reuse(want index.File, off int64, from index.Record, at int64, b index.Block) error {
	r, err := m.Open(from.Path, from.Identity)
	if err != nil {
		return err
	}
	defer r.Close()
	data := make([]byte, b.Size)
	if _, err := r.ReadAt(data, at); err != nil {
		return fmt.Errorf("reuse a block of %s: %w", from.Path, err)
	}
	if index.Sum(data) != b.Hash {
		return fmt.Errorf("reuse a block of %s: the bytes do not have the block's hash", from.Path)
	}
	return m.Fill(want, off, data)
}

// Discard removes the draft of want.
func (m *Memory) Discard(want index.File) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.drafts, draftKey{want.Path, want.Root})
	return m.fail("discard", want.Path)
}

// reader reads the file as it was when it was opened.
type reader struct {
	*bytes.Reader
	m    *Memory
	path index.Path
	id   index.Identity
}

// Open opens a file for reading.
func (m *Memory) Open(p index.Path, id index.Identity) (interface {
	io.ReaderAt
	io.Closer
	Same() bool
	NextData(off int64) int64
}, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fail("open", p); err != nil {
		return nil, err
	}
	n := m.exactly(p)
	switch {
	case n == nil:
		return nil, fmt.Errorf("open %s: %w", p, fs.ErrNotExist)
	case n.entry.Kind != index.Regular, id != (index.Identity{}) && id != n.entry.Identity:
		return nil, fmt.Errorf("open %s: %w", p, plan.ErrChanged)
	}
	return &reader{bytes.NewReader(n.data), m, p, n.entry.Identity}, nil
}

// Close has nothing to do.
func (r *reader) Close() error { return nil }

// Same reports whether the path still has the identity.
func (r *reader) Same() bool {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	n := r.m.exactly(r.path)
	return n != nil && n.entry.Identity == r.id
}

// NextData knows no holes.
func (r *reader) NextData(off int64) int64 { return off }
