package disk

import (
	"encoding/binary"
	"fmt"

	"kith/index"
	"kith/syncer/plan"
)

// over puts an object in the place of a file or link.
//
// The draft first takes the name that the displaced object is to have among the
// earlier versions; then the two change places in one step. So there is no
// moment at which the person's data has no name, or one that a cleaner knows.
func (b *batch) over(s plan.Step, draft, at spot, out *plan.Outcome) error {
	was, err := b.standing(s.Have, at)
	if err != nil {
		return err
	}
	slot, err := b.slot(at.path)
	if err != nil {
		return err
	}
	defer slot.dir.close()
	var second spot
	if !s.Aside.IsRoot() {
		if second, err = b.linkAside(s.Aside, at, was); err != nil {
			return err
		}
		defer second.close()
	}
	if err := b.swap(draft, at, slot, s.Have); err != nil {
		b.undoAside(second, slot)
		return err
	}
	if err := b.changed(slot.dir); err != nil {
		return err
	}
	return b.inspect(s.Have, slot, at, second, out)
}

// swap puts the draft in place and what lay there into the slot.
func (b *batch) swap(draft, at, slot spot, have index.Record) error {
	if b.noExchange.Load() {
		return b.swapInTwo(draft, at, slot, have)
	}
	if err := draft.moveTo(slot); err != nil {
		return err
	}
	err := slot.dir.exchange(slot.name, at.dir, at.name)
	if err == nil {
		return nil
	}
	if back := slot.moveTo(draft); back != nil {
		return fmt.Errorf("%w (and the draft stays among the earlier versions: %w)", err, back)
	}
	switch {
	case isNotExist(err):
		return plan.ErrChanged
	case isUnsupported(err):
		b.noExchange.Store(true)
		return b.swapInTwo(draft, at, slot, have)
	}
	return err
}

// swapInTwo is swap for disks that cannot exchange: the object leaves, then the
// draft arrives. A note makes sure that a crash in between is undone.
func (b *batch) swapInTwo(draft, at, slot spot, have index.Record) error {
	if err := b.note(at, slot); err != nil {
		return err
	}
	if err := at.moveTo(slot); err != nil {
		if isNotExist(err) {
			return plan.ErrChanged
		}
		return err
	}
	got, err := slot.look()
	if err == nil && got.sameObject(have.Identity, have.Kind) {
		err = b.arrive(draft, at)
	} else if err == nil {
		err = plan.ErrChanged
	}
	if err == nil {
		return nil
	}
	if back := slot.moveTo(at); back != nil && !isExist(back) {
		return fmt.Errorf("%w (and what lay there stays among the earlier versions: %w)", err, back)
	} else if isExist(back) && !got.sameObject(have.Identity, have.Kind) {
		if _, lost := b.rescue(slot, at, got); lost != nil {
			return lost
		}
	}
	return err
}

// inspect looks at what was displaced. Not what the plan saw means that somebody
// saved meanwhile: it goes beside the new object as a conflict copy.
func (b *batch) inspect(have index.Record, slot, at, second spot, out *plan.Outcome) error {
	got, err := slot.look()
	if err != nil {
		return err
	}
	if !got.sameObject(have.Identity, have.Kind) {
		if out.Rescued, err = b.rescue(slot, at, got); err != nil {
			return err
		}
	} else if second.dir == nil {
		b.left(slot, got)
	}
	if second.dir == nil {
		return nil
	}
	return b.becomeAside(at, second, slot, got, out)
}

// rescue puts an edit of the last moment into the tree, beside at, under a name
// that is free.
func (b *batch) rescue(slot, at spot, got info) (index.Path, error) {
	us := plan.Folder{Members: []index.Member{{Name: *b.device.Load()}}}
	loser := index.File{Path: at.path, Modified: got.id.Modified, By: us.Members[0].Device.Short()}
	for n := uint64(0); ; n++ {
		binary.LittleEndian.PutUint64(loser.Root[:], n)
		p := us.ConflictPath(loser, n > 0)
		err := slot.moveTo(spot{dir: at.dir, name: p.Name(), path: p})
		if err == nil {
			return p, b.changed(at.dir)
		}
		if !isExist(err) {
			return index.Path{}, fmt.Errorf("keep an edit of %s: %w", at.path, err)
		}
	}
}
