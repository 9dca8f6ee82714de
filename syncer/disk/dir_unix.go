//go:build unix

package disk

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"kith/index"
)

// dir is an open directory. Every access to the disk names one component in
// one: no call follows a link, none can leave the place.
type dir struct {
	fd  int
	tap tap
}

// openPlace opens the directory that a path of the system leads to.
func openPlace(path string) (*dir, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return &dir{fd: fd}, nil
}

// statPlace looks at what a path of the system leads to.
func statPlace(path string) (info, error) {
	d, err := openPlace(path)
	if err != nil {
		return info{}, err
	}
	defer d.close()
	return d.stat()
}

func (d *dir) close() { unix.Close(d.fd) }

// namesLast says that a name is durable as soon as it is given.
const namesLast = false

// syncFile makes durable the content and times of a file of d that is open, if
// only to be read.
func (d *dir) syncFile(f *os.File, _ string) error { return (&file{f, d.tap}).Sync() }

// sync makes the entries of the directory durable.
func (d *dir) sync() error {
	if err := d.tap.see(op{verb: "sync", dir: d}); err != nil {
		return err
	}
	err := unix.Fsync(d.fd)
	if errors.Is(err, unix.EINVAL) { // this disk has no way to flush a directory
		return nil
	}
	return err
}

var direntBuffers = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}

// names lists the directory, in no order. An error means the list is not whole.
func (d *dir) names() ([]string, error) {
	if err := d.tap.see(op{verb: "list", dir: d}); err != nil {
		return nil, err
	}
	if _, err := unix.Seek(d.fd, 0, 0); err != nil {
		return nil, err
	}
	buf := direntBuffers.Get().(*[]byte)
	defer direntBuffers.Put(buf)
	var names []string
	for {
		n, err := unix.ReadDirent(d.fd, *buf)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || n <= 0 {
			return names, err
		}
		_, _, names = unix.ParseDirent((*buf)[:n], -1, names)
	}
}

// read opens what has the name for reading, whatever it is, without waiting for
// the other end of a pipe.
func (d *dir) read(name string) (*os.File, error) {
	return d.open("open", name, unix.O_RDONLY|unix.O_NONBLOCK, 0)
}

// create makes a new empty file of ours. Others cannot reach it, whatever its
// permissions, as long as it lies in a directory of ours.
func (d *dir) create(name string, mode uint32) (*file, error) {
	return d.ours("create", name, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL, mode&0o777|0o600)
}

// write opens a file of ours for reading and writing.
func (d *dir) write(name string) (*file, error) {
	return d.ours("open", name, unix.O_RDWR|unix.O_NONBLOCK, 0)
}

func (d *dir) ours(verb, name string, flags int, perm uint32) (*file, error) {
	f, err := d.open(verb, name, flags, perm)
	if err != nil {
		return nil, err
	}
	return &file{f, d.tap}, nil
}

func (d *dir) open(verb, name string, flags int, perm uint32) (*os.File, error) {
	if err := d.tap.see(op{verb: verb, dir: d, name: name, mode: perm}); err != nil {
		return nil, err
	}
	for {
		fd, err := unix.Openat(d.fd, name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, perm)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return os.NewFile(uintptr(fd), name), nil
	}
}

func (d *dir) mkdir(name string, mode uint32) error {
	if err := d.tap.see(op{verb: "mkdir", dir: d, name: name, mode: mode}); err != nil {
		return err
	}
	return unix.Mkdirat(d.fd, name, mode)
}

// rmdir removes an empty directory.
func (d *dir) rmdir(name string) error {
	if err := d.tap.see(op{verb: "rmdir", dir: d, name: name}); err != nil {
		return err
	}
	return unix.Unlinkat(d.fd, name, unix.AT_REMOVEDIR)
}

// unlink removes a file of ours; nothing outside Kith's own directory.
func (d *dir) unlink(name string) error {
	if err := d.tap.see(op{verb: "unlink", dir: d, name: name}); err != nil {
		return err
	}
	return unix.Unlinkat(d.fd, name, 0)
}

func (d *dir) symlink(target, name string) error {
	if err := d.tap.see(op{verb: "symlink", dir: d, name: name, target: target}); err != nil {
		return err
	}
	return unix.Symlinkat(target, d.fd, name)
}

func (d *dir) readlink(name string) (string, error) {
	buf := make([]byte, index.MaxPath+1)
	n, err := unix.Readlinkat(d.fd, name, buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}

// link gives an object a second name.
func (d *dir) link(name string, to *dir, as string) error {
	if err := d.tap.see(op{verb: "link", dir: d, name: name, to: to, as: as}); err != nil {
		return err
	}
	return unix.Linkat(d.fd, name, to.fd, as, 0)
}

// rename gives an object another name, replacing what has it.
func (d *dir) rename(name string, to *dir, as string) error {
	if err := d.tap.see(op{verb: "rename", dir: d, name: name, to: to, as: as}); err != nil {
		return err
	}
	return unix.Renameat(d.fd, name, to.fd, as)
}

// touchLink sets the time of a link.
func (d *dir) touchLink(name string, modified int64) error {
	if err := d.tap.see(op{verb: "touch", dir: d, name: name, time: modified}); err != nil {
		return err
	}
	return unix.UtimesNanoAt(d.fd, name, times(modified), unix.AT_SYMLINK_NOFOLLOW)
}

// chmodFile sets the permission bits of an open file or directory of d.
func (d *dir) chmodFile(f *os.File, mode uint32) error {
	if err := d.tap.see(op{verb: "chmod", file: f, mode: mode}); err != nil {
		return err
	}
	return unix.Fchmod(int(f.Fd()), mode)
}

func (d *dir) chmod(mode uint32) error {
	if err := d.tap.see(op{verb: "chmod", dir: d, mode: mode}); err != nil {
		return err
	}
	return unix.Fchmod(d.fd, mode)
}

// statFile looks at an open file.
func statFile(f *os.File) (info, error) { return statFD(int(f.Fd())) }

// nanoseconds is a time as a record has it: those before 1678 and after 2262, which it
// cannot have, are the first and the last that it can.
func nanoseconds(seconds, and int64) int64 {
	const most = math.MaxInt64 / int64(time.Second)
	switch {
	case seconds > most || seconds == most && and > math.MaxInt64%int64(time.Second):
		return math.MaxInt64
	case seconds < -most:
		return math.MinInt64
	}
	return seconds*int64(time.Second) + and
}

func times(modified int64) []unix.Timespec {
	now := time.Now().UnixNano()
	return []unix.Timespec{unix.NsecToTimespec(now), unix.NsecToTimespec(modified)}
}

func kindOf(mode uint32) index.Kind {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return index.Regular
	case unix.S_IFDIR:
		return index.Directory
	case unix.S_IFLNK:
		return index.Symlink
	}
	return index.Absent
}

// chmodName sets the permission bits of an object of ours.
func (d *dir) chmodName(name string, mode uint32) error {
	if err := d.tap.see(op{verb: "chmod", dir: d, name: name, mode: mode}); err != nil {
		return err
	}
	err := unix.Fchmodat(d.fd, name, mode, unix.AT_SYMLINK_NOFOLLOW)
	if !isUnsupported(err) {
		return err
	}
	f, err := d.read(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return d.chmodFile(f, mode)
}
