package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/windows"

	"kith/index"
)

// dir is an open directory. Every access to the disk names one component in
// one. Reparse points of all kinds (links, junctions, mounts) are not passed.
type dir struct {
	root   *os.Root
	path   string
	before func(op string) // tests look in between any two calls
}

func (d *dir) at(op string) {
	if d.before != nil {
		d.before(op)
	}
}

func openPlace(path string) (*dir, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &dir{root: root, path: path}, nil
}

func statPlace(path string) (info, error) {
	d, err := openPlace(path)
	if err != nil {
		return info{}, err
	}
	defer d.close()
	return d.stat()
}

func (d *dir) close() { d.root.Close() }

// sub opens a directory below d, by a relative path with slashes: one component
// after the other, each looked at before and after it is opened.
func (d *dir) sub(rel string) (*dir, error) {
	d.at("sub")
	at, err := d.component(".")
	if err != nil || rel == "" {
		return at, err
	}
	for name := range strings.SplitSeq(rel, "/") {
		next, err := at.component(name)
		at.close()
		if err != nil {
			return nil, err
		}
		at = next
	}
	return at, nil
}

func (d *dir) component(name string) (*dir, error) {
	before, err := d.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !before.IsDir() {
		return nil, windows.ERROR_DIRECTORY
	}
	root, err := d.root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	after, err := root.Stat(".")
	if err == nil && !os.SameFile(before, after) {
		err = windows.ERROR_DIRECTORY
	}
	if err != nil {
		root.Close()
		return nil, err
	}
	return &dir{root: root, path: filepath.Join(d.path, name), before: d.before}, nil
}

func (d *dir) file(name string) string { return filepath.Join(d.path, name) }

func (d *dir) lstat(name string) (info, error) {
	d.at("lstat")
	return lookAt(d.file(name), windows.FILE_FLAG_OPEN_REPARSE_POINT)
}

func (d *dir) stat() (info, error) { return lookAt(d.path, 0) }

func (d *dir) names() ([]string, error) {
	d.at("list")
	f, err := d.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

func (d *dir) subdirs() (names []string, total int, err error) {
	all, err := d.names()
	for _, name := range all {
		if n, err := d.lstat(name); err == nil && n.kind == index.Directory {
			names = append(names, name)
		}
	}
	return names, len(all), err
}

func (d *dir) read(name string) (*os.File, error) {
	d.at("open")
	return d.root.Open(name)
}

func (d *dir) create(name string, _ uint32) (*os.File, error) {
	d.at("open")
	return d.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

func (d *dir) write(name string) (*os.File, error) {
	d.at("open")
	return d.root.OpenFile(name, os.O_RDWR, 0)
}

func (d *dir) mkdir(name string, mode uint32) error {
	d.at("mkdir")
	return d.root.Mkdir(name, fs.FileMode(mode))
}

func (d *dir) rmdir(name string) error {
	d.at("rmdir")
	p, err := windows.UTF16PtrFromString(d.file(name))
	if err != nil {
		return err
	}
	return windows.RemoveDirectory(p)
}

func (d *dir) unlink(name string) error {
	d.at("unlink")
	return d.root.Remove(name)
}

func (d *dir) symlink(target, name string) error {
	d.at("symlink")
	return d.root.Symlink(filepath.FromSlash(target), name)
}

func (d *dir) readlink(name string) (string, error) {
	target, err := d.root.Readlink(name)
	return filepath.ToSlash(target), err
}

func (d *dir) link(name string, to *dir, as string) error {
	d.at("link")
	return os.Link(d.file(name), to.file(as))
}

func (d *dir) rename(name string, to *dir, as string) error {
	d.at("rename")
	return moveFile(d.file(name), to.file(as), windows.MOVEFILE_REPLACE_EXISTING|windows.MOVEFILE_WRITE_THROUGH)
}

// renameNew gives an object another name unless that one is taken.
func (d *dir) renameNew(name string, to *dir, as string) error {
	d.at("rename new")
	return moveFile(d.file(name), to.file(as), windows.MOVEFILE_WRITE_THROUGH)
}

func moveFile(from, to string, flags uint32) error {
	f, err := windows.UTF16PtrFromString(from)
	if err != nil {
		return err
	}
	t, err := windows.UTF16PtrFromString(to)
	if err != nil {
		return err
	}
	return windows.MoveFileEx(f, t, flags)
}

// exchange says that this system has no such call.
func (d *dir) exchange(string, *dir, string) error { return errors.ErrUnsupported }

func (d *dir) touch(_ *os.File, name string, modified int64) error {
	d.at("touch")
	return d.root.Chtimes(name, time.Now(), time.Unix(0, modified))
}

// touchLink leaves a link's time alone: it has none that could be set by name.
func (d *dir) touchLink(string, int64) error { return nil }

// chmod, and chmodName, say that this system has no permission bits.
func chmod(*os.File, uint32) error            { return errors.ErrUnsupported }
func (d *dir) chmodName(string, uint32) error { return nil }

func (d *dir) chmod(uint32) error { return errors.ErrUnsupported }

// namesLast says that a name is durable as soon as it is given (write-through).
// An open directory is in the way of its own removal here, so none is kept open
// without need.
const namesLast = true

// syncFile makes durable the content and times of a file of d that is open, if
// only to be read: a flush wants to be able to write. Of a file that nobody may
// write now, the times are in the journal of the volume.
func (d *dir) syncFile(_ *os.File, name string) error {
	f, err := d.write(name)
	if err != nil {
		return nil //nolint:nilerr // see above
	}
	return errors.Join(f.Sync(), f.Close())
}

// sync has nothing to do: see namesLast.
func (d *dir) sync() error { return nil }

const wholeVolume = false

func (d *dir) syncVolume() error { return nil }

func (d *dir) free() (int64, error) {
	p, err := windows.UTF16PtrFromString(d.path)
	if err != nil {
		return 0, err
	}
	var free uint64
	err = windows.GetDiskFreeSpaceEx(p, &free, nil, nil)
	return int64(free), err
}

func clone(*os.File, int64, *os.File, int64, int64) error     { return errors.ErrUnsupported }
func copyRange(*os.File, int64, *os.File, int64, int64) error { return errors.ErrUnsupported }
func nextData(_ *os.File, off, _ int64) int64                 { return off }
