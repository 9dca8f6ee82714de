package cramped

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestAWriteIsCutShort(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	err = Write(4, func() (err error) {
		n, err = f.WriteString("eight by")
		return err
	})
	if n != 4 || !errors.Is(err, syscall.EFBIG) {
		t.Errorf("%d bytes were written, and then: %v", n, err)
	}
	if n, err := f.WriteString("all of it"); n != 9 || err != nil {
		t.Errorf("once there is room again, %d bytes were written: %v", n, err)
	}
}
