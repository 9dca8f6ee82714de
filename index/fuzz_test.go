package index

import (
	"testing"
)

// versionOf makes a valid version of any bytes: two of them say how far to count.
func versionOf(b []byte) Version {
	var v Version
	for i := 0; i+1 < len(b) && i < 16; i += 2 {
		a := Actor{Device: Short(b[i] >> 4), Epoch: Epoch(b[i]&0x0f) + 1}
		for range b[i+1] % 4 {
			v = v.Bump(a)
		}
	}
	return v
}

// FuzzVersion holds versions to their laws: they are a lattice, and who counts on
// has the newer one.
func FuzzVersion(f *testing.F) {
	f.Add([]byte{}, []byte{0x11, 1}, []byte{0x11, 2, 0x21, 1})
	f.Add([]byte{0x11, 3, 0x12, 1}, []byte{0x12, 3}, []byte{0x31, 1})
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		u, v, w := versionOf(a), versionOf(b), versionOf(c)
		join := u.Join(v)
		switch {
		case u.Valid() != nil || join.Valid() != nil:
			t.Fatalf("not valid: %v, %v", u, join)
		case !join.Contains(u) || !join.Contains(v):
			t.Fatalf("%v does not contain %v and %v", join, u, v)
		case join.Compare(v.Join(u)) != Equal || join.Join(w).Compare(u.Join(v.Join(w))) != Equal || join.Join(join).Compare(join) != Equal:
			t.Fatalf("joining is no lattice: %v, %v, %v", u, v, w)
		case w.Contains(u) && w.Contains(v) && !w.Contains(join):
			t.Fatalf("%v is not the least that contains both: %v does", join, w)
		}
		back := map[Order]Order{Equal: Equal, Older: Newer, Newer: Older, Concurrent: Concurrent}
		if u.Compare(v) != back[v.Compare(u)] {
			t.Fatalf("%v is %v to %v, which is %v", u, u.Compare(v), v, v.Compare(u))
		}
		actor := Actor{Device: 7, Epoch: 9}
		if next := join.Bump(actor); next.Compare(join) != Newer || next.Count(actor) != join.Count(actor)+1 || u.Contains(next) || !next.Roomy() {
			t.Fatalf("%v counts on as %v", join, next)
		}
	})
}

// FuzzIDs: what is read as an ID is written the same, but for its case.
func FuzzIDs(f *testing.F) {
	f.Add(DeviceID{1, 2, 3}.String())
	f.Add(FolderID{4, 5}.String())
	f.Add("a2")
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := ParseDeviceID(s); err == nil {
			if again, err := ParseDeviceID(d.String()); err != nil || again != d {
				t.Fatalf("%q is %v, which is %v, %v", s, d, again, err)
			}
		}
		if d, err := ParseFolderID(s); err == nil {
			if again, err := ParseFolderID(d.String()); err != nil || again != d {
				t.Fatalf("%q is %v, which is %v, %v", s, d, again, err)
			}
		}
		if h, err := ParseHash(s); err == nil {
			if again, err := ParseHash(h.String()); err != nil || again != h {
				t.Fatalf("%q is %v, which is %v, %v", s, h, again, err)
			}
		}
	})
}
