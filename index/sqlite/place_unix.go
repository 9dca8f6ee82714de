//go:build unix

package sqlite

import (
	"os"

	"golang.org/x/sys/unix"
)

// changedAt returns when a file was last changed in any way, its name included, in
// nanoseconds: ctime.
func changedAt(f *os.File) (int64, error) {
	var s unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &s); err != nil {
		return 0, err
	}
	return s.Ctim.Nano(), nil
}
