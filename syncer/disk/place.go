package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"kith/index"
	"kith/syncer/plan"
)

// spot is a name in an open directory: where a step acts.
type spot struct {
	dir  *dir
	name string
	path index.Path

	later bool // a second name is to be given here once the object has left its first
	ours  bool // nobody but us gives anything this name
}

func (s spot) look() (info, error) { return s.dir.lstat(s.name) }

// moveTo gives what lies here another place unless that one is taken. Of two
// places that are not ours alone, only moveFree keeps what somebody saves at the
// first one meanwhile.
func (s spot) moveTo(to spot) error {
	if to.ours {
		return s.dir.moveFree(s.name, to.dir, to.name)
	}
	return s.dir.moveNew(s.name, to.dir, to.name)
}

// spotOf opens the directory that a path lies in.
func (b *batch) spotOf(p index.Path) (spot, error) {
	if err := b.nameable(p); err != nil {
		return spot{}, err
	}
	d, err := b.parent(p)
	if err != nil {
		return spot{}, err
	}
	if err := b.spelling(d, p.Parent()); err != nil {
		d.close()
		return spot{}, err
	}
	return spot{dir: d, name: p.Name(), path: p}, nil
}

// nameable tells why this disk cannot give an object the name of p.
func (b *batch) nameable(p index.Path) error {
	if err := nameFault(p.Name()); err != nil {
		return fmt.Errorf("%w: %w", plan.ErrName, err)
	}
	return b.tryName(p.Name())
}

// nearby is spotOf for a place where a new object is to arrive: in the directory
// that is open from the step before, if that is the one.
func (b *batch) nearby(p index.Path) (spot, error) {
	if b.near.dir == nil || b.near.path.Parent() != p.Parent() {
		b.closeNear()
		at, err := b.spotOf(p)
		b.near = near{spot: at}
		return at, err
	}
	if err := b.nameable(p); err != nil {
		return spot{}, err
	}
	return spot{dir: b.near.dir, name: p.Name(), path: p}, nil
}

// closeNear closes the directory of the last steps.
func (b *batch) closeNear() {
	b.near.close()
	b.near = near{}
}

// spelling verifies, where the disk answers to other spellings of a name, that
// the directory at p is not another one of a similar name.
func (b *batch) spelling(d *dir, p index.Path) error {
	if !b.traits.Aliases() || p.IsRoot() || b.spelled[p] {
		return nil
	}
	up, err := b.parent(p)
	if err != nil {
		return err
	}
	defer up.close()
	if err := b.exactly(up, p); isNotExist(err) {
		return fmt.Errorf("%w: %s is written differently there", plan.ErrName, p)
	} else if err != nil {
		return err
	}
	b.spelled[p] = true
	return nil
}

// place carries out one step.
func (b *batch) place(s plan.Step, m made, out *plan.Outcome) error {
	at, err := b.at(s)
	if err != nil {
		if actionOf(s) == remove && errors.Is(err, plan.ErrParent) {
			return plan.ErrChanged // it went with its directory
		}
		return err
	}
	if at.dir != b.near.dir {
		defer at.close()
	}
	err = b.act(s, at, m, out)
	if errors.Is(err, fs.ErrPermission) {
		restore := b.loosen(s.Want.Path.Parent(), s.From.Path.Parent())
		err = b.act(s, at, m, out)
		restore()
	}
	return refusal(err)
}

// at opens the place where a step acts.
func (b *batch) at(s plan.Step) (spot, error) {
	if actionOf(s) == install && !s.Have.Live() {
		return b.nearby(s.Want.Path)
	}
	b.closeNear()
	return b.spotOf(s.Want.Path)
}

func (b *batch) act(s plan.Step, at spot, m made, out *plan.Outcome) (err error) {
	switch actionOf(s) {
	case remove:
		return b.remove(s, at, out)
	case move:
		return b.move(s, at, out)
	case retouch:
		out.Now, err = b.retouch(s.Have, s.Want, at)
		return err
	}
	return b.install(s, at, m, out)
}

// loosen lets us change what is in directories of this user's that permit
// nobody to, until restore is called.
func (b *batch) loosen(paths ...index.Path) (restore func()) {
	var undo []func()
	for _, p := range paths {
		d, err := b.root.sub(p.String())
		if err != nil {
			continue
		}
		at, err := d.stat()
		if err != nil || at.id.Mode&0o300 == 0o300 || d.chmod(at.id.Mode|0o300) != nil {
			d.close()
			continue
		}
		undo = append(undo, func() {
			d.chmod(at.id.Mode)
			d.close()
		})
	}
	return func() {
		for _, fn := range undo {
			fn()
		}
	}
}

// refusal finds the words of the plan for what the disk said.
func refusal(err error) error {
	switch {
	case err == nil:
		return nil
	case isGone(err):
		return fmt.Errorf("%w: %w", plan.ErrUnavailable, err)
	case isTooLong(err):
		return fmt.Errorf("%w: %w", plan.ErrName, err)
	}
	return err
}

// standing looks at what lies at a spot, and verifies that it is what the plan saw.
func (b *batch) standing(have index.Record, at spot) (info, error) {
	now, err := at.look()
	if isNotExist(err) {
		return info{}, plan.ErrChanged
	}
	if err != nil {
		return info{}, err
	}
	if now.mount {
		return info{}, fmt.Errorf("%w: %w", plan.ErrUnavailable, errMount)
	}
	if !now.untouched(have) {
		return info{}, plan.ErrChanged
	}
	return now, nil
}

// taken explains why a name that should be free is not: something came to lie
// there, or the disk takes the name for another one.
func (b *batch) taken(at spot) error {
	names, err := at.dir.names()
	if err != nil {
		return err
	}
	if slices.Contains(names, at.name) {
		return plan.ErrChanged
	}
	if _, err := at.look(); isNotExist(err) {
		return plan.ErrChanged
	}
	return fmt.Errorf("%w: it is taken for another one in %q", plan.ErrName, at.path.Parent().String())
}

// install puts a made object in place.
func (b *batch) install(s plan.Step, at spot, m made, out *plan.Outcome) error {
	draft := spot{dir: b.drafts, name: m.name}
	var err error
	switch {
	case !s.Have.Live():
		err = b.arrive(draft, at)
	case s.Have.Kind == index.Directory:
		err = b.overDirectory(s, draft, at, out)
	default:
		err = b.over(s, draft, at, out)
	}
	if err != nil {
		return err
	}
	out.Now = b.settled(at, m.info)
	return b.changed(at.dir)
}

// arrive moves an object to a place where nothing lies.
func (b *batch) arrive(from, at spot) error {
	err := from.moveTo(at)
	if isExist(err) {
		return b.taken(at)
	}
	return err
}

// settled returns the identity of an object that was just put in place. If it
// is not that object any more, or no longer untouched, the identity is the one
// it had before, so that the next look finds a change.
func (b *batch) settled(at spot, was info) index.Identity {
	now, err := at.look()
	if err != nil || !now.sameObject(was.id, was.kind) || now.id.Mode != was.id.Mode {
		return was.id
	}
	return now.id
}

// overDirectory puts an object in the place of a directory.
func (b *batch) overDirectory(s plan.Step, draft, at spot, out *plan.Outcome) error {
	if _, err := b.standing(s.Have, at); err != nil {
		return err
	}
	if s.Aside.IsRoot() {
		if err := b.removeDirectory(at, s.Have.Identity); err != nil {
			return err
		}
	} else if err := b.setAside(s, at, out); err != nil {
		return err
	}
	return b.arrive(draft, at)
}
