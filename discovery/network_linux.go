package discovery

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// watchInterfaces sends on moved, without waiting for it to be taken, whenever
// the kernel says that an interface or an address changed. It returns when ctx
// ends, or with an error when there is nothing to listen to.
func watchInterfaces(ctx context.Context, moved chan<- struct{}) error {
	f, err := openNetlink()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { f.Close() })
	defer stop()
	defer f.Close()
	buf := make([]byte, 16<<10) // what is in a message is not looked at, so a cut one is as good
	for {
		_, err := f.Read(buf)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !isOverrun(err): // an overrun means changes too
			return fmt.Errorf("read from netlink: %w", err)
		}
		select {
		case moved <- struct{}{}:
		default:
		}
	}
}

func openNetlink() (*os.File, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open netlink: %w", err)
	}
	const groups = unix.RTMGRP_LINK | unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV6_IFADDR
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("subscribe to netlink: %w", err)
	}
	return os.NewFile(uintptr(fd), "netlink"), nil
}

// isOverrun reports whether the kernel had more to say than the socket holds.
func isOverrun(err error) bool { return errors.Is(err, unix.ENOBUFS) }
