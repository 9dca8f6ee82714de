//go:build unix && !linux && !darwin

package disk

import "golang.org/x/sys/unix"

// renameNew says that this system has no such call.
func (d *dir) renameNew(string, *dir, string) error { return unix.ENOTSUP }

// exchange says that this system has no such call.
func (d *dir) exchange(string, *dir, string) error { return unix.ENOTSUP }
