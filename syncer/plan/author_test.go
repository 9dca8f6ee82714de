package plan

import (
	"testing"

	"kith/index"
)

func TestTheNameOfACopyTellsItsAuthor(t *testing.T) {
	member := func(n byte, name string) index.Member {
		return index.Member{Device: index.DeviceID{n}, Name: name}
	}
	f := Folder{Members: []index.Member{member(1, "Anna"), member(2, "a/b"), member(3, "Twin"), member(4, "Twin")}}
	for _, m := range f.Members {
		copied := f.ConflictPath(index.File{Path: index.MustPath("x.txt"), By: m.Device.Short()}, false)
		_, device, ok := ParseConflict(copied)
		if !ok {
			t.Fatalf("%s is no name of a copy", copied)
		}
		by, known := f.Author(device)
		if twin := m.Name == "Twin"; known == twin || known && by != m.Device.Short() {
			t.Errorf("%s is by %v, %v", copied, by, known)
		}
	}
	if _, ok := f.Author("nobody"); ok {
		t.Error("nobody is a member")
	}
}
