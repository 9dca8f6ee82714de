package wire

import (
	"encoding/binary"
	"fmt"
	"slices"

	"kith/index"
)

// files packs the entries of an Update:
//
//	count, then the devices (8 bytes each, ascending), then the actors (number of
//	the device, 4 bytes of epoch; ascending) that the entries mention, then the entries
//
// and each entry as
//
//	head    kind, and how the content is told
//	path    how much of it is that of the entry before, and the rest
//	version how many counters, each the number of its actor and the count
//	by      the number of the device plus one; zero for none
//	content the root and, for a file, the size; or the block list, from which both
//	        follow; or how many entries back the same content stands
//	time    of a file or link, as the difference to the entry before
//	mode    of a file or directory
//	target  of a link
type files []index.File

// How the content of an entry is told.
const (
	noContent   = 0 << 4
	byRoot      = 1 << 4
	byBlocks    = 2 << 4
	byReference = 3 << 4
)

const kindBits = 0x0f

func (l *files) empty() bool { return len(*l) == 0 }

func (l *files) check() error {
	if len(*l) > MaxFiles {
		return fmt.Errorf("%w: %d files", ErrTooLarge, len(*l))
	}
	for i := range *l {
		if err := checkFile(&(*l)[i]); err != nil {
			return fmt.Errorf("%s: %w", (*l)[i].Path, err)
		}
	}
	return nil
}

func (l *files) put(b []byte) []byte {
	p := packer{files: *l, seen: make(map[index.Hash]int, len(*l))}
	p.collect()
	b = binary.AppendUvarint(b, uint64(len(*l)))
	b = p.appendNames(b)
	for i := range *l {
		b = p.append(b, i)
	}
	return b
}

// packer writes entries.
type packer struct {
	files   []index.File
	devices []index.Short
	actors  []index.Actor
	seen    map[index.Hash]int // by root: the last entry that told it outright
	path    string             // of the entry before
	time    int64              // likewise
}

// collect finds which devices and actors are mentioned. They are few, and mostly
// the same from one entry to the next.
func (p *packer) collect() {
	actors, devices := map[index.Actor]bool{}, map[index.Short]bool{}
	var last index.Actor
	for i := range p.files {
		if by := p.files[i].By; by != 0 && by != last.Device {
			devices[by] = true
		}
		for _, c := range p.files[i].Version {
			if c.Actor != last {
				last = c.Actor
				actors[last], devices[last.Device] = true, true
			}
		}
	}
	for d := range devices {
		p.devices = append(p.devices, d)
	}
	for a := range actors {
		p.actors = append(p.actors, a)
	}
	slices.Sort(p.devices)
	slices.SortFunc(p.actors, index.Actor.Compare)
}

func (p *packer) appendNames(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(p.devices)))
	for _, d := range p.devices {
		b = binary.BigEndian.AppendUint64(b, uint64(d))
	}
	b = binary.AppendUvarint(b, uint64(len(p.actors)))
	for _, a := range p.actors {
		b = binary.AppendUvarint(b, uint64(p.device(a.Device)))
		b = binary.BigEndian.AppendUint32(b, uint32(a.Epoch))
	}
	return b
}

func (p *packer) device(d index.Short) int {
	i, _ := slices.BinarySearch(p.devices, d)
	return i
}

func (p *packer) append(b []byte, i int) []byte {
	f := &p.files[i]
	how, back := p.content(i)
	b = append(b, byte(f.Kind)|how)
	b = appendPath(b, p.path, f.Path.String())
	p.path = f.Path.String()
	b = p.appendVersion(b, f)
	switch how {
	case byReference:
		b = binary.AppendUvarint(b, uint64(back))
	case byBlocks:
		b = appendBlocks(b, f.Blocks)
	case byRoot:
		b = append(b, f.Root[:]...)
		if f.Kind == index.Regular {
			b = binary.AppendUvarint(b, uint64(f.Size))
		}
	}
	return p.appendLook(b, f)
}

// content chooses how the content of an entry is told.
func (p *packer) content(i int) (how byte, back int) {
	f := &p.files[i]
	if f.Kind == index.Symlink || f.Kind == index.Directory || f.Root.IsZero() {
		return noContent, 0
	}
	if j, ok := p.seen[f.Root]; ok && serves(&p.files[j], f) {
		return byReference, i - j
	}
	p.seen[f.Root] = i
	if f.Kind == index.Regular && (f.Size == 0 || len(f.Blocks) > 0) {
		return byBlocks, 0
	}
	return byRoot, 0
}

// serves reports whether all that f tells of its content stands in an earlier
// entry with the same root. A deleted file tells just its root.
func serves(earlier, f *index.File) bool {
	return f.Kind == index.Deleted ||
		earlier.Kind == index.Regular && earlier.Size == f.Size && slices.Equal(earlier.Blocks, f.Blocks)
}

func (p *packer) appendVersion(b []byte, f *index.File) []byte {
	b = binary.AppendUvarint(b, uint64(len(f.Version)))
	for _, c := range f.Version {
		i := 0
		if len(p.actors) > 1 {
			i, _ = slices.BinarySearchFunc(p.actors, c.Actor, index.Actor.Compare)
		}
		b = binary.AppendUvarint(b, uint64(i))
		b = binary.AppendUvarint(b, c.Count)
	}
	if f.By == 0 {
		return append(b, 0)
	}
	return binary.AppendUvarint(b, uint64(p.device(f.By))+1)
}

// appendLook writes what of time, mode and target the kind has.
func (p *packer) appendLook(b []byte, f *index.File) []byte {
	if f.Kind == index.Regular || f.Kind == index.Symlink {
		b = binary.AppendUvarint(b, zigzag(f.Modified-p.time))
		p.time = f.Modified
	}
	switch f.Kind {
	case index.Regular, index.Directory:
		b = binary.AppendUvarint(b, uint64(f.Mode))
	case index.Symlink:
		b = binary.AppendUvarint(b, uint64(len(f.Target)))
		b = append(b, f.Target...)
	}
	return b
}
