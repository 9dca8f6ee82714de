package disk

import "golang.org/x/sys/unix"

// renameNew gives an object another name unless that one is taken.
func (d *dir) renameNew(name string, to *dir, as string) error {
	if err := d.tap.see(op{verb: "rename new", dir: d, name: name, to: to, as: as}); err != nil {
		return err
	}
	return unix.RenameatxNp(d.fd, name, to.fd, as, unix.RENAME_EXCL)
}

// exchange swaps two objects in one step.
func (d *dir) exchange(name string, to *dir, as string) error {
	if err := d.tap.see(op{verb: "exchange", dir: d, name: name, to: to, as: as}); err != nil {
		return err
	}
	return unix.RenameatxNp(d.fd, name, to.fd, as, unix.RENAME_SWAP)
}
