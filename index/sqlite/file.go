package sqlite

import (
	"encoding/binary"
	"fmt"

	"kith/index"
)

// Flags in the first byte of a file, above the three bits of its kind.
const (
	hasTime  = 1 << 3 // Modified is not zero
	hasRoot  = 1 << 4 // Root follows
	hasBlock = 1 << 5 // instead of Root, the hash of its one block of Size bytes
	hasList  = 1 << 6 // Blocks follow
	kindBits = 1<<3 - 1
)

// single reports whether f is a file of one block, which says all that its root
// says and more.
func single(f index.File) bool {
	return f.Kind == index.Regular && len(f.Blocks) == 1 &&
		int64(f.Blocks[0].Size) == f.Size && index.RootOf(f.Blocks) == f.Root
}

// appendFile writes f without its path. Of the blocks it writes those of a
// single file; the others only with list set.
func appendFile(b []byte, f index.File, list bool) []byte {
	flags := byte(f.Kind)
	one := single(f)
	list = list && !one && len(f.Blocks) > 0
	for _, is := range []struct {
		so  bool
		bit byte
	}{{f.Modified != 0, hasTime}, {!one && !f.Root.IsZero(), hasRoot}, {one, hasBlock}, {list, hasList}} {
		if is.so {
			flags |= is.bit
		}
	}
	b = append(b, flags)
	b = binary.AppendUvarint(b, uint64(f.Size))
	if f.Modified != 0 {
		b = binary.BigEndian.AppendUint64(b, uint64(f.Modified))
	}
	b = binary.AppendUvarint(b, uint64(f.Mode))
	b = binary.AppendUvarint(b, uint64(len(f.Target)))
	b = append(b, f.Target...)
	switch {
	case one:
		b = append(b, f.Blocks[0].Hash[:]...)
	case !f.Root.IsZero():
		b = append(b, f.Root[:]...)
	}
	if list {
		b = binary.AppendUvarint(b, uint64(len(f.Blocks)))
		b = appendBlocks(b, f.Blocks)
	}
	return appendVersion(b, f.Version, f.By)
}

// file reads what appendFile wrote. Nonsense sets bad.
func (r *reader) file(p index.Path) index.File {
	f := index.File{Path: p}
	flags := r.byte()
	f.Kind = index.Kind(flags & kindBits)
	f.Size = int64(r.uvarint())
	if flags&hasTime != 0 {
		f.Modified = int64(r.uint64())
	}
	mode := r.uvarint()
	f.Mode = uint32(mode)
	f.Target = string(r.take(r.uvarint()))
	if flags&hasRoot != 0 {
		f.Root = r.hash()
	}
	if flags&hasBlock != 0 {
		r.bad = r.bad || uint64(f.Size) > 1<<32-1 || f.Kind != index.Regular || flags&(hasRoot|hasList) != 0
		f.Blocks = []index.Block{{Hash: r.hash(), Size: uint32(f.Size)}}
		f.Root = index.RootOf(f.Blocks)
	}
	if flags&hasList != 0 {
		f.Blocks = r.blocks(r.uvarint())
		r.bad = r.bad || f.Blocks == nil
	}
	f.Version, f.By = r.version()
	if flags&^(kindBits|hasTime|hasRoot|hasBlock|hasList) != 0 || mode > 1<<32-1 || wellFormed(f) != nil {
		r.bad = true
	}
	return f
}

// appendVersion writes a version and its author, who is one of its actors as a
// rule: then a byte says which.
func appendVersion(b []byte, v index.Version, by index.Short) []byte {
	b = binary.AppendUvarint(b, uint64(len(v)))
	author := uint64(0)
	for i, c := range v {
		b = binary.BigEndian.AppendUint64(b, uint64(c.Actor.Device))
		b = binary.BigEndian.AppendUint32(b, uint32(c.Actor.Epoch))
		b = binary.AppendUvarint(b, c.Count)
		if c.Actor.Device == by {
			author = uint64(i + 1)
		}
	}
	b = binary.AppendUvarint(b, author)
	if author == 0 {
		b = binary.BigEndian.AppendUint64(b, uint64(by))
	}
	return b
}

func (r *reader) version() (v index.Version, by index.Short) {
	n := r.uvarint()
	if n > index.MaxActors {
		r.bad = true
		return nil, 0
	}
	if n > 0 {
		v = make(index.Version, n)
	}
	for i := range v {
		v[i].Actor.Device = index.Short(r.uint64())
		v[i].Actor.Epoch = index.Epoch(r.uint32())
		v[i].Count = r.uvarint()
	}
	switch author := r.uvarint(); {
	case author == 0:
		by = index.Short(r.uint64())
	case author <= n:
		by = v[author-1].Actor.Device
	default:
		r.bad = true
	}
	return v, by
}

func appendBlocks(b []byte, blocks []index.Block) []byte {
	for _, bl := range blocks {
		b = append(b, bl.Hash[:]...)
		b = binary.AppendUvarint(b, uint64(bl.Size))
	}
	return b
}

// blocks reads n blocks, which take at least 33 bytes each.
func (r *reader) blocks(n uint64) []index.Block {
	if n == 0 || n > uint64(len(r.b))/33 {
		r.bad = r.bad || n > 0
		return nil
	}
	out := make([]index.Block, n)
	for i := range out {
		out[i].Hash = r.hash()
		size := r.uvarint()
		out[i].Size = uint32(size)
		r.bad = r.bad || size > 1<<32-1
	}
	return out
}

// wellFormed tells why f is nothing that a device can hold.
func wellFormed(f index.File) error {
	switch {
	case f.Path.IsRoot():
		return fmt.Errorf("a record needs a path")
	case f.Kind < index.Deleted || f.Kind > index.Sought:
		return fmt.Errorf("%s: nothing can be of kind %d", f.Path, f.Kind)
	case f.Size < 0:
		return fmt.Errorf("%s: size %d", f.Path, f.Size)
	}
	if err := f.Version.Valid(); err != nil {
		return fmt.Errorf("%s: %w", f.Path, err)
	}
	return nil
}
