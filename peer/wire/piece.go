package wire

import (
	"encoding/binary"
	"errors"
)

// ErrPerished is why a piece is not sent that a power cut took from the device
// which announced it. As Piece.Gone it tells the other side not to wait for it.
var ErrPerished = errors.New("a power cut took it there")

// AppendPieceHeader appends what stands before the bytes of a piece in the body
// of its frame. gone must be empty if bytes follow.
func AppendPieceHeader(b []byte, id, index uint64, gone string) []byte {
	b = append(b, byte(TypePiece))
	b = binary.AppendUvarint(b, id)
	b = binary.AppendUvarint(b, index)
	b = binary.AppendUvarint(b, uint64(len(gone)))
	return append(b, gone...)
}

func appendPiece(b []byte, p *Piece) ([]byte, error) {
	if err := checkPiece(p, len(p.Data)); err != nil {
		return b, err
	}
	b = AppendPieceHeader(b, p.ID, p.Index, p.Gone)
	return append(b, p.Data...), nil
}

func checkPiece(p *Piece, size int) error {
	switch {
	case size > MaxPiece:
		return malformed("piece of %d bytes", size)
	case (p.Gone == "") != (size > 0):
		return malformed("piece with %d bytes and reason %q", size, p.Gone)
	case p.Index >= MaxWants:
		return malformed("piece %d", p.Index)
	}
	if err := checkText(p.Gone, MaxText); err != nil {
		return malformed("piece: %w", err)
	}
	return nil
}

func parsePiece(b []byte) (*Piece, error) {
	p := new(Piece)
	n, err := p.header(b[1:])
	n++
	if err != nil {
		return nil, err
	}
	if n < len(b) {
		p.Data = b[n:]
	}
	return p, checkPiece(p, len(p.Data))
}

// header reads what stands between the type and the bytes, and tells how long
// that is.
func (p *Piece) header(b []byte) (int, error) {
	c := cut{b: b}
	p.ID, p.Index = c.uvarint(), c.uvarint()
	p.Gone = string(c.bytes(c.count(MaxText, 1)))
	if c.bad {
		return 0, malformed("header of a piece")
	}
	return len(b) - len(c.b), nil
}
