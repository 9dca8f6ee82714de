package disk

import (
	"errors"
	"fmt"
	"io/fs"

	"kith/index"
	"kith/syncer/plan"
)

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }
func isExist(err error) bool    { return errors.Is(err, fs.ErrExist) }

// parent opens the directory that a path lies in.
func (t *Tree) parent(p index.Path) (*dir, error) {
	d, err := t.root.sub(p.Parent().String())
	switch {
	case err == nil:
		return d, nil
	case isNotExist(err) || isBlocked(err):
		return nil, fmt.Errorf("%w: %w", plan.ErrParent, err)
	case isMount(err) || isGone(err):
		return nil, fmt.Errorf("%w: %s: %w", plan.ErrUnavailable, p.Parent(), err)
	}
	return nil, err
}

// look opens the directory that a path lies in for looking: what is not there
// is fs.ErrNotExist.
func (t *Tree) look(p index.Path) (*dir, error) {
	d, err := t.parent(p)
	if errors.Is(err, plan.ErrParent) {
		return nil, fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	return d, err
}
