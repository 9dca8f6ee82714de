package disk

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"kith/index"
)

// Versions lists the earlier versions of a path, the latest first; for a
// directory, or the root, those of everything below it.
func (t *Tree) Versions(p index.Path) ([]index.Kept, error) {
	var found []index.Kept
	err := t.eachVersion(p, func(_ *dir, _ string, k index.Kept) error {
		found = append(found, k)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list earlier versions of %s: %w", p, err)
	}
	slices.SortFunc(found, func(a, b index.Kept) int {
		return cmp.Or(cmp.Compare(b.Replaced, a.Replaced), a.Path.Compare(b.Path))
	})
	return found, nil
}

// eachVersion calls fn for the earlier versions at and below a path, with the
// directory and the name that each is stored under.
func (t *Tree) eachVersion(p index.Path, fn func(d *dir, stored string, k index.Kept) error) error {
	if !p.IsRoot() {
		d, err := t.versionsOf(p.Parent(), false)
		if isNotExist(err) || isBlocked(err) {
			return nil
		}
		if err != nil {
			return err
		}
		defer d.close()
		only := func(d *dir, stored string, k index.Kept) error {
			if k.Path != p {
				return nil
			}
			return fn(d, stored, k)
		}
		if err := t.versionsIn(d, p.Parent(), false, only); err != nil {
			return err
		}
	}
	d, err := t.versionsOf(p, false)
	if isNotExist(err) || isBlocked(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.close()
	return t.versionsIn(d, p, true, fn)
}

// versionsIn calls fn for what is stored in d, the versions' side of directory p.
func (t *Tree) versionsIn(d *dir, p index.Path, deep bool, fn func(*dir, string, index.Kept) error) error {
	names, err := d.names()
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, stored := range names {
		n, err := d.lstat(stored)
		if isNotExist(err) {
			continue
		}
		if err != nil {
			return err
		}
		isDir := n.kind == index.Directory
		name, stamp, err := parseStored(stored, isDir, t.wholeName)
		if err != nil {
			continue // not of our making
		}
		child, err := p.Join(name)
		if err != nil {
			continue
		}
		if isDir {
			err = t.descend(d, stored, child, deep, fn)
		} else if k, ok := kept(child, stamp, n); ok {
			err = fn(d, stored, k)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *Tree) descend(d *dir, stored string, p index.Path, deep bool, fn func(*dir, string, index.Kept) error) error {
	if !deep {
		return nil
	}
	sub, err := d.sub(stored)
	if err != nil {
		return err
	}
	defer sub.close()
	return t.versionsIn(sub, p, true, fn)
}

func kept(p index.Path, stamp string, n info) (index.Kept, bool) {
	at, err := stampTime(stamp)
	k := index.Kept{ID: stamp, Path: p, Kind: n.kind, Modified: n.id.Modified, Replaced: at.UnixNano(), Inode: n.id.Inode}
	if n.kind == index.Regular {
		k.Size = n.id.Size
	}
	return k, err == nil && (n.kind == index.Regular || n.kind == index.Symlink)
}

// find opens the directory that holds an earlier version, and tells its name there.
func (t *Tree) find(k index.Kept) (*dir, string, info, error) {
	at, err := stampTime(k.ID)
	if err != nil {
		return nil, "", info{}, fmt.Errorf("%w: %q names no version", fs.ErrNotExist, k.ID)
	}
	d, err := t.versionsOf(k.Path.Parent(), false)
	if err != nil {
		return nil, "", info{}, err
	}
	name, _ := storedFile(k.Path.Name(), at)
	n, err := d.lstat(name)
	if err != nil {
		d.close()
	}
	return d, name, n, err
}

// Export copies an earlier version to a file outside the folder: a link as the
// text of its target.
func (t *Tree) Export(k index.Kept, w io.Writer) error {
	if err := t.export(k, w); err != nil {
		return fmt.Errorf("export earlier version %s of %s: %w", k.ID, k.Path, err)
	}
	return nil
}

func (t *Tree) export(k index.Kept, w io.Writer) error {
	d, name, n, err := t.find(k)
	if err != nil {
		return err
	}
	defer d.close()
	if n.kind == index.Symlink {
		target, err := d.readlink(name)
		if err == nil {
			_, err = io.WriteString(w, target)
		}
		return err
	}
	f, err := d.read(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if at, err := statFile(f); err != nil || at.kind != index.Regular {
		return errors.Join(err, errSpecial)
	}
	_, err = io.Copy(w, f)
	return err
}
