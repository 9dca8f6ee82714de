package disk

import (
	"errors"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"kith/index"
)

const beneath = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_XDEV | unix.RESOLVE_NO_MAGICLINKS

// sub opens a directory below d, by a relative path with slashes. No link and no
// mount point is passed on the way.
func (d *dir) sub(rel string) (*dir, error) {
	if err := d.tap.see(op{verb: "sub", dir: d, name: rel}); err != nil {
		return nil, err
	}
	if rel == "" {
		rel = "."
	}
	how := unix.OpenHow{Flags: unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC, Resolve: beneath}
	for {
		fd, err := unix.Openat2(d.fd, rel, &how)
		if errors.Is(err, unix.EINTR) || errors.Is(err, unix.EAGAIN) { // EAGAIN: a rename went on meanwhile
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
	return statx(d.fd, name, unix.AT_SYMLINK_NOFOLLOW|unix.AT_NO_AUTOMOUNT)
}

func (d *dir) stat() (info, error) { return statFD(d.fd) }

func statFD(fd int) (info, error) { return statx(fd, "", unix.AT_EMPTY_PATH) }

func statx(fd int, name string, flags int) (info, error) {
	var s unix.Statx_t
	if err := unix.Statx(fd, name, flags, unix.STATX_BASIC_STATS, &s); err != nil {
		return info{}, err
	}
	return info{
		kind:  kindOf(uint32(s.Mode)),
		mount: name != "" && s.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0,
		dev:   unix.Mkdev(s.Dev_major, s.Dev_minor),
		id: index.Identity{
			Inode: s.Ino, Size: int64(s.Size), Mode: uint32(s.Mode) & 0o777,
			Modified: nanoseconds(s.Mtime.Sec, int64(s.Mtime.Nsec)),
			Changed:  nanoseconds(s.Ctime.Sec, int64(s.Ctime.Nsec)),
		},
	}, nil
}

// renameNew gives an object another name unless that one is taken.
func (d *dir) renameNew(name string, to *dir, as string) error {
	if err := d.tap.see(op{verb: "rename new", dir: d, name: name, to: to, as: as}); err != nil {
		return err
	}
	return unix.Renameat2(d.fd, name, to.fd, as, unix.RENAME_NOREPLACE)
}

// exchange swaps two objects in one step.
func (d *dir) exchange(name string, to *dir, as string) error {
	if err := d.tap.see(op{verb: "exchange", dir: d, name: name, to: to, as: as}); err != nil {
		return err
	}
	return unix.Renameat2(d.fd, name, to.fd, as, unix.RENAME_EXCHANGE)
}

// touch sets the time of an open file, which has the name in d.
func (d *dir) touch(f *os.File, _ string, modified int64) error {
	if err := d.tap.see(op{verb: "touch", file: f, time: modified}); err != nil {
		return err
	}
	ts := times(modified)
	_, _, errno := unix.Syscall6(unix.SYS_UTIMENSAT, f.Fd(), 0, uintptr(unsafe.Pointer(&ts[0])), 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// syncVolume makes all durable that lies on the volume of d.
func (d *dir) syncVolume() error {
	if err := d.tap.see(op{verb: "sync volume", dir: d}); err != nil {
		return err
	}
	return unix.Syncfs(d.fd)
}

// wholeVolume says that syncVolume is there and reports errors.
const wholeVolume = true

// free tells how many bytes this user may still write on the volume.
func (d *dir) free() (int64, error) {
	var s unix.Statfs_t
	if err := unix.Fstatfs(d.fd, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

// clone shares a stretch of src with dst, without copying.
func clone(dst *os.File, off int64, src *os.File, at, size int64) error {
	return unix.IoctlFileCloneRange(int(dst.Fd()), &unix.FileCloneRange{
		Src_fd: int64(src.Fd()), Src_offset: uint64(at), Src_length: uint64(size), Dest_offset: uint64(off),
	})
}

// copyRange copies a stretch within the kernel. It may stop early.
func copyRange(dst *os.File, off int64, src *os.File, at, size int64) error {
	for size > 0 {
		n, err := unix.CopyFileRange(int(src.Fd()), &at, int(dst.Fd()), &off, int(min(size, 1<<30)), 0)
		if err != nil {
			return err
		}
		if n == 0 {
			return errors.New("source ended early")
		}
		size -= int64(n)
	}
	return nil
}

// nextData returns the start of the next data at or after off, or size.
func nextData(f *os.File, off, size int64) int64 {
	at, err := unix.Seek(int(f.Fd()), off, unix.SEEK_DATA)
	switch {
	case errors.Is(err, unix.ENXIO):
		return size
	case err != nil:
		return off
	}
	return min(at, size)
}

// subdirs lists the names of the directories in d, and counts all its entries.
func (d *dir) subdirs() (names []string, total int, err error) {
	if _, err := unix.Seek(d.fd, 0, 0); err != nil {
		return nil, 0, err
	}
	buf := direntBuffers.Get().(*[]byte)
	defer direntBuffers.Put(buf)
	for {
		n, err := unix.ReadDirent(d.fd, *buf)
		if err != nil || n <= 0 {
			return names, total, err
		}
		for rest := (*buf)[:n]; len(rest) > 0; total++ {
			e := (*unix.Dirent)(unsafe.Pointer(&rest[0]))
			raw := rest[unsafe.Offsetof(e.Name):e.Reclen]
			rest = rest[e.Reclen:]
			name, _, _ := strings.Cut(string(raw), "\x00")
			if name != "." && name != ".." && d.isDirectory(name, e.Type) {
				names = append(names, name)
			}
		}
	}
}

// isDirectory tells by what the listing said, or by a look where it says nothing.
func (d *dir) isDirectory(name string, listed uint8) bool {
	if listed != unix.DT_UNKNOWN {
		return listed == unix.DT_DIR
	}
	n, err := d.lstat(name)
	return err == nil && n.kind == index.Directory
}
