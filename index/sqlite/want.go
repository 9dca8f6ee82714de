package sqlite

import (
	"slices"

	"kith/index"
)

// want says what a path asks of us. It stands in path.want where it is not
// settled, so that what is needed is found, in order, without a search.
type want int8

const (
	wantLive  want = iota // a device that sends holds something which ours does not contain
	wantGone              // so it is, and all such versions are deletions
	onlyHeard             // only devices that do not send, or do not keep it, know of such a thing
	settled               // ours contains all that is held elsewhere

	unread want = -1 // not known; never in the database
)

// value is what stands in path.want.
func (w want) value() any {
	if w == settled {
		return nil
	}
	return int64(w)
}

// share is what one path adds to the sums of its folder.
type share struct {
	files, bytes, directories int64 // live, here
	need                      index.Amount
	want                      want
	ears                      []earShare // in the order of the holdings
}

// earShare is what one path adds to the sums of one device.
type earShare struct {
	ear    uint64
	has    index.Amount // ours is live and the device contains it
	clings int64        // ours is deleted; the device holds something it did not delete with us
}

// shareOf works out what a path adds up to. What is sought is needed in whatever
// version others have it, and what is away is no need of anybody's. sends tells of which ears the files
// may be taken.
func shareOf(have index.File, others []held, sends func(ear uint64) bool) share {
	s := share{want: settled}
	switch {
	case have.Kind == index.Directory:
		s.directories = 1
	case have.Live():
		s.files, s.bytes = 1, have.Size
	}
	if len(others) > 0 {
		s.ears = make([]earShare, len(others))
	}
	for i, o := range others {
		s.ears[i] = earShareOf(have, o)
		settles := have.Kind != index.Absent && have.Kind != index.Sought && have.Version.Contains(o.file.Version)
		if settles {
			continue
		}
		s.lack(o.file, sends(o.ear) && !o.file.Away())
	}
	return s
}

// lack adds a file that ours does not contain.
func (s *share) lack(f index.File, sends bool) {
	w := wantLive
	switch {
	case !sends:
		w = onlyHeard
	case !f.Live():
		w = wantGone
	}
	s.want = min(s.want, w)
	if sends {
		s.need = index.Amount{Files: 1, Bytes: max(s.need.Bytes, f.Size)}
	}
}

func earShareOf(have index.File, o held) earShare {
	e := earShare{ear: o.ear}
	contains := have.Kind != index.Absent && o.file.Version.Contains(have.Version)
	switch {
	case have.Live() && contains:
		e.has = index.Amount{Files: 1, Bytes: have.Size}
	case have.Kind == index.Deleted && o.file.Live() && !contains:
		e.clings = 1
	}
	return e
}

// without returns others less that of an ear.
func without(others []held, ear uint64) []held {
	return slices.DeleteFunc(others, func(o held) bool { return o.ear == ear })
}
