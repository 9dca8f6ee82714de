package control

import (
	"context"
	"net"
)

// The door is reached by a unix socket, which Windows 10 and later have too.

func listenSocket(path string) (net.Listener, error) { return net.Listen("unix", path) }

func dialSocket(ctx context.Context, path string) (net.Conn, error) {
	return (&net.Dialer{Timeout: knockWithin}).DialContext(ctx, "unix", path)
}
