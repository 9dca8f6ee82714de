//go:build unix && !linux

package disk

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"kith/index"
)

// sub opens a directory below d, by a relative path with slashes: one component
// after the other, so that no link and no mount point is passed on the way.
func (d *dir) sub(rel string) (*dir, error) {
	if err := d.tap.see(op{verb: "sub", dir: d, name: rel}); err != nil {
		return nil, err
	}
	at, err := d.component(".")
	if err != nil || rel == "" {
		return at, err
	}
	home, err := at.stat()
	for name := range strings.SplitSeq(rel, "/") {
		if err != nil {
			break
		}
		var next *dir
		if next, err = at.component(name); err != nil {
			break
		}
		at.close()
		at = next
		var n info
		if n, err = at.stat(); err == nil && n.dev != home.dev {
			err = unix.EXDEV
		}
	}
	if err != nil {
		at.close()
		return nil, err
	}
	return at, nil
}

func (d *dir) component(name string) (*dir, error) {
	for {
		fd, err := unix.Openat(d.fd, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return &dir{fd: fd, tap: d.tap}, nil
	}
}

func (d *dir) lstat(name string) (info, error) {
	if err := d.tap.see(op{verb: "lstat", dir: d, name: name}); err != nil {
		return info{}, err
	}
	var s unix.Stat_t
	if err := unix.Fstatat(d.fd, name, &s, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return info{}, err
	}
	n := infoOf(&s)
	if n.kind == index.Directory {
		home, err := d.stat()
		n.mount = err == nil && home.dev != n.dev
	}
	return n, nil
}

func (d *dir) stat() (info, error) { return statFD(d.fd) }

func statFD(fd int) (info, error) {
	var s unix.Stat_t
	err := unix.Fstat(fd, &s)
	return infoOf(&s), err
}

func infoOf(s *unix.Stat_t) info {
	return info{
		kind: kindOf(uint32(s.Mode)),
		dev:  uint64(s.Dev),
		id: index.Identity{
			Inode: s.Ino, Size: s.Size, Mode: uint32(s.Mode) & 0o777,
			Modified: nanoseconds(s.Mtim.Unix()), Changed: nanoseconds(s.Ctim.Unix()),
		},
	}
}

// touch sets the time of an open file, which has the name in d.
func (d *dir) touch(_ *os.File, name string, modified int64) error {
	return d.touchLink(name, modified)
}

// subdirs lists the names of the directories in d, and counts all its entries.
func (d *dir) subdirs() (names []string, total int, err error) {
	all, err := d.names()
	for _, name := range all {
		if n, err := d.lstat(name); err == nil && n.kind == index.Directory {
			names = append(names, name)
		}
	}
	return names, len(all), err
}

// wholeVolume says that syncVolume tells of errors.
const wholeVolume = false

// syncVolume makes durable what lies on the volume of d, as far as this system
// tells: each file and directory was flushed by itself.
func (d *dir) syncVolume() error { return unix.Fsync(d.fd) }

// free tells how many bytes this user may still write on the volume.
func (d *dir) free() (int64, error) {
	var s unix.Statfs_t
	if err := unix.Fstatfs(d.fd, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

// clone and copyRange leave the copying to the caller: this system shares whole
// files only.
func clone(*os.File, int64, *os.File, int64, int64) error     { return unix.ENOTSUP }
func copyRange(*os.File, int64, *os.File, int64, int64) error { return unix.ENOTSUP }

// nextData returns off: holes are read as the zeros they are.
func nextData(_ *os.File, off, _ int64) int64 { return off }
