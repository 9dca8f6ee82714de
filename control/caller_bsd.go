//go:build darwin || freebsd

package control

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// solLocal is the level of options of unix sockets (SOL_LOCAL).
const solLocal = 0

// checkCaller refuses a connection from a program of another user, by what the
// kernel says. Root may do everything anyway.
func checkCaller(c net.Conn) error {
	raw, err := c.(*net.UnixConn).SyscallConn()
	if err != nil {
		return fmt.Errorf("ask who is calling: %w", err)
	}
	var who *unix.Xucred
	var askErr error
	err = raw.Control(func(fd uintptr) {
		who, askErr = unix.GetsockoptXucred(int(fd), solLocal, unix.LOCAL_PEERCRED)
	})
	if err == nil {
		err = askErr
	}
	if err != nil {
		return fmt.Errorf("ask who is calling: %w", err)
	}
	return allowCaller(who.Uid, uint32(os.Getuid()))
}
