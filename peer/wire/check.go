package wire

import (
	"errors"
	"fmt"
	"strings"

	"kith/index"
)

// checkFile tells whether f can stand in an Update, and would come out of it as
// it went in.
func checkFile(f *index.File) error {
	if err := checkEntry(f); err != nil {
		return err
	}
	plain := index.File{Path: f.Path, Kind: f.Kind, Version: f.Version, By: f.By}
	switch f.Kind {
	case index.Regular:
		return checkContent(f)
	case index.Symlink:
		plain.Modified, plain.Target = f.Modified, f.Target
	case index.Directory:
		plain.Mode = f.Mode
	case index.Deleted:
		plain.Root = f.Root
	}
	if len(f.Blocks) > 0 || f.Size != 0 || f.Target != plain.Target || f.Root != plain.Root ||
		f.Mode != plain.Mode || f.Modified != plain.Modified {
		return fmt.Errorf("a %v has what only other kinds have", f.Kind)
	}
	return nil
}

// checkContent verifies that what follows from the block list is so.
func checkContent(f *index.File) error {
	if f.Target != "" {
		return errors.New("a file points somewhere")
	}
	if len(f.Blocks) == 0 && f.Size > 0 {
		return nil
	}
	size := int64(0)
	for _, b := range f.Blocks {
		size += int64(b.Size)
	}
	switch {
	case size != f.Size:
		return fmt.Errorf("blocks have %d bytes of %d", size, f.Size)
	case index.RootOf(f.Blocks) != f.Root:
		return errors.New("root is not that of the blocks")
	}
	return nil
}

// checkEntry has the rules that need no look at a hash.
func checkEntry(f *index.File) error {
	if f.Path.IsRoot() {
		return errors.New("no path")
	}
	if f.Mode > 0o777 {
		return fmt.Errorf("mode %o", f.Mode)
	}
	if err := f.Version.Valid(); err != nil {
		return err
	}
	switch f.Kind {
	case index.Regular:
		return checkSize(f)
	case index.Symlink:
		if f.Target == "" || len(f.Target) > MaxTarget || strings.IndexByte(f.Target, 0) >= 0 {
			return fmt.Errorf("link with a target of %d bytes", len(f.Target))
		}
		return nil
	case index.Directory, index.Deleted, index.Elsewhere:
		return nil
	}
	return fmt.Errorf("kind %d", uint8(f.Kind))
}

func checkSize(f *index.File) error {
	switch {
	case f.Size < 0:
		return fmt.Errorf("size %d", f.Size)
	case f.Root.IsZero():
		return errors.New("file without a root")
	case len(f.Blocks) > MaxInline:
		return fmt.Errorf("%d blocks, more than %d", len(f.Blocks), MaxInline)
	}
	return checkBlocks(f.Blocks)
}
