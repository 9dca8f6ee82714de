package disk

import (
	"golang.org/x/sys/unix"

	"kith/index"
)

// inUse reports whether somebody has a file open for writing: the kernel grants
// a lease to write only on a file that nobody else does. Where it grants none, as
// on network drives, the answer is no.
func (d *dir) inUse(name string) (bool, error) {
	if n, err := d.lstat(name); err != nil || n.kind != index.Regular {
		return false, err
	}
	f, err := d.read(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	raw, err := f.SyscallConn()
	if err != nil {
		return false, err
	}
	busy := false
	err = raw.Control(func(fd uintptr) {
		switch _, err := unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_WRLCK); err {
		case nil:
			unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_UNLCK)
		case unix.EAGAIN:
			busy = true
		}
	})
	return busy, err
}
