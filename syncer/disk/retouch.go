package disk

import (
	"io"
	"os"
	"time"

	"github.com/zeebo/blake3"

	"kith/index"
	"kith/syncer/plan"
)

// retouch gives an object the time and permissions of want; its content stays.
func (b *batch) retouch(have index.Record, want index.File, at spot) (index.Identity, error) {
	was, err := b.standing(have, at)
	if err != nil {
		return index.Identity{}, err
	}
	return b.dress(was, want, at)
}

// dress sets what differs in time and permissions between the object that was
// seen at a spot and want.
func (b *batch) dress(was info, want index.File, at spot) (index.Identity, error) {
	mode := b.traits.Permissions && want.Kind != index.Symlink && was.id.Mode != want.Mode&0o777
	time := want.Kind != index.Directory && was.id.Modified != want.Modified
	switch {
	case !mode && !time:
		return was.id, nil
	case want.Kind == index.Symlink:
		return b.dressLink(was, want, at)
	}
	f, err := at.dir.read(at.name)
	if isNotExist(err) {
		return index.Identity{}, plan.ErrChanged
	}
	if err != nil {
		return index.Identity{}, err
	}
	defer f.Close()
	if now, err := statFile(f); err != nil || now != was {
		return index.Identity{}, b.orChanged(err)
	}
	if mode {
		if err := at.dir.chmodFile(f, want.Mode&0o777); err != nil {
			return index.Identity{}, err
		}
	}
	if time {
		if err := b.setTime(f, was, want.Modified, at); err != nil {
			return index.Identity{}, err
		}
	}
	return b.confirm(f, at)
}

// confirm returns the identity of an open object if it still has its name.
func (b *batch) confirm(f *os.File, at spot) (index.Identity, error) {
	now, err := statFile(f)
	if err != nil {
		return index.Identity{}, err
	}
	named, err := at.look()
	if err != nil || named.id.Inode != now.id.Inode {
		return index.Identity{}, plan.ErrChanged
	}
	return now.id, at.dir.syncFile(f, at.name)
}

// guarded is the size up to which a file is read before and after its time is
// set: an edit between the last look and the setting would lose its own time,
// and with it the trace it left.
const guarded = 16 << 20

// setTime sets the time of a file that was seen, and notices an edit meanwhile.
func (b *batch) setTime(f *os.File, was info, modified int64, at spot) error {
	careful := was.id.Size <= guarded
	var before, after index.Hash
	var err error
	if careful {
		if before, err = hashAll(f); err != nil {
			return err
		}
	}
	if now, err := statFile(f); err != nil || now.id.Modified != was.id.Modified || now.id.Size != was.id.Size {
		return b.orChanged(err)
	}
	if err := at.dir.touch(f, at.name, modified); err != nil {
		return err
	}
	if careful {
		if after, err = hashAll(f); err != nil {
			return err
		}
	}
	if before == after {
		return nil
	}
	if err := at.dir.touch(f, at.name, time.Now().UnixNano()); err != nil {
		return err
	}
	return plan.ErrChanged
}

// hashAll hashes all bytes of a file, as they are now.
func hashAll(f *os.File) (index.Hash, error) {
	h := blake3.New()
	_, err := io.Copy(h, io.NewSectionReader(f, 0, 1<<62))
	return index.Hash(h.Sum(nil)), err
}

// dressLink sets the time of a link, by its name: links cannot be opened.
func (b *batch) dressLink(was info, want index.File, at spot) (index.Identity, error) {
	if err := at.dir.touchLink(at.name, want.Modified); err != nil {
		return index.Identity{}, err
	}
	now, err := at.look()
	if err != nil {
		return index.Identity{}, err
	}
	if now.kind != index.Symlink || now.id.Inode != was.id.Inode {
		return index.Identity{}, plan.ErrChanged
	}
	return now.id, b.changed(at.dir)
}
