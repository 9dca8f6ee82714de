package disk

import (
	"bytes"
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"kith/syncer/plan"
)

// TestABlockIsCopiedByHandWhereTheDiskDoesNot has the disk refuse to share a stretch of a
// file, and to copy it by itself: the block arrives all the same, and right.
func TestABlockIsCopiedByHandWhereTheDiskDoesNot(t *testing.T) {
	for _, refusal := range []error{unix.EXDEV, unix.EOPNOTSUPP, unix.EINVAL, unix.EIO} {
		p := newPlace(t)
		data := bytes.Repeat([]byte("0123456789abcdef"), 2*hole/16)
		p.save("old", string(data))
		from, want, asked := p.have("old"), large("new", data), 0
		p.tapped(func(o op) error {
			if o.verb == "copy" {
				asked++
				return refusal
			}
			return nil
		})
		for i, b := range want.Blocks {
			if err := p.Reuse(want, int64(i*hole), from, int64(i*hole), b); err != nil {
				t.Errorf("%v: %v", refusal, err)
			}
		}
		if unsupported := isUnsupported(refusal); asked != map[bool]int{true: 2, false: 4}[unsupported] {
			t.Errorf("%v: the disk was asked %d times", refusal, asked)
		}
		if out := p.one(plan.Step{Want: want}); out.Err != nil || p.text("new") != string(data) {
			t.Errorf("%v: %v", refusal, out.Err)
		}
	}
}

// TestAFileThatMayNotBeChangedStays has a file that its disk lets nobody change, whoever
// it is: that step fails, with a reason, the others are done, and once it may, it is.
func TestAFileThatMayNotBeChangedStays(t *testing.T) {
	p := newPlace(t)
	p.save("a", "old")
	p.save("b", "old")
	const immutable = 0x10 // FS_IMMUTABLE_FL
	locked := func(on bool) error {
		fd, err := unix.Open(p.root+"/a", unix.O_RDONLY, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		flags, err := unix.IoctlGetInt(fd, unix.FS_IOC_GETFLAGS)
		if err != nil {
			return err
		}
		if flags &^= immutable; on {
			flags |= immutable
		}
		return unix.IoctlSetPointerInt(fd, unix.FS_IOC_SETFLAGS, flags)
	}
	if err := locked(true); err != nil {
		t.Skip("no file can be made immutable here: ", err)
	}
	defer locked(false) //nolint:errcheck // whatever failed was told
	steps := []plan.Step{
		{Have: p.have("a"), Want: p.wanted("a", "new")},
		{Have: p.have("b"), Want: p.wanted("b", "new")},
	}
	out := p.Put(t.Context(), steps)
	if !errors.Is(out[0].Err, unix.EPERM) || out[1].Err != nil || p.text("a") != "old" || p.text("b") != "new" {
		t.Errorf("%v, %v; a is %q, b %q", out[0].Err, out[1].Err, p.text("a"), p.text("b"))
	}
	if err := locked(false); err != nil {
		t.Fatal(err)
	}
	if out := p.one(plan.Step{Have: p.have("a"), Want: p.wanted("a", "new")}); out.Err != nil || p.text("a") != "new" {
		t.Errorf("later: %v, %q", out.Err, p.text("a"))
	}
	p.anywhere("new", "old")
}
