package disk

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"kith/index"
)

// slot finds a free name among the earlier versions for what lies at a path now.
// Its directory is to be closed.
func (b *batch) slot(p index.Path) (spot, error) {
	s, err := b.Tree.slot(p)
	if err != nil {
		return spot{}, fmt.Errorf("make room for an earlier version: %w", err)
	}
	return s, nil
}

func (t *Tree) slot(p index.Path) (spot, error) {
	d, err := t.versionsOf(p.Parent(), true)
	if err != nil {
		return spot{}, err
	}
	for at := t.clock(); ; at = at.Add(time.Millisecond) {
		name, whole := storedFile(p.Name(), at)
		if _, err = d.lstat(name); err == nil {
			continue
		}
		if isNotExist(err) {
			err = t.keepName(whole)
		}
		if err != nil {
			d.close()
			return spot{}, err
		}
		return spot{dir: d, name: name, path: p, ours: true}, nil
	}
}

// versionsOf opens the directory in which the earlier versions of what lay in
// the directory p are.
func (t *Tree) versionsOf(p index.Path, make bool) (*dir, error) {
	if p.IsRoot() {
		return t.versions.sub("")
	}
	var path, wholes []string
	for name := range strings.SplitSeq(p.String(), "/") {
		stored, whole := storedDirectory(name)
		path, wholes = append(path, stored), append(wholes, whole)
	}
	d, err := t.versions.sub(strings.Join(path, "/"))
	if !make || !isNotExist(err) {
		return d, err
	}
	if d, err = t.versions.sub(""); err != nil {
		return nil, err
	}
	for i, stored := range path {
		next, err := d.ensure(stored)
		if err == nil {
			err = d.sync()
		}
		d.close()
		if err == nil {
			err = t.keepName(wholes[i])
		}
		if err != nil {
			if next != nil {
				next.close()
			}
			return nil, err
		}
		d = next
	}
	return d, nil
}

// keepName keeps a name that was cut, under its digest, durably: without it the
// versions are not found.
func (t *Tree) keepName(whole string) error {
	if whole == "" {
		return nil
	}
	if kept, err := t.wholeName(digest(whole)); err == nil && kept == whole {
		return nil
	}
	var draw [16]byte
	rand.Read(draw[:])
	draft := "name-" + hex.EncodeToString(draw[:])
	if err := writeWhole(t.drafts, draft, []byte(whole)); err != nil {
		return err
	}
	if err := t.drafts.rename(draft, t.names, digest(whole)); err != nil {
		return errors.Join(err, t.drafts.unlink(draft))
	}
	return t.names.sync()
}

// wholeName returns what keepName kept.
func (t *Tree) wholeName(digest string) (string, error) {
	text, err := readWhole(t.names, digest)
	return string(text), err
}
