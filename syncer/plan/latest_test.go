package plan

import (
	"slices"
	"testing"

	"kith/index"
)

func TestLatestIsWhatWouldKeepTheName(t *testing.T) {
	anna, ben, carl := index.DeviceID{1}, index.DeviceID{2}, index.DeviceID{3}
	f := Folder{Self: index.Actor{Device: index.DeviceID{9}.Short(), Epoch: 1}, Members: []index.Member{
		{Device: anna, Role: index.Both}, {Device: ben, Role: index.Both}, {Device: carl, Role: index.Receive}}}
	by := func(counts ...uint64) (v index.Version) {
		for i, n := range counts {
			if n > 0 {
				v = append(v, index.Counter{Actor: index.Actor{Device: index.Short(i + 1), Epoch: 1}, Count: n})
			}
		}
		return v
	}
	file := func(text string, at int64, v index.Version) index.File {
		return index.File{Kind: index.Regular, Root: index.Sum([]byte(text)), Size: int64(len(text)), Modified: at, Version: v}
	}
	gone := index.File{Kind: index.Deleted, Version: by(2, 1)}
	for _, c := range []struct {
		name    string
		have    index.File
		others  []index.Holding
		want    index.File
		holders []index.DeviceID
	}{
		{"nothing is known", index.File{}, nil, index.File{}, nil},
		{"only others have it", index.File{}, []index.Holding{{Device: anna, File: file("x", 1, by(1))}, {Device: carl, File: file("x", 1, by(1))}},
			file("x", 1, by(1)), []index.DeviceID{anna, carl}},
		{"an old version of a device away is of no account", file("y", 2, by(2)), []index.Holding{{Device: anna, File: file("x", 1, by(1))}, {Device: ben, File: file("y", 2, by(2))}},
			file("y", 2, by(2)), []index.DeviceID{ben}},
		{"a deletion that follows counts", file("x", 1, by(1)), []index.Holding{{Device: ben, File: gone}}, gone, nil},
		{"one that does not, does not", file("x", 1, by(3)), []index.Holding{{Device: ben, File: gone}}, file("x", 1, by(3)), nil},
		{"of concurrent ones the later", file("x", 1, by(1)), []index.Holding{{Device: ben, File: file("y", 2, by(0, 1))}},
			file("y", 2, by(0, 1)), []index.DeviceID{ben}},
		{"a receiver's own change is nobody's", index.File{}, []index.Holding{{Device: carl, File: file("x", 1, by(1))}}, index.File{}, nil},
	} {
		got, holders := f.Latest(index.Case{Have: index.Record{File: c.have}, Others: c.others})
		if !got.Same(c.want) || got.Version.Compare(c.want.Version) != index.Equal || !slices.Equal(holders, c.holders) {
			t.Errorf("%s: %+v held by %v", c.name, got, holders)
		}
	}
}
