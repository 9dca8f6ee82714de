package control

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"syscall"
	"testing"

	"kith/sim/cramped"
)

// TestADiskThatRunsFullInTheMiddleKeepsWhatWasThere saves settings for which there is
// room up to a byte: the ones before stay, and nothing else, and once there is room
// they are saved.
func TestADiskThatRunsFullInTheMiddleKeepsWhatWasThere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.toml")
	before, after := sampleSettings(), sampleSettings()
	after.Name = "another name"
	text, err := after.Format()
	if err != nil {
		t.Fatal(err)
	}
	file := &settingsFile{path: path}
	must(t, file.save(before))
	was, err := os.ReadFile(path)
	must(t, err)
	size := uint64(len(text))
	for _, room := range []uint64{0, 1, size / 2, size - 1} {
		if err := cramped.Write(room, func() error { return file.save(after) }); !errors.Is(err, syscall.EFBIG) {
			t.Errorf("room for %d of %d bytes: %v", room, size, err)
		}
		if is, err := os.ReadFile(path); err != nil || !bytes.Equal(is, was) {
			t.Errorf("room for %d of %d bytes: there is now, %v:\n%s", room, size, err, is)
		}
		if left, _ := filepath.Glob(path + "*.new"); len(left) > 0 {
			t.Errorf("room for %d of %d bytes: %q are left", room, size, left)
		}
	}
	must(t, cramped.Write(size, func() error { return file.save(after) }))
	text, err = os.ReadFile(path)
	must(t, err)
	got, err := ParseSettings(text)
	if err != nil || !reflect.DeepEqual(known(got), known(after)) {
		t.Errorf("with room for all of it: %+v, %v", got, err)
	}
}
