package wire_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"testing"

	"kith/index"
	"kith/peer/wire"
)

func FuzzFrame(f *testing.F) {
	var whole []byte
	for _, m := range examples() {
		b, err := wire.AppendFrame(nil, m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		whole = append(whole, b...)
	}
	f.Add(whole)
	f.Add([]byte{0, 0, 0, 0})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 9})
	f.Add([]byte{0, 0, 0, 3, 200, 1, 2, 0, 0, 0, 1, byte(wire.TypePing)})
	f.Fuzz(func(t *testing.T, b []byte) {
		in := wire.NewReader(bytes.NewReader(b))
		for {
			m, err := in.Next()
			if err != nil {
				if err != io.EOF && err != io.ErrUnexpectedEOF && !errors.Is(err, wire.ErrMalformed) {
					t.Fatalf("an error of no kind: %v", err)
				}
				return
			}
			if in.Payload() > len(b) && len(b) > wire.MaxPiece {
				t.Fatalf("%v of %d bytes", m.Type(), in.Payload())
			}
		}
	})
}

// What parses is written back byte for byte, and parses to the same again.
func FuzzDecode(f *testing.F) {
	for _, m := range examples() {
		f.Add(body(f, m))
	}
	f.Fuzz(roundTrip)
}

// The same for updates: the corpus has nothing else, so that it gets deeper.
func FuzzUpdate(f *testing.F) {
	f.Add(body(f, update())[1:])
	f.Add(body(f, tree(3))[1:])
	for i := range update().Files {
		u := &wire.Update{Files: update().Files[i : i+1]}
		f.Add(body(f, u)[1:])
	}
	f.Fuzz(func(t *testing.T, b []byte) { roundTrip(t, append([]byte{byte(wire.TypeUpdate)}, b...)) })
}

func roundTrip(t *testing.T, b []byte) {
	m, err := wire.Parse(b)
	if err != nil {
		if !errors.Is(err, wire.ErrMalformed) {
			t.Fatalf("an error of no kind: %v", err)
		}
		return
	}
	again, err := wire.Append(nil, m)
	if err != nil {
		t.Fatalf("%+v parsed, but cannot be written: %v", m, err)
	}
	if !bytes.Equal(again, b) {
		t.Fatalf("%x came back as %x", b, again)
	}
	m2, err := wire.Parse(again)
	if err != nil || !reflect.DeepEqual(m, m2) {
		t.Fatalf("%+v became %+v, %v", m, m2, err)
	}
	if u, ok := m.(*wire.Update); ok {
		checkFiles(t, u)
	}
}

// checkFiles has the promises about entries, told in another way than the code.
func checkFiles(t *testing.T, u *wire.Update) {
	if len(u.Files) > wire.MaxFiles {
		t.Fatalf("%d entries", len(u.Files))
	}
	for _, f := range u.Files {
		if _, err := index.ParsePath(f.Path.String()); err != nil {
			t.Fatal(err)
		}
		if err := f.Version.Valid(); err != nil {
			t.Fatal(err)
		}
		if f.Size < 0 || f.Mode > 0o777 || f.Kind == index.Absent || f.Kind > index.Elsewhere {
			t.Fatalf("%+v", f)
		}
		if len(f.Blocks) > 0 {
			var size int64
			for _, b := range f.Blocks {
				size += int64(b.Size)
			}
			if size != f.Size || index.RootOf(f.Blocks) != f.Root || f.Kind != index.Regular {
				t.Fatalf("%+v", f)
			}
		}
	}
}
