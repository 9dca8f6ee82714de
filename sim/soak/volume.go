//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// kind is a kind of volume, and how it differs from what Linux is used to.
type kind struct {
	name   string
	size   int64    // bytes
	make   []string // command that makes it on a loop device; its name is appended
	mount  []string // command that mounts it; device and directory are appended
	blind  bool     // to case, and without permissions; its times are coarse
	power  bool     // can lose its power
	lasts  bool     // what is on it outlives an unmount
	single bool     // must not be mounted again while somebody still holds it
}

// kinds are the volumes of the devices, in their order.
var kinds = []kind{
	{name: "ext4", size: 768 << 20, make: []string{"mkfs.ext4", "-q", "-F"}, mount: []string{"mount", "-t", "ext4"}, power: true, lasts: true},
	{name: "tmpfs", size: 96 << 20},
	{name: "xfs", size: 768 << 20, make: []string{"mkfs.xfs", "-q", "-f"}, mount: []string{"mount", "-t", "xfs"}, power: true, lasts: true},
	{name: "ntfs", size: 512 << 20, make: []string{"mkntfs", "-q", "-Q", "-F"}, mount: []string{"lowntfs-3g", "-o", "ignore_case"}, blind: true, lasts: true, single: true},
	{name: "btrfs", size: 768 << 20, make: []string{"mkfs.btrfs", "-q", "-f"}, mount: []string{"mount", "-t", "btrfs"}, lasts: true},
}

// plain is what a device gets where its kind cannot be had.
var plain = kind{name: "directory"}

// volume is one of them, mounted at a directory or not.
type volume struct {
	kind
	at      string // where it is mounted
	device  string // loop device; empty if there is none
	mounted bool
}

// newVolume makes a volume below dir and mounts it. Where that cannot be done it
// is a plain directory, and why says so.
func newVolume(k kind, dir string) (v *volume, why, err error) {
	v = &volume{kind: k, at: filepath.Join(dir, "volume")}
	if err := os.MkdirAll(v.at, 0o755); err != nil {
		return nil, nil, err
	}
	why = v.create(filepath.Join(dir, "image"))
	if why == nil {
		why = v.attach()
	}
	if why != nil {
		v.release()
		v.kind = plain
	}
	return v, why, nil
}

// create makes the file system.
func (v *volume) create(image string) error {
	if v.make == nil {
		return nil
	}
	for _, err := range []error{os.WriteFile(image, nil, 0o600), os.Truncate(image, v.size)} {
		if err != nil {
			return err
		}
	}
	out, err := tool("losetup", "--find", "--show", image)
	if err != nil {
		return err
	}
	v.device = strings.TrimSpace(out)
	_, err = tool(v.make[0], append(v.make[1:], v.device)...)
	return err
}

// attach mounts the volume.
func (v *volume) attach() (err error) {
	if v.make == nil {
		err = unix.Mount("tmpfs", v.at, "tmpfs", 0, fmt.Sprintf("size=%d", v.size))
	} else {
		_, err = tool(v.mount[0], append(v.mount[1:], v.device, v.at)...)
	}
	v.mounted = err == nil
	return err
}

// detach takes the volume away, also from programs that still use it, if that
// can be done to this kind.
func (v *volume) detach() (underThem bool, err error) {
	err = unix.Unmount(v.at, 0)
	if errors.Is(err, unix.EBUSY) && !v.single {
		underThem, err = true, unix.Unmount(v.at, unix.MNT_DETACH)
	}
	v.mounted = err != nil
	return underThem, err
}

// shutdown is FS_IOC_SHUTDOWN of linux/fs.h: from now on nothing reaches the disk.
// noFlush leaves out what the journal has not written yet.
const (
	shutdown = 0x8004587d
	noFlush  = 2
)

// losePower stops the file system as a power cut does, and mounts it again.
func (v *volume) losePower() error {
	f, err := os.Open(v.at)
	if err != nil {
		return err
	}
	err = unix.IoctlSetPointerInt(int(f.Fd()), shutdown, noFlush)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("cut the power of %s: %w", v.name, err)
	}
	if _, err := v.detach(); err != nil {
		return err
	}
	return v.attach()
}

// bare tells whether nobody wrote where the volume should be.
func (v *volume) bare() error {
	list, err := os.ReadDir(v.at)
	if err == nil && len(list) > 0 {
		err = fmt.Errorf("something was written where the volume %s should be: %v", v.name, list)
	}
	return err
}

// filler is a file that takes the room of a volume.
func (v *volume) filler() string { return filepath.Join(v.at, "filler") }

// fill leaves so many bytes free.
func (v *volume) fill(leave int64) error {
	free, _, err := v.room()
	if err != nil || free <= leave {
		return err
	}
	f, err := os.Create(v.filler())
	if err != nil {
		return err
	}
	err = unix.Fallocate(int(f.Fd()), 0, 0, free-leave)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSPC) {
		err = nil // as far as it goes
	}
	return errors.Join(err, f.Close())
}

// room returns the bytes that are free, and all of them.
func (v *volume) room() (free, all int64, err error) {
	var st unix.Statfs_t
	err = unix.Statfs(v.at, &st)
	return int64(st.Bavail) * int64(st.Bsize), int64(st.Blocks) * int64(st.Bsize), err
}

// release gives the volume back to the system.
func (v *volume) release() {
	if v.mounted {
		unix.Unmount(v.at, unix.MNT_DETACH)
	}
	if v.device != "" {
		tool("losetup", "--detach", v.device)
	}
}

func tool(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(out)))
	}
	return string(out), nil
}
