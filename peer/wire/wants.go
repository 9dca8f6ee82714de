package wire

import (
	"encoding/binary"
	"fmt"
	"math"

	"kith/index"
)

// wants packs the pieces of a Fetch. A path is told by how much of it is that of
// the piece before, and the rest; a root only if the path or the root differ.
type wants []Want

func (l *wants) empty() bool { return len(*l) == 0 }

func (l *wants) check() error {
	if len(*l) > MaxWants {
		return fmt.Errorf("%w: %d pieces", ErrTooLarge, len(*l))
	}
	for _, w := range *l {
		if err := w.check(); err != nil {
			return err
		}
	}
	return nil
}

func (l *wants) put(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(*l)))
	var last Want
	for _, w := range *l {
		if w.Path == last.Path && w.Root == last.Root {
			b = append(b, sameFile)
		} else {
			b = append(b, otherFile)
			b = appendPath(b, last.Path.String(), w.Path.String())
			b = append(b, w.Root[:]...)
		}
		b = binary.AppendUvarint(b, uint64(w.Offset))
		b = binary.AppendUvarint(b, uint64(w.Size))
		last = w
	}
	return b
}

const (
	otherFile = 0
	sameFile  = 1
)

func (l *wants) get(b []byte) error {
	c := cut{b: b}
	n := c.count(MaxWants, 3)
	*l = make([]Want, 0, n)
	var last Want
	for range n {
		w, err := cutWant(&c, last)
		if err != nil {
			return err
		}
		*l = append(*l, w)
		last = w
	}
	if !c.done() {
		return malformed("list of pieces")
	}
	return nil
}

func cutWant(c *cut, last Want) (Want, error) {
	w := last
	switch c.byte() {
	case sameFile:
	case otherFile:
		var err error
		if w.Path, err = cutPath(c, last.Path.String()); err != nil {
			return w, err
		}
		w.Root = c.hash()
	default:
		return w, malformed("kind of piece")
	}
	w.Offset = c.size()
	w.Size = uint32(c.upTo(MaxPiece))
	return w, w.check()
}

func (w Want) check() error {
	switch {
	case w.Path.IsRoot():
		return fmt.Errorf("piece without a path")
	case w.Size == 0 || w.Size > MaxPiece:
		return fmt.Errorf("piece of %d bytes", w.Size)
	case w.Offset < 0 || w.Offset > math.MaxInt64-MaxPiece:
		return fmt.Errorf("piece at %d", w.Offset)
	}
	return nil
}

// appendPath writes s as the length of what it has in common with the path
// before, and the rest.
func appendPath(b []byte, before, s string) []byte {
	n := 0
	for n < len(before) && n < len(s) && before[n] == s[n] {
		n++
	}
	b = binary.AppendUvarint(b, uint64(n))
	b = binary.AppendUvarint(b, uint64(len(s)-n))
	return append(b, s[n:]...)
}

func cutPath(c *cut, before string) (index.Path, error) {
	n := int(c.upTo(uint64(len(before))))
	rest := c.bytes(c.count(index.MaxPath, 1))
	if c.bad {
		return index.Path{}, malformed("path")
	}
	return index.ParsePath(before[:n] + string(rest))
}
