package wire

import (
	"encoding/binary"

	"kith/index"
)

func (l *files) get(b []byte) error {
	u := unpacker{cut: cut{b: b}}
	n := u.count(MaxFiles, 5)
	u.names()
	if u.bad {
		return malformed("names of an update")
	}
	u.files = make([]index.File, 0, n)
	u.counters, u.blocks = make([]index.Counter, 0, n), make([]index.Block, 0, n)
	for range n {
		if err := u.entry(); err != nil {
			return err
		}
	}
	if !u.done() {
		return malformed("bytes after the entries of an update")
	}
	*l = u.files
	return nil
}

// unpacker reads what packer wrote.
type unpacker struct {
	cut
	devices  []index.Short
	actors   []index.Actor
	files    []index.File
	path     string
	time     int64
	counters []index.Counter // room shared by the versions of all entries
	blocks   []index.Block   // room shared by the block lists
}

func (u *unpacker) names() {
	u.devices = make([]index.Short, u.count(MaxBulk, 8))
	for i := range u.devices {
		u.devices[i] = index.Short(binary.BigEndian.Uint64(u.bytes(8)))
	}
	u.actors = make([]index.Actor, u.count(MaxBulk, 5))
	for i := range u.actors {
		d := u.upTo(uint64(len(u.devices)))
		epoch := u.bytes(4)
		if u.bad || d >= uint64(len(u.devices)) {
			u.fail()
			return
		}
		u.actors[i] = index.Actor{Device: u.devices[d], Epoch: index.Epoch(binary.BigEndian.Uint32(epoch))}
	}
}

func (u *unpacker) entry() error {
	head := u.byte()
	f := index.File{Kind: index.Kind(head & kindBits)}
	path, err := cutPath(&u.cut, u.path)
	if err != nil {
		return malformed("%w", err)
	}
	f.Path, u.path = path, path.String()
	u.version(&f)
	if err := u.content(&f, head&^kindBits); err != nil {
		return malformed("%s: %w", f.Path, err)
	}
	u.look(&f)
	if u.bad {
		return malformed("%s: entry is cut short", f.Path)
	}
	if err := checkEntry(&f); err != nil {
		return malformed("%s: %w", f.Path, err)
	}
	u.files = append(u.files, f)
	return nil
}

func (u *unpacker) version(f *index.File) {
	n := u.count(index.MaxActors, 2)
	start := len(u.counters)
	for range n {
		i := u.uvarint()
		count := u.upTo(index.MaxCount)
		if i >= uint64(len(u.actors)) {
			u.fail()
			return
		}
		u.counters = append(u.counters, index.Counter{Actor: u.actors[i], Count: count})
	}
	if n > 0 {
		f.Version = u.counters[start:len(u.counters):len(u.counters)]
	}
	by := u.upTo(uint64(len(u.devices)))
	if by > 0 {
		f.By = u.devices[by-1]
	}
}

func (u *unpacker) content(f *index.File, how byte) error {
	told := f.Kind == index.Regular || f.Kind == index.Deleted
	switch {
	case how == noContent && f.Kind != index.Regular:
	case how == byRoot && told:
		f.Root = u.hash()
		if f.Kind == index.Regular {
			f.Size = u.size()
		}
	case how == byBlocks && f.Kind == index.Regular:
		u.list(f)
	case how == byReference && told:
		return u.reference(f)
	default:
		return malformed("content of a %v", f.Kind)
	}
	return nil
}

// list reads a block list; size and root follow from it.
func (u *unpacker) list(f *index.File) {
	start := len(u.blocks)
	u.blocks = cutBlocks(&u.cut, u.blocks, u.count(MaxInline, 33))
	if list := u.blocks[start:len(u.blocks):len(u.blocks)]; len(list) > 0 {
		f.Blocks = list
	}
	for _, b := range f.Blocks {
		f.Size += int64(b.Size)
	}
	f.Root = index.RootOf(f.Blocks)
}

func (u *unpacker) reference(f *index.File) error {
	back := u.uvarint()
	if back == 0 || back > uint64(len(u.files)) {
		return malformed("refers %d entries back", back)
	}
	g := &u.files[uint64(len(u.files))-back]
	f.Root = g.Root
	if f.Kind == index.Regular {
		f.Size, f.Blocks = g.Size, g.Blocks
	}
	return nil
}

func (u *unpacker) look(f *index.File) {
	if f.Kind == index.Regular || f.Kind == index.Symlink {
		u.time += unzigzag(u.uvarint())
		f.Modified = u.time
	}
	switch f.Kind {
	case index.Regular, index.Directory:
		f.Mode = uint32(u.upTo(0o777))
	case index.Symlink:
		f.Target = string(u.bytes(u.count(MaxTarget, 1)))
	}
}
