//go:build !windows

package control

import "golang.org/x/sys/unix"

// freeSpace returns how many bytes this user may still write on the volume of a
// directory; negative: unknown.
func freeSpace(dir string) int64 {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return -1
	}
	return int64(st.Bavail) * int64(st.Bsize)
}
