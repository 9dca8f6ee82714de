//go:build unix

package peer

import (
	"fmt"
	"os"
)

// checkPrivate refuses a file which others than its owner may read or write.
func checkPrivate(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("%s can be read by others (mode %04o): if nobody did, run chmod 600 on it; "+
			"otherwise remove it, and pair this device again", path, mode)
	}
	return nil
}

// syncDirectory makes the names in a directory durable.
func syncDirectory(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
