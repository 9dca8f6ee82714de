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
	root *os.Root
	path string
	tap  tap
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
	if err := d.tap.see(op{verb: "sub", dir: d, name: rel}); err != nil {
		return nil, err
	}
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
	return &dir{root: root, path: filepath.Join(d.path, name), tap: d.tap}, nil
}

func (d *dir) full(name string) string { return filepath.Join(d.path, name) }

func (d *dir) lstat(name string) (info, error) {
	if err := d.tap.see(op{verb: "lstat", dir: d, name: name}); err != nil {
		return info{}, err
	}
	return lookAt(d.full(name), windows.FILE_FLAG_OPEN_REPARSE_POINT)
}

func (d *dir) stat() (info, error) { return lookAt(d.path, 0) }

func (d *dir) names() ([]string, error) {
	if err := d.tap.see(op{verb: "list", dir: d}); err != nil {
		return nil, err
	}
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
	if err := d.tap.see(op{verb: "open", dir: d, name: name}); err != nil {
		return nil, err
	}
	return d.root.Open(name)
}

func (d *dir) create(name string, _ uint32) (*file, error) {
	return d.ours("create", name, os.O_RDWR|os.O_CREATE|os.O_EXCL)
}

func (d *dir) write(name string) (*file, error) { return d.ours("open", name, os.O_RDWR) }

func (d *dir) ours(verb, name string, flags int) (*file, error) {
	if err := d.tap.see(op{verb: verb, dir: d, name: name}); err != nil {
		return nil, err
	}
	f, err := d.root.OpenFile(name, flags, 0o600)
	if err != nil {
		return nil, err
	}
	return &file{f, d.tap}, nil
}

func (d *dir) mkdir(name string, mode uint32) error {
	if err := d.tap.see(op{verb: "mkdir", dir: d, name: name, mode: mode}); err != nil {
		return err
	}
	return d.root.Mkdir(name, fs.FileMode(mode))
}

func (d *dir) rmdir(name string) error {
	if err := d.tap.see(op{verb: "rmdir", dir: d, name: name}); err != nil {
		return err
	}
	p, err := windows.UTF16PtrFromString(d.full(name))
	if err != nil {
		return err
	}
	return windows.RemoveDirectory(p)
}

func (d *dir) unlink(name string) error {
	if err := d.tap.see(op{verb: "unlink", dir: d, name: name}); err != nil {
		return err
	}
	return d.root.Remove(name)
}

func (d *dir) symlink(target, name string) error {
	if err := d.tap.see(op{verb: "symlink", dir: d, name: name, target: target}); err != nil {
		return err
	}
	return d.root.Symlink(filepath.FromSlash(target), name)
}

func (d *dir) readlink(name string) (string, error) {
	target, err := d.root.Readlink(name)
	return filepath.ToSlash(target), err
}

func (d *dir) link(name string, to *dir, as string) error {
	if err := d.tap.see(op{verb: "link", dir: d, name: name, to: to, as: as}); err != nil {
		return err
	}
	return os.Link(d.full(name), to.full(as))
}

func (d *dir) rename(name string, to *dir, as string) error {
	if err := d.tap.see(op{verb: "rename", dir: d, name: name, to: to, as: as}); err != nil {
		return err
	}
	return moveFile(d.full(name), to.full(as), windows.MOVEFILE_REPLACE_EXISTING|windows.MOVEFILE_WRITE_THROUGH)
}

// renameNew gives an object another name unless that one is taken.
func (d *dir) renameNew(name string, to *dir, as string) error {
	if err := d.tap.see(op{verb: "rename new", dir: d, name: name, to: to, as: as}); err != nil {
		return err
	}
	return moveFile(d.full(name), to.full(as), windows.MOVEFILE_WRITE_THROUGH)
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
	if err := d.tap.see(op{verb: "touch", dir: d, name: name, time: modified}); err != nil {
		return err
	}
	return d.root.Chtimes(name, time.Now(), time.Unix(0, modified))
}

// touchLink leaves a link's time alone: it has none that could be set by name.
func (d *dir) touchLink(string, int64) error { return nil }

// chmodFile, chmod and chmodName say that this system has no permission bits.
func (d *dir) chmodFile(*os.File, uint32) error { return errors.ErrUnsupported }
func (d *dir) chmodName(string, uint32) error   { return nil }

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
