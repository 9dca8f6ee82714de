package wire

import (
	"bytes"
	"slices"
)

// Parse reads the body of a frame. It accepts exactly what Append writes: for
// each message there is one way to write it. The message shares nothing with b,
// except the Data of a Piece.
func Parse(b []byte) (Message, error) { return new(parser).parse(b) }

// parser keeps the room it needs from one message to the next.
type parser struct{ scratch []byte }

func (p *parser) parse(b []byte) (Message, error) {
	if len(b) == 0 {
		return nil, malformed("empty")
	}
	t := Type(b[0])
	if len(b) > t.limit() {
		return nil, malformed("%v of %d bytes", t, len(b))
	}
	if t == TypePiece {
		return parsePiece(b)
	}
	m := blank(t)
	if m == nil {
		return nil, malformed("type %d is not known", uint8(t))
	}
	d := decoder{rest: b[1:]}
	d.next()
	m.(fielded).fields(&d)
	if d.err != nil {
		return nil, malformed("%v: %w", t, d.err)
	}
	return m, p.checkCanonical(m, b)
}

// checkCanonical writes m again: fields that are explicitly zero, lists that are
// packed in another way and the like would come out differently.
func (p *parser) checkCanonical(m Message, b []byte) error {
	e := encoder{b: append(p.scratch[:0], b[0]), parsed: true}
	m.(fielded).fields(&e)
	p.scratch = e.b
	switch {
	case e.err != nil:
		return malformed("%v: %w", m.Type(), e.err)
	case !bytes.Equal(e.b, b):
		return malformed("%v is not written in the canonical way", m.Type())
	}
	return nil
}

// blank returns an empty message of a type; nil if the type is not known.
func blank(t Type) Message {
	switch t {
	case TypeHello:
		return new(Hello)
	case TypeFolders:
		return new(Folders)
	case TypeSubscribe:
		return new(Subscribe)
	case TypeUnsubscribe:
		return new(Unsubscribe)
	case TypeUpdate:
		return new(Update)
	case TypeWantBlocks:
		return new(WantBlocks)
	case TypeGiveBlocks:
		return new(GiveBlocks)
	case TypeFetch:
		return new(Fetch)
	case TypeCancel:
		return new(Cancel)
	case TypePing:
		return new(Ping)
	case TypePong:
		return new(Pong)
	case TypeBye:
		return new(Bye)
	case TypeRelease:
		return new(Release)
	}
	return nil
}

// decoder is the coder that reads. It looks one field ahead.
type decoder struct {
	rest  []byte // after the current field
	field []byte // the current field, whole
	tag   uint64 // of the current field; zero: none is left
	value []byte
	err   error
}

func (d *decoder) invalid(err error) {
	if d.err == nil && err != nil {
		d.err = err
	}
}

// next goes on to the following field, whose tag must be higher.
func (d *decoder) next() {
	before := d.tag
	d.tag, d.value, d.field = 0, nil, nil
	if len(d.rest) == 0 {
		return
	}
	c := cut{b: d.rest}
	tag := c.uvarint()
	value := c.bytes(c.count(MaxBulk, 1))
	if c.bad || tag <= before {
		d.invalid(malformed("field after %d", before))
		d.rest = nil
		return
	}
	d.field = d.rest[:len(d.rest)-len(c.b)]
	d.tag, d.value, d.rest = tag, value, c.b
}

// take returns the value of the field with a tag, if there is one.
func (d *decoder) take(tag uint64, least, most int) ([]byte, bool) {
	if d.tag != tag || d.err != nil {
		return nil, false
	}
	v := d.value
	if len(v) < least || len(v) > most {
		d.invalid(malformed("field %d has %d bytes", tag, len(v)))
		return nil, false
	}
	d.next()
	return v, d.err == nil
}

func (d *decoder) number(tag, limit uint64, v *uint64) {
	b, ok := d.take(tag, 1, 10)
	if !ok {
		return
	}
	c := cut{b: b}
	if *v = c.upTo(limit); !c.done() {
		d.invalid(malformed("field %d is not a number up to %d", tag, limit))
	}
}

func (d *decoder) text(tag uint64, limit int, s *string) {
	if b, ok := d.take(tag, 1, limit); ok {
		*s = string(b)
		d.invalid(checkText(*s, limit))
	}
}

func (d *decoder) exact(tag uint64, b []byte) {
	if v, ok := d.take(tag, len(b), len(b)); ok {
		copy(b, v)
	}
}

func (d *decoder) bytes(tag uint64, limit int, b *[]byte) {
	if v, ok := d.take(tag, 1, limit); ok {
		*b = slices.Clone(v)
	}
}

func (d *decoder) list(tag uint64, l list) {
	if v, ok := d.take(tag, 1, MaxBulk); ok {
		d.invalid(l.get(v))
	}
}

func (d *decoder) unknown(u *Unknown) {
	for d.tag != 0 && d.err == nil {
		*u = append(*u, d.field...)
		d.next()
	}
}
