package control

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// checkCaller refuses a connection from a program of another user, by what the
// kernel says. Root may do everything anyway.
func checkCaller(c net.Conn) error {
	raw, err := c.(*net.UnixConn).SyscallConn()
	if err != nil {
		return fmt.Errorf("ask who is calling: %w", err)
	}
	var who *unix.Ucred
	var askErr error
	err = raw.Control(func(fd uintptr) {
		who, askErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err == nil {
		err = askErr
	}
	if err != nil {
		return fmt.Errorf("ask who is calling: %w", err)
	}
	return allowCaller(who.Uid, uint32(os.Getuid()))
}
