//go:build !windows

package peer

import "syscall"

// What the system says when nothing listens at an address, and when there is no
// way to it.
const (
	errNoListener  = syscall.ECONNREFUSED
	errNoHost      = syscall.EHOSTUNREACH
	errNoNetwork   = syscall.ENETUNREACH
	errNoAnswerYet = syscall.ETIMEDOUT
)
