package disk

import (
	"errors"

	"golang.org/x/sys/windows"
)

func anyOf(err error, numbers ...windows.Errno) bool {
	for _, n := range numbers {
		if errors.Is(err, n) {
			return true
		}
	}
	return false
}

func isUnsupported(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || anyOf(err, windows.ERROR_NOT_SUPPORTED, windows.ERROR_INVALID_FUNCTION)
}

func isNotEmpty(err error) bool { return anyOf(err, windows.ERROR_DIR_NOT_EMPTY) }

func isGone(err error) bool {
	return anyOf(err, windows.ERROR_NOT_READY, windows.ERROR_BAD_NETPATH, windows.ERROR_DEV_NOT_EXIST, windows.ERROR_NETNAME_DELETED)
}

func isBlocked(err error) bool { return anyOf(err, windows.ERROR_DIRECTORY) }
func isMount(err error) bool   { return errors.Is(err, errMount) }

func isTooLong(err error) bool {
	return anyOf(err, windows.ERROR_FILENAME_EXCED_RANGE, windows.ERROR_INVALID_NAME)
}

func isNoLink(err error) bool {
	return isUnsupported(err) || anyOf(err, windows.ERROR_TOO_MANY_LINKS, windows.ERROR_NOT_SAME_DEVICE, windows.ERROR_ACCESS_DENIED)
}

// nameFault says why no disk of this system can hold a name; nil if some can.
func nameFault(name string) error { return windowsName(name) }
