//go:build !linux

package dash

import "net"

// userOf knows nothing here: the session is the guard.
func userOf(net.Conn) (uid int, known bool) { return 0, false }

func welcome(int) bool { return true }
