//go:build unix

package drive_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kith/sim/drive"
)

func TestSameSeesEveryDifference(t *testing.T) {
	at := time.Unix(1700000000, 5)
	cases := []struct {
		name   string
		change func(dir string) error
		want   string // what the first line of the difference contains; "" for none
	}{
		{"nothing", func(string) error { return nil }, ""},
		{"another byte of the same size and time", func(dir string) error {
			name := filepath.Join(dir, "file")
			if err := os.WriteFile(name, []byte("bbb"), 0o644); err != nil {
				return err
			}
			return os.Chtimes(name, at, at)
		}, `"file": first`},
		{"a nanosecond", func(dir string) error {
			return os.Chtimes(filepath.Join(dir, "file"), at, at.Add(1))
		}, `"file": first`},
		{"permissions", func(dir string) error { return os.Chmod(filepath.Join(dir, "file"), 0o600) }, `"file": first`},
		{"an empty directory more", func(dir string) error { return os.Mkdir(filepath.Join(dir, "more"), 0o755) },
			`"more": only in the second`},
		{"another target of a link", func(dir string) error {
			name := filepath.Join(dir, "link")
			if err := os.Remove(name); err != nil {
				return err
			}
			return os.Symlink("elsewhere", name)
		}, `"link": first link to file`},
		{"a file for a directory", func(dir string) error {
			name := filepath.Join(dir, "dir")
			if err := os.Remove(name); err != nil {
				return err
			}
			return os.WriteFile(name, nil, 0o755)
		}, `"dir": first`},
		{"a program's own files are no difference", func(dir string) error {
			return os.Mkdir(filepath.Join(dir, ".kith"), 0o755)
		}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a, b := makeTree(t, at), makeTree(t, at)
			if err := c.change(b); err != nil {
				t.Fatal(err)
			}
			err := drive.Same(a, b, drive.Reading{})
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("Same: %v, want %q", err, c.want)
			}
		})
	}
}

func makeTree(t *testing.T, at time.Time) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	for _, err := range []error{
		os.WriteFile(file, []byte("aaa"), 0o644),
		os.Chtimes(file, at, at),
		os.Mkdir(filepath.Join(dir, "dir"), 0o755),
		os.Symlink("file", filepath.Join(dir, "link")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestInterfaceBytesLeavesLoopbackOut(t *testing.T) {
	const dev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:  100000      10    0    0    0     0          0         0   100000      10    0    0    0     0       0          0
  eth0:    1000       8    0    0    0     0          0         0      234       3    0    0    0     0       0          0
`
	if got, err := drive.InterfaceBytes(dev); got != 1234 || err != nil {
		t.Errorf("InterfaceBytes: %d, %v, want 1234", got, err)
	}
}
