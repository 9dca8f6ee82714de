package wire

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// Append appends the body of the frame of m to b: its type and its fields. It
// refuses what Parse would refuse, so what was written always parses.
func Append(b []byte, m Message) ([]byte, error) {
	start := len(b)
	var err error
	if p, ok := m.(*Piece); ok {
		b, err = appendPiece(b, p)
	} else {
		b, err = appendFields(b, m)
	}
	if err == nil && len(b)-start > m.Type().limit() {
		err = fmt.Errorf("%w: %d bytes", ErrTooLarge, len(b)-start)
	}
	if err != nil {
		return b[:start], fmt.Errorf("write %v: %w", m.Type(), err)
	}
	return b, nil
}

func appendFields(b []byte, m Message) ([]byte, error) {
	f, ok := m.(fielded)
	if !ok {
		return b, fmt.Errorf("%w: type is not known", ErrInvalid)
	}
	e := encoder{b: append(b, byte(m.Type()))}
	f.fields(&e)
	return e.b, e.err
}

// encoder is the coder that writes.
type encoder struct {
	b      []byte
	parsed bool // the message was read, so its lists were checked
	err    error
}

func (e *encoder) invalid(err error) {
	if e.err == nil && err != nil {
		e.err = fmt.Errorf("%w: %w", ErrInvalid, err)
	}
}

func (e *encoder) field(tag uint64, length int) {
	e.b = binary.AppendUvarint(e.b, tag)
	e.b = binary.AppendUvarint(e.b, uint64(length))
}

func (e *encoder) number(tag, limit uint64, v *uint64) {
	if *v == 0 {
		return
	}
	if *v > limit {
		e.invalid(fmt.Errorf("field %d is %d, more than %d", tag, *v, limit))
	}
	var buf [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(buf[:], *v)
	e.field(tag, n)
	e.b = append(e.b, buf[:n]...)
}

func (e *encoder) text(tag uint64, limit int, s *string) {
	if *s == "" {
		return
	}
	e.invalid(checkText(*s, limit))
	e.field(tag, len(*s))
	e.b = append(e.b, *s...)
}

func checkText(s string, limit int) error {
	switch {
	case len(s) > limit:
		return fmt.Errorf("text of %d bytes, more than %d", len(s), limit)
	case !utf8.ValidString(s):
		return fmt.Errorf("text %q is not valid UTF-8", s)
	}
	return nil
}

func (e *encoder) exact(tag uint64, b []byte) {
	if allZero(b) {
		return
	}
	e.field(tag, len(b))
	e.b = append(e.b, b...)
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

func (e *encoder) bytes(tag uint64, limit int, b *[]byte) {
	if len(*b) == 0 {
		return
	}
	if len(*b) > limit {
		e.invalid(fmt.Errorf("field %d has %d bytes, more than %d", tag, len(*b), limit))
	}
	e.field(tag, len(*b))
	e.b = append(e.b, *b...)
}

// list writes the items first and then moves them to make room for their length.
func (e *encoder) list(tag uint64, l list) {
	if l.empty() {
		return
	}
	if !e.parsed {
		if e.invalid(l.check()); e.err != nil {
			return
		}
	}
	e.b = binary.AppendUvarint(e.b, tag)
	start := len(e.b)
	b := l.put(e.b)
	var buf [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(buf[:], uint64(len(b)-start))
	b = append(b, buf[:n]...)
	copy(b[start+n:], b[start:])
	copy(b[start:], buf[:n])
	e.b = b
}

func (e *encoder) unknown(u *Unknown) { e.b = append(e.b, *u...) }
