package disk

import (
	"fmt"

	"kith/index"
	"kith/syncer/plan"
)

// remove takes away what lies at a spot: a directory if nothing is left in it,
// anything else to the earlier versions.
func (b *batch) remove(s plan.Step, at spot, out *plan.Outcome) error {
	if !s.Have.Live() {
		if _, err := at.look(); !isNotExist(err) {
			return b.orChanged(err)
		}
		return nil
	}
	if _, err := b.standing(s.Have, at); err != nil {
		return err
	}
	switch {
	case !s.Aside.IsRoot():
		return b.setAside(s, at, out)
	case s.Have.Kind == index.Directory:
		if err := b.removeDirectory(at, s.Have.Identity); err != nil {
			return err
		}
		return b.changed(at.dir)
	}
	if s.Want.Kind == index.Elsewhere {
		return b.letGo(s.Have, at, out)
	}
	return b.displace(s.Have, at, out)
}

// letGo removes what lies at a spot for good, by way of the earlier versions:
// there it is looked at once more, when nobody can save to its name any longer.
// If somebody still writes to it, it stays there.
func (b *batch) letGo(have index.Record, at spot, out *plan.Outcome) error {
	slot, err := b.slot(at.path)
	if err != nil {
		return err
	}
	defer slot.close()
	if err := b.leave(have, at, slot, out); err != nil {
		return err
	}
	if busy, err := slot.dir.inUse(slot.name); err != nil || busy {
		return nil //nolint:nilerr // it left the tree, and is kept where it is
	}
	if got, err := slot.look(); err != nil || !got.sameObject(have.Identity, have.Kind) {
		return nil //nolint:nilerr // likewise
	}
	return slot.dir.unlink(slot.name)
}

func (b *batch) orChanged(err error) error {
	if err == nil {
		return plan.ErrChanged
	}
	return err
}

// displace moves what lies at a spot to the earlier versions, and back if it is
// not what the plan saw.
func (b *batch) displace(have index.Record, at spot, out *plan.Outcome) error {
	slot, err := b.slot(at.path)
	if err != nil {
		return err
	}
	defer slot.close()
	return b.leave(have, at, slot, out)
}

// leave is displace to a known slot.
func (b *batch) leave(have index.Record, at, slot spot, out *plan.Outcome) error {
	if err := at.moveTo(slot); err != nil {
		if isNotExist(err) {
			return plan.ErrChanged
		}
		return err
	}
	if err := b.changed(at.dir); err != nil {
		return err
	}
	if err := b.changed(slot.dir); err != nil {
		return err
	}
	return b.verify(have, slot, at, out)
}

// verify looks at what was displaced. An edit of the last moment goes back to
// where it was, or beside it if something newer lies there by now.
func (b *batch) verify(have index.Record, slot, at spot, out *plan.Outcome) error {
	got, err := slot.look()
	if err != nil {
		return err
	}
	if got.sameObject(have.Identity, have.Kind) {
		b.left(slot, got)
		return nil
	}
	err = slot.moveTo(at)
	if isExist(err) {
		out.Rescued, err = b.rescue(slot, at, got)
	}
	if err != nil {
		return err
	}
	return plan.ErrChanged
}

// junk is what file managers leave in every directory. It keeps no directory alive.
var junk = map[string]bool{".DS_Store": true, "Thumbs.db": true, "ehthumbs.db": true, "desktop.ini": true, ".directory": true}

// removeDirectory removes a directory in which only junk is left. The junk goes
// to the earlier versions first.
func (b *batch) removeDirectory(at spot, was index.Identity) error {
	if err := b.emptyOfJunk(at, was); err != nil {
		return err
	}
	switch err := at.dir.rmdir(at.name); {
	case isNotExist(err):
		return plan.ErrChanged
	case isNotEmpty(err):
		return plan.ErrNotEmpty
	default:
		return err
	}
}

// emptyOfJunk frees the directory that was seen at a spot of junk. It is closed
// again: not every system removes a directory that is open.
func (b *batch) emptyOfJunk(at spot, was index.Identity) error {
	d, err := at.dir.sub(at.name)
	if isNotExist(err) || isBlocked(err) {
		return plan.ErrChanged
	}
	if isMount(err) {
		return fmt.Errorf("%w: %w", plan.ErrUnavailable, errMount)
	}
	if err != nil {
		return err
	}
	defer d.close()
	if n, err := d.stat(); err != nil || n.id.Inode != was.Inode {
		return b.orChanged(err)
	}
	return b.clearJunk(d, at.path)
}

func (b *batch) clearJunk(d *dir, p index.Path) error {
	names, err := d.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		if !junk[name] {
			return plan.ErrNotEmpty
		}
	}
	for _, name := range names {
		child, err := p.Join(name)
		if err != nil {
			return plan.ErrNotEmpty
		}
		slot, err := b.slot(child)
		if err != nil {
			return err
		}
		err = spot{dir: d, name: name}.moveTo(slot)
		slot.dir.close()
		if err != nil && !isNotExist(err) {
			return err
		}
	}
	return nil
}
