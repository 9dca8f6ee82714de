package plan

import (
	"slices"

	"kith/index"
)

// Latest returns what a path is, as far as is known: the version that would keep
// the name if all were connected now, and the other devices that hold just that. Kind Absent or Deleted: nothing lives there.
//
// A device that is away counts by what it said last. A receiver's own changes
// are of no account, but on that receiver.
func (f Folder) Latest(c index.Case) (latest index.File, holders []index.DeviceID) {
	var claims []index.File
	if c.Have.Kind != index.Absent && !c.Have.Away() {
		claims = append(claims, c.Have.File)
	}
	for _, o := range c.Others {
		if f.claims(o) {
			claims = append(claims, o.File)
		}
	}
	if claims = maximal(claims); len(claims) == 0 {
		return index.File{}, nil
	}
	latest = joined(greatest(claims), claims)
	latest.Path = c.Path
	if !latest.Live() {
		return latest, nil
	}
	for _, o := range c.Others {
		if o.SameContent(latest) {
			holders = append(holders, o.Device)
		}
	}
	return latest, holders
}

// maximal returns those of files whose version no other one's contains and exceeds.
func maximal(files []index.File) []index.File {
	if len(files) < 2 {
		return files
	}
	var latest []index.File
	for _, r := range files {
		outdated := slices.ContainsFunc(files, func(s index.File) bool {
			return s.Version.Compare(r.Version) == index.Newer
		})
		if !outdated {
			latest = append(latest, r)
		}
	}
	return latest
}
