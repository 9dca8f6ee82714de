package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"kith/sim/cramped"
)

// TestAPlaceThatFindsNoRoomStays notes the place of a database where there is room for
// a part of that: what was there stays, or each full disk would make it a copy.
func TestAPlaceThatFindsNoRoomStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index.db"+placeMark)
	if err := writePlace(path); err != nil {
		t.Fatal(err)
	}
	before, err := readPlace(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	size := uint64(len(text))
	write := func() error { return writePlace(path) }
	for _, room := range []uint64{0, 1, size / 2, size - 1} {
		if err := cramped.Write(room, write); !errors.Is(err, syscall.EFBIG) {
			t.Errorf("room for %d of %d bytes: %v", room, size, err)
		}
		if now, err := readPlace(path); err != nil || now != before {
			t.Errorf("room for %d of %d bytes: it was %q and is %q, %v", room, size, before, now, err)
		}
		if _, err := os.Lstat(path + ".new"); err == nil {
			t.Errorf("room for %d of %d bytes: a part is left", room, size)
		}
	}
	if err := cramped.Write(size, write); err != nil {
		t.Errorf("with room for all of it: %v", err)
	}
	if now, err := readPlace(path); err != nil || now == before {
		t.Errorf("with room for all of it, it is %q as before, %v", now, err)
	}
}
