//go:build unix

package disk

import (
	"errors"

	"golang.org/x/sys/unix"
)

func isUnsupported(err error) bool {
	return errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOTSUP)
}

func isNotEmpty(err error) bool {
	return errors.Is(err, unix.ENOTEMPTY) || errors.Is(err, unix.EEXIST)
}

// isGone reports whether the volume itself, not just a name on it, is out of reach.
func isGone(err error) bool {
	return errors.Is(err, unix.ESTALE) || errors.Is(err, unix.ENOTCONN) || errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ETIMEDOUT)
}

// isBlocked reports whether a link or a mount stands in the way of a directory.
func isBlocked(err error) bool {
	return errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENOTDIR)
}

func isMount(err error) bool { return errors.Is(err, unix.EXDEV) }

// isTooLong reports whether the disk refused a name for what it is.
func isTooLong(err error) bool {
	return errors.Is(err, unix.ENAMETOOLONG) || errors.Is(err, unix.EILSEQ)
}

// isNoLink reports whether the disk cannot give an object a second name.
func isNoLink(err error) bool {
	return isUnsupported(err) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EMLINK) || errors.Is(err, unix.EXDEV)
}

// nameFault says why no disk of this system can hold a name; nil if some can.
func nameFault(string) error { return nil }
