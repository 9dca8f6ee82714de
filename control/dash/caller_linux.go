package dash

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
)

func welcome(uid int) bool { return uid == os.Getuid() || uid == 0 }

// userOf returns the user whose socket is at the other end of a connection on
// this machine, as the kernel lists it. known is false where it does not.
func userOf(c net.Conn) (uid int, known bool) {
	there, ok1 := c.RemoteAddr().(*net.TCPAddr)
	here, ok2 := c.LocalAddr().(*net.TCPAddr)
	if !ok1 || !ok2 || there.IP.To4() == nil || here.IP.To4() == nil {
		return 0, false
	}
	table, err := os.Open("/proc/net/tcp")
	if err != nil {
		return 0, false
	}
	defer table.Close()
	return userIn(table, there, here)
}

// userIn finds the owner of the socket local–remote in the text of /proc/net/tcp
// (man 5 proc_pid_net).
func userIn(table io.Reader, local, remote *net.TCPAddr) (uid int, known bool) {
	from, to := kernelAddr(local), kernelAddr(remote)
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		const timeWait = "06" // nobody's any more
		if len(f) < 8 || f[1] != from || f[2] != to || f[3] == timeWait {
			continue
		}
		uid, err := strconv.Atoi(f[7])
		return uid, err == nil
	}
	return 0, false
}

// kernelAddr writes an IPv4 address the way the kernel prints it: as a number in
// the machine's byte order, in hex.
func kernelAddr(a *net.TCPAddr) string {
	return fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(a.IP.To4()), a.Port)
}
