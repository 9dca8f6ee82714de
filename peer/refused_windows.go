package peer

import "golang.org/x/sys/windows"

// What the system says when nothing listens at an address, and when there is no
// way to it.
const (
	errNoListener  = windows.WSAECONNREFUSED
	errNoHost      = windows.WSAEHOSTUNREACH
	errNoNetwork   = windows.WSAENETUNREACH
	errNoAnswerYet = windows.WSAETIMEDOUT
)
