package disk

import (
	"errors"
	"io/fs"

	"kith/index"
	"kith/syncer/plan"
)

// move brings an object of the tree to another path, then gives it its time and
// permissions.
func (b *batch) move(s plan.Step, at spot, out *plan.Outcome) error {
	from, err := b.spotOf(s.From.Path)
	if err != nil {
		return b.orChanged(nil)
	}
	defer from.close()
	was, err := b.standing(s.From, from)
	if err != nil {
		return err
	}
	var room room
	if s.Have.Live() {
		if room, err = b.clear(s, at, out); err != nil {
			return err
		}
	}
	if err = b.arriveFrom(from, at, was); err == nil {
		err = b.afterMove(s, from, at, was, out)
	}
	if err == nil && room.second.dir != nil {
		err = b.becomeAside(at, room.second, room.slot, room.was, out)
	}
	b.settle(room, err)
	return errors.Join(err, b.changed(from.dir), b.changed(at.dir))
}

// room is a place that was made free for an object: what lay there is in the
// slot, and comes back if the object does not arrive.
type room struct {
	at, slot spot
	was      info // what is in the slot
	second   spot // the name that it gets besides, if it is to be set aside
	full     bool // something is in the slot, and there is a note for a crash
}

func (b *batch) settle(r room, err error) {
	if !r.full {
		return
	}
	if err != nil {
		r.slot.moveTo(r.at) // if something newer lies there by now, it stays an earlier version
		b.undoAside(r.second, r.slot)
	}
	r.slot.close()
	r.second.close()
}

// clear makes the place free that an object is moved to. A file that is to be
// set aside has its other name before it leaves.
func (b *batch) clear(s plan.Step, at spot, out *plan.Outcome) (r room, err error) {
	r.at = at
	if r.was, err = b.standing(s.Have, at); err != nil {
		return room{}, err
	}
	switch {
	case s.Have.Kind == index.Directory && !s.Aside.IsRoot():
		return room{}, b.setAside(s, at, out)
	case s.Have.Kind == index.Directory:
		return room{}, b.removeDirectory(at, s.Have.Identity)
	}
	if r.slot, err = b.slot(at.path); err != nil {
		return room{}, err
	}
	if !s.Aside.IsRoot() {
		if r.second, err = b.linkAside(s.Aside, at, r.was); err != nil {
			r.slot.close()
			return room{}, err
		}
	}
	if err = b.note(at, r.slot); err == nil {
		err = b.leave(s.Have, at, r.slot, out)
	}
	if err == nil {
		r.full = true
		return r, nil
	}
	r.slot.moveTo(at) // if it had left
	b.undoAside(r.second, r.slot)
	r.slot.close()
	r.second.close()
	return room{}, err
}

func (b *batch) arriveFrom(from, at spot, was info) error {
	err := b.moveWithin(from, at)
	switch {
	case isExist(err):
		return b.respell(from, at, was)
	case isNotExist(err):
		return plan.ErrChanged
	}
	return err
}

// moveWithin gives a file of the tree another place in it unless that is taken. On
// disks that cannot do it in one step, it gets the second name first, and what has
// the first one then goes into a slot, to be looked at: what somebody saved there in
// between goes back.
func (b *batch) moveWithin(from, to spot) error {
	err := from.dir.renameNew(from.name, to.dir, to.name)
	if !isUnsupported(err) {
		return err
	}
	was, err := from.look()
	if err != nil {
		return err
	}
	if was.kind == index.Directory {
		return from.moveTo(to) // it has one name only
	}
	switch err := from.dir.link(from.name, to.dir, to.name); {
	case isExist(err):
		if twin, err := to.look(); err != nil || twin.dev != was.dev || twin.id.Inode != was.id.Inode {
			return fs.ErrExist
		} // else a crash came in between, the last time
	case isNoLink(err): // a disk without second names
		return from.moveTo(to)
	case err != nil:
		return err
	}
	if was, err = to.look(); err != nil {
		return err
	}
	return b.leaveFirst(from, to, was)
}

// leaveFirst takes its first name from an object that has a second one. If it has
// lost that meanwhile, it stays among the earlier versions.
func (b *batch) leaveFirst(from, to spot, was info) error {
	slot, err := b.slot(from.path)
	if err != nil {
		return err
	}
	defer slot.close()
	if err := b.note(from, slot); err != nil {
		return err
	}
	if err := from.moveTo(slot); isNotExist(err) {
		return nil // somebody took it away
	} else if err != nil {
		return err
	}
	got, err := slot.look()
	if err != nil {
		return err
	}
	if got.dev == was.dev && got.id.Inode == was.id.Inode {
		if now, err := to.look(); err != nil || now.dev != was.dev || now.id.Inode != was.id.Inode {
			b.left(slot, got)
			return b.changed(slot.dir)
		}
		return slot.dir.unlink(slot.name)
	}
	if err := slot.moveTo(from); isExist(err) {
		_, err = b.rescue(slot, from, got)
		return err
	} else if err != nil {
		return err
	}
	return b.changed(slot.dir)
}

// respell renames an object on a disk that takes its new name for the old one.
func (b *batch) respell(from, at spot, was info) error {
	there, err := at.look()
	if err != nil || !b.traits.Aliases() || there.id.Inode != was.id.Inode || from.path.Fold() != at.path.Fold() {
		return b.taken(at)
	}
	return from.dir.rename(from.name, at.dir, at.name)
}

// afterMove looks at what arrived. If it is not what the plan saw, it is an edit
// of the last moment: it goes back, or stays beside where it came from.
func (b *batch) afterMove(s plan.Step, from, at spot, was info, out *plan.Outcome) error {
	got, err := at.look()
	if err != nil {
		return err
	}
	if !got.sameObject(was.id, was.kind) {
		err := b.moveWithin(at, from)
		if isExist(err) {
			out.Rescued, err = b.rescue(at, from, got)
		}
		return b.orChanged(err)
	}
	out.Now, err = b.dress(got, s.Want, at)
	return err
}
