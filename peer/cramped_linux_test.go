package peer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"kith/sim/cramped"
)

// TestAKeyThatFindsNoRoomIsNone draws a key for which there is room up to a byte: that
// is no key, and once there is room another is drawn.
func TestAKeyThatFindsNoRoomIsNone(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "key.pem")
	if _, err := LoadIdentity(whole); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	size := uint64(len(text))
	path := filepath.Join(t.TempDir(), "key.pem")
	load := func() error {
		_, err := LoadIdentity(path)
		return err
	}
	for _, room := range []uint64{0, 1, size / 2, size - 1} {
		if err := cramped.Write(room, load); !errors.Is(err, syscall.EFBIG) {
			t.Errorf("room for %d of %d bytes: %v", room, size, err)
		}
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("room for %d of %d bytes, and there is something: %v", room, size, err)
		}
	}
	if err := cramped.Write(size, load); err != nil {
		t.Errorf("with room for all of it: %v", err)
	}
	drawn, err := LoadIdentity(path)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := LoadIdentity(path); err != nil || again.ID() != drawn.ID() {
		t.Errorf("it does not stay: %v", err)
	}
}
