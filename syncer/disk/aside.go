package disk

import (
	"fmt"

	"kith/index"
	"kith/syncer/plan"
)

func (s spot) close() {
	if s.dir != nil {
		s.dir.close()
	}
}

// setAside moves what lies at a spot to its conflict name.
func (b *batch) setAside(s plan.Step, at spot, out *plan.Outcome) error {
	aside, err := b.spotOf(s.Aside)
	if err != nil {
		return err
	}
	defer aside.close()
	if err := b.arriveAside(at, aside); err != nil {
		return err
	}
	if err := b.changed(aside.dir); err != nil {
		return err
	}
	if err := b.changed(at.dir); err != nil {
		return err
	}
	got, err := aside.look()
	if err != nil {
		return err
	}
	if got.sameObject(s.Have.Identity, s.Have.Kind) {
		out.AsideNow = got.id
		return nil
	}
	return b.verify(s.Have, aside, at, out)
}

func (b *batch) arriveAside(at, aside spot) error {
	err := at.moveTo(aside)
	switch {
	case isExist(err):
		return fmt.Errorf("%w: %s is taken", plan.ErrChanged, aside.path)
	case isNotExist(err):
		return plan.ErrChanged
	}
	return err
}

// linkAside gives what lies at a spot its conflict name as a second one, so that
// it has a name in the tree at every moment. A second name that it already has
// is what a crash left. The zero spot means that this disk has no second names.
func (b *batch) linkAside(p index.Path, at spot, was info) (spot, error) {
	aside, err := b.spotOf(p)
	if err != nil {
		return spot{}, err
	}
	err = at.dir.link(at.name, aside.dir, aside.name)
	switch {
	case err == nil:
		return aside, nil
	case isExist(err):
		if got, err := aside.look(); err == nil && got.sameObject(was.id, was.kind) {
			return aside, nil
		}
		err = fmt.Errorf("%w: %s is taken", plan.ErrChanged, p)
	case isNotExist(err):
		err = plan.ErrChanged
	case isNoLink(err):
		aside.later = true
		return aside, nil
	}
	aside.close()
	return spot{}, err
}

// becomeAside makes sure that the displaced object, which has its conflict name
// by now, keeps only that one.
func (b *batch) becomeAside(at, aside, slot spot, displaced info, out *plan.Outcome) error {
	if err := b.changed(aside.dir); err != nil {
		return err
	}
	if !out.Rescued.IsRoot() && aside.later {
		return nil
	}
	if aside.later {
		if err := b.arriveAside(slot, aside); err != nil {
			return err
		}
	}
	got, err := aside.look()
	if err != nil {
		return err
	}
	if !aside.later && out.Rescued.IsRoot() && got.id.Inode == displaced.id.Inode && got.dev == displaced.dev {
		if err := at.dir.sync(); err != nil { // a note could not bring back what is not in the slot
			return err
		}
		if err := slot.dir.unlink(slot.name); err != nil {
			return err
		}
		if now, err := aside.look(); err == nil {
			got = now // else the next look finds a change
		}
	}
	out.AsideNow = got.id
	return nil
}

// undoAside takes a second name back after all, unless what it names could not go
// back to where it was. It goes to the earlier versions and is not removed: by now
// it may be the only name.
func (b *batch) undoAside(aside, slot spot) {
	if aside.dir == nil || aside.later {
		return
	}
	if _, err := slot.look(); isNotExist(err) {
		aside.moveTo(slot)
	}
}
