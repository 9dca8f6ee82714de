package wire

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// A frame is the length of its body, as a big-endian uint32, and the body: a
// type and what it says.
const lengthBytes = 4

// AppendFrame appends m as a frame.
func AppendFrame(b []byte, m Message) ([]byte, error) {
	start := len(b)
	b = append(b, 0, 0, 0, 0)
	b, err := Append(b, m)
	if err != nil {
		return b[:start], err
	}
	FinishFrame(b[start:])
	return b, nil
}

// FinishFrame writes the length into the first bytes of a frame, which hold room for it.
func FinishFrame(frame []byte) {
	binary.BigEndian.PutUint32(frame, uint32(len(frame)-lengthBytes))
}

// Writer writes messages as frames. It is used by one goroutine at a time.
type Writer struct {
	w   io.Writer
	buf []byte
}

// NewWriter returns a Writer that writes each frame to w in one call.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write writes one message.
func (w *Writer) Write(m Message) error {
	b, err := AppendFrame(w.buf[:0], m)
	if err != nil {
		return err
	}
	w.buf = b
	_, err = w.w.Write(b)
	return err
}

// Reader reads frames. It is used by one goroutine at a time.
type Reader struct {
	r       *bufio.Reader
	buf     []byte
	parser  parser
	piece   Piece
	payload int // bytes of the last Piece not yet read
}

// NewReader returns a Reader that reads from r, ahead of what it is asked for.
func NewReader(r io.Reader) *Reader {
	return &Reader{r: bufio.NewReaderSize(r, 32<<10), buf: make([]byte, 4<<10)}
}

// Next reads the next message. Of a Piece it reads just the header: the bytes
// are left for Payload and ReadPayload, and are skipped by the following Next,
// until which the Piece is valid. An error is the reader's own, or wraps
// ErrMalformed; at the end between two frames it is io.EOF.
func (r *Reader) Next() (Message, error) {
	if err := r.skip(); err != nil {
		return nil, err
	}
	for {
		n, t, err := r.head()
		switch {
		case err != nil:
			return nil, err
		case t == TypePiece:
			return r.readPiece(n)
		}
		body, err := r.body(n, t)
		if err != nil {
			return nil, err
		}
		if t < Skippable || blank(t) != nil {
			return r.parser.parse(body)
		}
	}
}

// head reads the length and the type, and checks the one by the other.
func (r *Reader) head() (int, Type, error) {
	head := r.buf[:lengthBytes+1]
	if _, err := io.ReadFull(r.r, head[:lengthBytes]); err != nil {
		return 0, 0, err
	}
	n := binary.BigEndian.Uint32(head)
	if n == 0 {
		return 0, 0, malformed("frame of no bytes")
	}
	if n > maxPieceHeader+MaxPiece {
		return 0, 0, malformed("frame of %d bytes", n)
	}
	if _, err := io.ReadFull(r.r, head[lengthBytes:]); err != nil {
		return 0, 0, unexpected(err)
	}
	t := Type(head[lengthBytes])
	if int(n) > t.limit() {
		return 0, 0, malformed("%v of %d bytes", t, n)
	}
	return int(n), t, nil
}

// body reads a body of n bytes of which the type is known already.
func (r *Reader) body(n int, t Type) ([]byte, error) {
	if len(r.buf) < n {
		r.buf = make([]byte, max(n, min(2*len(r.buf), MaxBulk)))
	}
	b := r.buf[:n]
	b[0] = byte(t)
	_, err := io.ReadFull(r.r, b[1:])
	return b, unexpected(err)
}

// readPiece reads the header of a Piece in a body of n bytes.
func (r *Reader) readPiece(n int) (Message, error) {
	head, err := r.r.Peek(min(n-1, maxPieceHeader))
	if err != nil {
		return nil, unexpected(err)
	}
	r.piece = Piece{}
	used, err := r.piece.header(head)
	if err != nil {
		return nil, err
	}
	if _, err := r.r.Discard(used); err != nil {
		return nil, err
	}
	r.payload = n - 1 - used
	return &r.piece, checkPiece(&r.piece, r.payload)
}

// Payload returns how many bytes of the last Piece are still to be read.
func (r *Reader) Payload() int { return r.payload }

// ReadPayload reads the bytes of the last Piece into b, which has the length
// that Payload told.
func (r *Reader) ReadPayload(b []byte) error {
	if len(b) != r.payload {
		return fmt.Errorf("read piece: room for %d bytes of %d", len(b), r.payload)
	}
	r.payload = 0
	_, err := io.ReadFull(r.r, b)
	return unexpected(err)
}

// skip passes over the bytes of a Piece that nobody read.
func (r *Reader) skip() error {
	n, err := r.r.Discard(r.payload)
	r.payload -= n
	return unexpected(err)
}

// unexpected makes an end within a frame an error of its own.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
