//go:build linux

package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// machine is what the figures depend on.
type machine struct {
	Kernel string            `json:"kernel"`
	CPU    string            `json:"cpu"`
	Cores  int               `json:"cores"`
	Memory int64             `json:"memory_bytes"`
	Load   string            `json:"load"`   // of the last 1, 5, 15 minutes, before the first run
	Places map[string]string `json:"places"` // the kind of file system of each place
}

func lookAround(places []place) machine {
	m := machine{Cores: runtime.NumCPU(), CPU: procLine("/proc/cpuinfo", "model name"), Places: map[string]string{}}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		m.Kernel = unix.ByteSliceToString(u.Release[:])
	}
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		m.Memory = int64(info.Totalram) * int64(info.Unit)
	}
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load = strings.Join(strings.Fields(string(b))[:3], " ")
	}
	for _, p := range places {
		m.Places[p.name] = fsKind(p.dir)
	}
	return m
}

func (m machine) String() string {
	return fmt.Sprintf("%d cores (%s), %s memory, Linux %s, load %s", m.Cores, m.CPU, amount(m.Memory), m.Kernel, m.Load)
}

// procLine returns what stands behind a name in a file of lines "name : value".
func procLine(file, name string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(b)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// fsKind names the file system of a directory by its magic number.
func fsKind(dir string) string {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return "unknown"
	}
	switch int64(st.Type) {
	case unix.TMPFS_MAGIC:
		return "tmpfs"
	case unix.EXT4_SUPER_MAGIC:
		return "ext4"
	case unix.XFS_SUPER_MAGIC:
		return "xfs"
	case unix.BTRFS_SUPER_MAGIC:
		return "btrfs"
	}
	return fmt.Sprintf("file system %x", st.Type)
}
