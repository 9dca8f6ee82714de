package disk

import (
	"errors"
	"io/fs"

	"kith/index"
)

// moveNew gives an object another name unless that one is taken, also on disks
// that have no such call: there, a second name is made (which fails if it is
// taken) and the first one goes. Nobody else may use the first name of a file: what
// somebody saves there in between would go with it.
func (d *dir) moveNew(name string, to *dir, as string) error {
	err := d.renameNew(name, to, as)
	if !isUnsupported(err) {
		return err
	}
	n, err := d.lstat(name)
	if err != nil {
		return err
	}
	if n.kind != index.Directory {
		switch err := d.link(name, to, as); {
		case err == nil:
			return d.unlinkFirst(name, to, as)
		case isExist(err):
			if twin, look := to.lstat(as); look == nil && twin.dev == n.dev && twin.id.Inode == n.id.Inode {
				return d.unlink(name) // a crash came in between, the last time
			}
			return err
		case !isNoLink(err):
			return err
		}
	}
	if _, err := to.lstat(as); err == nil {
		return fs.ErrExist
	} else if !isNotExist(err) {
		return err
	}
	return d.rename(name, to, as)
}

// moveFree gives an object another name, which nobody else would take, in one step,
// whatever comes to lie at the first name meanwhile.
func (d *dir) moveFree(name string, to *dir, as string) error {
	err := d.renameNew(name, to, as)
	if !isUnsupported(err) {
		return err
	}
	if _, err := to.lstat(as); err == nil {
		return fs.ErrExist
	} else if !isNotExist(err) {
		return err
	}
	return d.rename(name, to, as)
}

// unlinkFirst removes the first name of what just got a second one; or the second
// one, if it cannot.
func (d *dir) unlinkFirst(name string, to *dir, as string) error {
	err := d.unlink(name)
	if err != nil {
		err = errors.Join(err, to.unlink(as))
	}
	return err
}
