package disk

import "golang.org/x/sys/unix"

// renameNew gives an object another name unless that one is taken.
func (d *dir) renameNew(name string, to *dir, as string) error {
	d.at("rename new")
	return unix.RenameatxNp(d.fd, name, to.fd, as, unix.RENAME_EXCL)
}

// exchange swaps two objects in one step.
func (d *dir) exchange(name string, to *dir, as string) error {
	d.at("exchange")
	return unix.RenameatxNp(d.fd, name, to.fd, as, unix.RENAME_SWAP)
}
