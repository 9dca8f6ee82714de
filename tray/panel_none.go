//go:build !windows && !(darwin && cgo) && !(linux && cgo && gtk) && !((linux || freebsd || openbsd || netbsd) && !android && !gtk)

package tray

import "errors"

// newPanel says that this build has no tray: on macOS and with -tags gtk it takes
// a C compiler.
func newPanel() (panel, error) {
	return nil, errors.New("this Kith was built without a tray (it was built with CGO_ENABLED=0)")
}
