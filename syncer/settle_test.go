package syncer

import (
	"testing"

	"kith/index"
)

// TestUndone: of what lies there after a power cut, when it was placed tells more than
// the time it bears, and what was received was durable before it was recorded.
func TestUndone(t *testing.T) {
	was := index.Identity{Inode: 7, Modified: 100, Changed: 120}
	for _, c := range []struct {
		name string
		is   index.Identity
		want bool
	}{
		{"the same object, torn", index.Identity{Inode: 7, Modified: 100, Changed: 120}, true},
		{"the same object, saved since", index.Identity{Inode: 7, Modified: 130, Changed: 130}, false},
		{"the same object, before its old time was set", index.Identity{Inode: 7, Modified: 120, Changed: 120}, true},
		{"the one that it replaced", index.Identity{Inode: 3, Modified: 50, Changed: 60}, true},
		{"the one that it replaced, though that bears a later time", index.Identity{Inode: 3, Modified: 110, Changed: 60}, true},
		{"an old one that was moved there since", index.Identity{Inode: 3, Modified: 50, Changed: 130}, false},
		{"one of the same moment of a coarse clock, saved later", index.Identity{Inode: 9, Modified: 120, Changed: 120}, false},
		{"one of the same moment of a coarse clock, saved before", index.Identity{Inode: 9, Modified: 90, Changed: 120}, true},
		{"an older one on a disk that knows no other time", index.Identity{Inode: 3, Modified: 50}, true},
		{"a later one on a disk that knows no other time", index.Identity{Inode: 3, Modified: 130}, false},
	} {
		if got := undone(was, c.is, false); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	for _, c := range []struct {
		name string
		was  index.Identity
		is   index.Identity
		want bool
	}{
		{"saved in the moment of a coarse clock in which it was received", was, index.Identity{Inode: 7, Modified: 120, Changed: 120}, false},
		{"written anew as it was, and torn", was, was, true},
		{"saved in the moment in which it was received and got its time", index.Identity{Modified: 120, Changed: 120}, index.Identity{Inode: 7, Modified: 120, Changed: 120}, false},
	} {
		if got := undone(c.was, c.is, true); got != c.want {
			t.Errorf("what was received, %s: %v", c.name, got)
		}
	}
}

// TestWhatLayBefore: what a power cut left is told from what it took by when it was
// placed, too, since it may bear a later time.
func TestWhatLayBefore(t *testing.T) {
	was := index.Identity{Inode: 7, Modified: 100, Changed: 100}
	for _, c := range []struct {
		name string
		was  index.Identity
		is   index.Identity
		want bool
	}{
		{"the same object, torn", was, index.Identity{Inode: 7, Size: 1, Modified: 100, Changed: 100}, false},
		{"nothing of it", was, index.Identity{Inode: 7, Modified: 50, Changed: 50}, false},
		{"the older one", was, index.Identity{Inode: 7, Size: 1, Modified: 50, Changed: 50}, true},
		{"the one that it replaced", was, index.Identity{Inode: 3, Size: 1, Modified: 130, Changed: 50}, true},
		{"the older one, by a clock ahead", was, index.Identity{Inode: 7, Size: 1, Modified: 130, Changed: 50}, true},
		{"the older one, by a clock ahead, on a disk that knows no other time", was, index.Identity{Inode: 7, Size: 1, Modified: 130}, false},
		{"the same object, before it was dated back", index.Identity{Inode: 7, Modified: 50, Changed: 101}, index.Identity{Inode: 7, Size: 1, Modified: 100, Changed: 100}, false},
	} {
		if got := whatLayBefore(c.was, c.is); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
