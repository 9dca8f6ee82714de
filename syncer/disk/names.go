package disk

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"kith/index"
)

// Earlier versions lie in a tree like the person's own, each under the name it
// had, a tilde and the time at which it was set aside:
//
//	versions/letters/anna.txt~20261122-103000.000
//
// A directory's name that could be read as a version's ends in dirMark, one too
// long for that is cut and carries a digest under which its whole is kept.
const (
	stampLayout = "20060102-150405.000"
	dirMark     = "~d"
	cutMark     = "~#"
	cutLength   = 160 // bytes kept of a name that is too long
	digestSize  = 32
)

var stamped = regexp.MustCompile(`~\d{8}-\d{6}\.\d{3}$`)

// storedDirectory is the name of a directory among the earlier versions; whole
// is not empty if it had to be cut.
func storedDirectory(name string) (stored, whole string) {
	stored = name
	if stamped.MatchString(name) || strings.HasSuffix(name, dirMark) {
		stored += dirMark
	}
	if len(stored) > index.MaxName || strings.Contains(name, cutMark) {
		return cut(name) + dirMark, name
	}
	return stored, ""
}

// storedFile is the name of a version that was set aside at a time.
func storedFile(name string, at time.Time) (stored, whole string) {
	stamp := "~" + at.UTC().Format(stampLayout)
	if len(name)+len(stamp) > index.MaxName || strings.Contains(name, cutMark) {
		return cut(name) + stamp, name
	}
	return name + stamp, ""
}

// cut shortens a name and adds a digest of it.
func cut(name string) string {
	n := min(len(name), cutLength)
	for n > 0 && n < len(name) && !utf8.RuneStart(name[n]) {
		n--
	}
	return name[:n] + cutMark + digest(name)
}

func digest(name string) string { return index.Sum([]byte(name)).String()[:digestSize] }

// parseStored reads the name of an entry among the earlier versions: a
// directory's, or a file's with the stamp of its version. A digest is looked up
// by whole.
func parseStored(stored string, dir bool, whole func(digest string) (string, error)) (name, stamp string, err error) {
	name = stored
	if dir {
		name = strings.TrimSuffix(name, dirMark)
	} else {
		at := stamped.FindStringIndex(stored)
		if at == nil {
			return "", "", fmt.Errorf("%q has no stamp", stored)
		}
		name, stamp = stored[:at[0]], stored[at[0]+1:]
	}
	if i := len(name) - digestSize; i >= len(cutMark) && name[i-len(cutMark):i] == cutMark {
		name, err = whole(name[i:])
	}
	return name, stamp, err
}

// stampTime reads the time that a stamp names.
func stampTime(stamp string) (time.Time, error) { return time.Parse(stampLayout, stamp) }
