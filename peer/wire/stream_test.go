package wire_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"kith/peer/wire"
)

func TestStreamCarriesEveryMessage(t *testing.T) {
	var buf bytes.Buffer
	w := wire.NewWriter(&buf)
	for _, m := range examples() {
		if err := w.Write(m); err != nil {
			t.Fatal(err)
		}
	}
	for name, r := range map[string]io.Reader{
		"whole": bytes.NewReader(buf.Bytes()), "byte by byte": iotest.OneByteReader(bytes.NewReader(buf.Bytes())),
	} {
		t.Run(name, func(t *testing.T) {
			in := wire.NewReader(r)
			for _, want := range examples() {
				m, err := in.Next()
				if err != nil {
					t.Fatal(err)
				}
				same(t, withPayload(t, in, m), want)
			}
			if _, err := in.Next(); err != io.EOF {
				t.Errorf("at the end: %v", err)
			}
		})
	}
}

// withPayload reads the bytes of a piece into its Data.
func withPayload(t *testing.T, in *wire.Reader, m wire.Message) wire.Message {
	t.Helper()
	p, ok := m.(*wire.Piece)
	if !ok || in.Payload() == 0 {
		return m
	}
	c := *p
	c.Data = make([]byte, in.Payload())
	if err := in.ReadPayload(c.Data); err != nil {
		t.Fatal(err)
	}
	return &c
}

func TestReaderSkipsThePayloadNobodyRead(t *testing.T) {
	var b []byte
	for _, m := range []wire.Message{&wire.Piece{ID: 1, Data: make([]byte, 100000)}, &wire.Ping{ID: 7}} {
		b = frame(t, b, m)
	}
	in := wire.NewReader(bytes.NewReader(b))
	if _, err := in.Next(); err != nil {
		t.Fatal(err)
	}
	m, err := in.Next()
	if err != nil {
		t.Fatal(err)
	}
	same(t, m, &wire.Ping{ID: 7})
}

func TestReaderSkipsTypesThatMayBeSkipped(t *testing.T) {
	b := []byte{0, 0, 0, 4, byte(wire.Skippable) + 100, 1, 2, 3}
	b = frame(t, b, &wire.Ping{ID: 7})
	m, err := wire.NewReader(bytes.NewReader(b)).Next()
	if err != nil {
		t.Fatal(err)
	}
	same(t, m, &wire.Ping{ID: 7})
}

func frame(t *testing.T, b []byte, m wire.Message) []byte {
	t.Helper()
	b, err := wire.AppendFrame(b, m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// endless gives zeros, and counts how many were taken.
type endless struct{ taken int }

func (e *endless) Read(b []byte) (int, error) {
	clear(b)
	e.taken += len(b)
	return len(b), nil
}

func TestLengthIsCheckedBeforeTheBodyIsRead(t *testing.T) {
	for name, c := range map[string]struct {
		length uint32
		body   []byte
	}{
		"no bytes":                     {0, nil},
		"all there is":                 {1<<32 - 1, []byte{byte(wire.TypePiece)}},
		"negative as an int32":         {1 << 31, []byte{byte(wire.TypePiece)}},
		"2^31-1":                       {1<<31 - 1, []byte{byte(wire.TypePiece)}},
		"a ping above the small limit": {wire.MaxControl + 1, []byte{byte(wire.TypePing)}},
		"an update above its limit":    {wire.MaxBulk + 1, []byte{byte(wire.TypeUpdate)}},
		"a type nobody knows":          {1, []byte{99}},
		"a large one that may skip":    {wire.MaxControl + 1, []byte{200}},
	} {
		t.Run(name, func(t *testing.T) {
			b := append(binary.BigEndian.AppendUint32(nil, c.length), c.body...)
			rest := new(endless)
			_, err := wire.NewReader(io.MultiReader(bytes.NewReader(b), rest)).Next()
			if !errors.Is(err, wire.ErrMalformed) {
				t.Errorf("got %v", err)
			}
			if rest.taken > 64<<10 {
				t.Errorf("took %d bytes", rest.taken)
			}
		})
	}
}

func TestFrameThatEndsEarlyIsAnError(t *testing.T) {
	for _, m := range examples() {
		whole := frame(t, nil, m)
		for n := 1; n < len(whole); n += 1 + len(whole)/200 {
			in := wire.NewReader(bytes.NewReader(whole[:n]))
			m, err := in.Next()
			if err == nil {
				err = in.ReadPayload(make([]byte, in.Payload()))
			}
			if err == nil {
				t.Fatalf("%d bytes of %d passed as %#v", n, len(whole), m)
			}
			if err == io.EOF {
				t.Fatalf("%d bytes of %d passed as an orderly end", n, len(whole))
			}
		}
	}
}
