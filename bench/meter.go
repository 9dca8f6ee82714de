//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"kith/sim/drive"
)

// clockTick is the unit of times in /proc/PID/stat, which Linux fixes for
// programs at a hundredth of a second.
const clockTick = 10 * time.Millisecond

// cpuTime returns the user and system time of a process and of its children
// that have ended.
func cpuTime(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is the name in parentheses and may contain anything.
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	const utime, stime, cutime, cstime = 11, 12, 13, 14 // counted from the state
	if len(fields) <= cstime {
		return 0, fmt.Errorf("read /proc/%d/stat: %d fields", pid, len(fields))
	}
	var ticks int64
	for _, i := range []int{utime, stime, cutime, cstime} {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read /proc/%d/stat: %w", pid, err)
		}
		ticks += n
	}
	return time.Duration(ticks) * clockTick, nil
}

// procValue returns the number behind a name in a file of /proc/PID, in its unit.
func procValue(pid int, file, name string) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			return strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
		}
	}
	return 0, fmt.Errorf("read /proc/%d/%s: no %s", pid, file, name)
}

// peakMemory returns the high-water mark of a process's resident memory, bytes.
func peakMemory(pid int) (int64, error) {
	kib, err := procValue(pid, "status", "VmHWM")
	return kib << 10, err
}

// resetPeak makes the high-water mark of a process start anew.
func resetPeak(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
}

// usageOf adds up what a sender's and a receiver's process have used.
func usageOf(sender, receiver int) (u usage, err error) {
	for pid, peak := range map[int]*int64{sender: &u.Sender, receiver: &u.Receiver} {
		cpu, err := cpuTime(pid)
		if err != nil {
			return u, err
		}
		if *peak, err = peakMemory(pid); err != nil {
			return u, err
		}
		written, err := procValue(pid, "io", "write_bytes")
		if err != nil {
			return u, err
		}
		u.CPU += cpu
		u.Written += written
	}
	return u, nil
}

// wireBytes returns how many bytes went in and out of a host's interfaces,
// headers included, loopback left out.
func wireBytes(h drive.Host) (int64, error) {
	out, err := h.Command("cat", "/proc/net/dev").Output()
	if err != nil {
		return 0, fmt.Errorf("read interface counters: %w", err)
	}
	return drive.InterfaceBytes(string(out))
}
