package indextest

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"sync"

	"kith/index"
)

// ErrUnknown is wrapped when a folder was never opened, or was dropped.
var ErrUnknown = errors.New("folder is not in the index")

// Memory is a Store in memory, as simple as can be. Every answer is worked out
// from what was said, in the order of paths; nothing is kept up to date.
type Memory struct {
	// Fail, if set, is asked before each method does anything, with the method's
	// name; its error is the method's. It may be changed only between calls.
	Fail func(op string) error

	mu      sync.Mutex // guards folders
	folders map[index.FolderID]*memFolder
}

type memFolder struct {
	cursor  index.Cursor
	paths   []index.Path // all that ours and others have, in order
	ours    map[index.Path]*memRecord
	devices map[index.DeviceID]*memDevice
	order   []index.DeviceID // those in order; none after there are more or fewer
	notes   map[string]string
}

// memRecord is our record, without Blocks, and the lists of its root and of the
// root before; nil where not known.
type memRecord struct {
	index.Record
	blocks     []index.Block
	prevRoot   index.Hash
	prevBlocks []index.Block
}

type memDevice struct {
	heard index.Cursor
	sends bool
	files map[index.Path]index.File
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{folders: map[index.FolderID]*memFolder{}} }

// Copy returns another store that remembers the same, as a backup does.
func (m *Memory) Copy() *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := NewMemory()
	for id, f := range m.folders {
		g := &memFolder{
			cursor: f.cursor, paths: slices.Clone(f.paths), ours: make(map[index.Path]*memRecord, len(f.ours)),
			devices: make(map[index.DeviceID]*memDevice, len(f.devices)), notes: maps.Clone(f.notes),
		}
		for p, r := range f.ours {
			rec := *r
			g.ours[p] = &rec
		}
		for d, dev := range f.devices {
			g.devices[d] = &memDevice{heard: dev.heard, sends: dev.sends, files: maps.Clone(dev.files)}
		}
		c.folders[id] = g
	}
	return c
}

// seed is of the hashes below.
var seed = maphash.MakeSeed()

// Sum returns a hash of all that the store remembers.
func (m *Memory) Sum() (sum uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	add := func(what ...any) { sum += maphash.String(seed, fmt.Sprintln(what...)) }
	for id, f := range m.folders {
		add(id, f.cursor, f.notes)
		for _, r := range f.ours {
			add(id, *r)
		}
		for d, dev := range f.devices {
			add(id, d, dev.heard, dev.sends, dev.files)
		}
	}
	return sum
}

// enter locks the store and finds a folder. Whoever calls it unlocks.
func (m *Memory) enter(ctx context.Context, op string, id index.FolderID) (*memFolder, error) {
	m.mu.Lock()
	if m.Fail != nil {
		if err := m.Fail(op); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if f, ok := m.folders[id]; ok {
		return f, nil
	}
	return nil, fmt.Errorf("%s: %w: %s", op, ErrUnknown, id.Brief())
}

// Open implements Store.
func (m *Memory) Open(ctx context.Context, id index.FolderID, fresh index.Epoch) (index.Cursor, error) {
	f, err := m.enter(ctx, "open", id)
	defer m.mu.Unlock()
	if errors.Is(err, ErrUnknown) {
		f, err = &memFolder{
			cursor: index.Cursor{Epoch: fresh}, ours: map[index.Path]*memRecord{},
			devices: map[index.DeviceID]*memDevice{}, notes: map[string]string{},
		}, nil
		m.folders[id] = f
	}
	if err != nil {
		return index.Cursor{}, err
	}
	if f.cursor.Epoch == 0 {
		f.cursor.Epoch = fresh
	}
	return f.cursor, nil
}

// Renew implements Store.
func (m *Memory) Renew(ctx context.Context, id index.FolderID, epoch index.Epoch) error {
	f, err := m.enter(ctx, "renew", id)
	defer m.mu.Unlock()
	if err == nil {
		f.cursor.Epoch = epoch
	}
	return err
}

// Drop implements Store.
func (m *Memory) Drop(ctx context.Context, id index.FolderID) error {
	_, err := m.enter(ctx, "drop", id)
	defer m.mu.Unlock()
	if errors.Is(err, ErrUnknown) {
		return nil
	}
	if err == nil {
		delete(m.folders, id)
	}
	return err
}

// Commit implements Store.
func (m *Memory) Commit(ctx context.Context, id index.FolderID, records []index.Record) (last index.Seq, stale []int, err error) {
	f, err := m.enter(ctx, "commit", id)
	defer m.mu.Unlock()
	if err != nil {
		return 0, nil, err
	}
	for _, rec := range records {
		if err := wellFormed(rec.File); err != nil {
			return 0, nil, err
		}
	}
	for i, rec := range records {
		if f.have(rec.Path).Seq != rec.Seq {
			stale = append(stale, i)
			continue
		}
		f.cursor.Seq++
		rec.Seq = f.cursor.Seq
		f.put(rec)
	}
	return f.cursor.Seq, stale, nil
}

// put replaces our record, and remembers the block lists of both.
func (f *memFolder) put(rec index.Record) {
	next := &memRecord{Record: index.Record{File: rec.File.Clone(), Identity: rec.Identity, Seq: rec.Seq}}
	next.Blocks = nil
	if next.blocks = slices.Clone(rec.Blocks); next.blocks == nil && !rec.Root.IsZero() {
		next.blocks, _ = f.blocks(rec.Root)
	}
	if old := f.ours[rec.Path]; old != nil {
		next.prevRoot, next.prevBlocks = old.prevRoot, old.prevBlocks
		if !old.Root.IsZero() && old.Root != rec.Root {
			next.prevRoot, next.prevBlocks = old.Root, old.blocks
		}
	}
	f.ours[rec.Path] = next
	f.mention(rec.Path)
}

// mention adds a path to those that anything is known about.
func (f *memFolder) mention(p index.Path) {
	if i, found := slices.BinarySearchFunc(f.paths, p, index.Path.Compare); !found {
		f.paths = slices.Insert(f.paths, i, p)
	}
}

// have returns our record; the zero one if there is none.
func (f *memFolder) have(p index.Path) index.Record {
	if r := f.ours[p]; r != nil {
		rec := r.Record
		rec.File = rec.File.Clone()
		return rec
	}
	return index.Record{}
}

// Touch implements Store.
func (m *Memory) Touch(ctx context.Context, id index.FolderID, records []index.Record) error {
	f, err := m.enter(ctx, "touch", id)
	defer m.mu.Unlock()
	if err != nil {
		return err
	}
	for _, rec := range records {
		if r := f.ours[rec.Path]; r != nil && r.Seq == rec.Seq {
			r.Identity = rec.Identity
		}
	}
	return nil
}

// Learn implements Store.
func (m *Memory) Learn(ctx context.Context, id index.FolderID, device index.DeviceID, files []index.File, heard index.Cursor, fresh, sends bool) error {
	f, err := m.enter(ctx, "learn", id)
	defer m.mu.Unlock()
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := wellFormed(file); err != nil {
			return err
		}
	}
	d := f.devices[device]
	if d == nil || fresh {
		d = &memDevice{files: map[index.Path]index.File{}}
		f.devices[device], f.order = d, nil
	}
	d.heard, d.sends = heard, sends
	for _, file := range files {
		d.files[file.Path] = file.Clone()
		f.mention(file.Path)
	}
	return nil
}

// Heard implements Store.
func (m *Memory) Heard(ctx context.Context, id index.FolderID, device index.DeviceID) (index.Cursor, error) {
	f, err := m.enter(ctx, "heard", id)
	defer m.mu.Unlock()
	if err != nil || f.devices[device] == nil {
		return index.Cursor{}, err
	}
	return f.devices[device].heard, nil
}

// Forget implements Store.
func (m *Memory) Forget(ctx context.Context, id index.FolderID, device index.DeviceID) error {
	f, err := m.enter(ctx, "forget", id)
	defer m.mu.Unlock()
	if err == nil {
		delete(f.devices, device)
		f.order = nil
	}
	return err
}

// Value implements Store.
func (m *Memory) Value(ctx context.Context, id index.FolderID, name string) (string, error) {
	f, err := m.enter(ctx, "value", id)
	defer m.mu.Unlock()
	if err != nil {
		return "", err
	}
	return f.notes[name], nil
}

// SetValue implements Store.
func (m *Memory) SetValue(ctx context.Context, id index.FolderID, name, value string) error {
	f, err := m.enter(ctx, "set value", id)
	defer m.mu.Unlock()
	if err == nil {
		f.notes[name] = value
	}
	return err
}

// sorted returns the other devices in order.
func (f *memFolder) sorted() []index.DeviceID {
	if len(f.order) != len(f.devices) {
		f.order = slices.SortedFunc(maps.Keys(f.devices), index.DeviceID.Compare)
	}
	return f.order
}

// others returns what other devices hold at a path, by device.
func (f *memFolder) others(p index.Path) []index.Holding {
	var out []index.Holding
	for _, id := range f.sorted() {
		if file, ok := f.devices[id].files[p]; ok {
			out = append(out, index.Holding{Device: id, File: file.Clone()})
		}
	}
	return out
}

// wellFormed tells why a file is nothing that a device can hold.
func wellFormed(f index.File) error {
	switch {
	case f.Path.IsRoot():
		return errors.New("a record needs a path")
	case f.Kind < index.Deleted || f.Kind > index.Sought:
		return fmt.Errorf("%s: nothing can be of kind %d", f.Path, f.Kind)
	case f.Size < 0:
		return fmt.Errorf("%s: size %d", f.Path, f.Size)
	}
	return f.Version.Valid()
}
