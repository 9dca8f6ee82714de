package plan

import (
	"fmt"
	"iter"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kith/index"
)

// The mark in the name of a conflict copy: NAME (conflict, DEVICE, TIME).EXT
const (
	markOpen  = " (conflict, "
	markClose = ")"
	markTime  = "2006-01-02 15.04"
)

// ConflictPaths returns the names under which the losing version of a file may be kept,
// the one to take first first. They lie beside it and are made only of the loser's own
// record, so that they are the same on every member. After the plain one come exact ones,
// with more and more of the content's hash, for when something else has those before: another
// loser of the same device and minute the plain one (see Taken), what somebody put there
// any. A conflict copy that loses its own name is given one of the others.
func (f Folder) ConflictPaths(loser index.File) iter.Seq2[index.Path, bool] {
	return func(yield func(p index.Path, exact bool) bool) {
		for _, digits := range [...]int{0, 6, 16, 2 * len(index.Hash{})} {
			if p := f.markedPath(loser, digits); p != loser.Path && !yield(p, digits > 0) {
				return
			}
		}
	}
}

// ConflictPath returns the first of the ConflictPaths, or the first that is exact.
func (f Folder) ConflictPath(loser index.File, exact bool) (p index.Path) {
	for name, exactly := range f.ConflictPaths(loser) {
		if p = name; exactly || !exact {
			break
		}
	}
	return p
}

// markedPath returns the name of a conflict copy with so many digits of the hash.
func (f Folder) markedPath(loser index.File, digits int) index.Path {
	stamp := time.Unix(0, loser.Modified).UTC().Format(markTime)
	if digits > 0 {
		stamp += " " + index.Sum(append(loser.Root[:], loser.Target...)).String()[:digits]
	}
	mark := markOpen + f.deviceName(loser.By) + ", " + stamp + markClose
	stem, ext := splitName(stripMark(loser.Path.Name()))
	stem = shorten(stem, index.MaxName-len(mark)-len(ext))
	dir := loser.Path.Parent()
	for {
		p, err := dir.Join(stem + mark + ext)
		switch {
		case err == nil:
			return p
		case stem != "":
			stem = shorten(stem, len(stem)-1) // the whole path got too long: the name gives way
		default:
			dir = dir.Parent() // and at last the directory does
		}
	}
}

// deviceName returns a member's name as it can stand in the name of a file.
func (f Folder) deviceName(by index.Short) string {
	name := by.String()[:8]
	for _, m := range f.Members {
		if m.Device.Short() == by {
			name = plainName(m.Name, name)
		}
	}
	return name
}

// plainName keeps of a device's name what every disk can hold.
func plainName(name, otherwise string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError || strings.ContainsRune(`/\:*?"<>|(),`, r) {
			return -1
		}
		return r
	}, name)
	name = shorten(strings.Trim(name, " ."), 64)
	if name == "" {
		return otherwise
	}
	return name
}

// splitName parts a name into stem and extension; a name that begins with its
// only dot has none, and neither has one with a longer tail than people call so.
func splitName(name string) (stem, ext string) {
	i := strings.LastIndexByte(name, '.')
	if i <= 0 || len(name)-i > 16 {
		return name, ""
	}
	return name[:i], name[i:]
}

// shorten cuts s to at most n bytes without splitting a character.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	n = max(n, 0)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// stripMark takes the mark off the name of a conflict copy, so that a conflict
// about a conflict copy does not nest.
func stripMark(name string) string {
	if original, _, ok := cutMark(name); ok {
		return original
	}
	return name
}

// cutMark parts the name of a conflict copy. The mark is searched for, not split
// off with the extension: its time has a dot in it. What follows it may look like the
// beginning of another one.
func cutMark(name string) (original, mark string, ok bool) {
	for i := strings.LastIndex(name, markOpen); i >= 0; i = strings.LastIndex(name[:i], markOpen) {
		mark, ext, closed := strings.Cut(name[i+len(markOpen):], markClose)
		if closed && (ext == "" || ext[0] == '.') {
			return name[:i] + ext, mark, true
		}
	}
	return "", "", false
}

// ParseConflict tells whether p is the name of a conflict copy, of which file,
// and whose version of it is.
func ParseConflict(p index.Path) (of index.Path, device string, ok bool) {
	original, mark, ok := cutMark(p.Name())
	if !ok {
		return index.Path{}, "", false
	}
	device, stamp, ok := strings.Cut(mark, ", ")
	if !ok || len(stamp) < len(markTime) {
		return index.Path{}, "", false
	}
	if _, err := time.Parse(markTime, stamp[:len(markTime)]); err != nil {
		return index.Path{}, "", false
	}
	of, err := p.Parent().Join(original)
	return of, device, err == nil
}

// plainCopy reports whether p is the plain name of a conflict copy.
func plainCopy(p index.Path) bool {
	_, mark, _ := cutMark(p.Name())
	_, stamp, _ := strings.Cut(mark, ", ")
	_, _, ok := ParseConflict(p)
	return ok && len(stamp) == len(markTime)
}

// ConflictsOf tells where among its siblings the conflict copies of a path stand:
// directly after after, and all of their names begin with mark.
func ConflictsOf(p index.Path) (after index.Path, mark string, err error) {
	stem, _ := splitName(stripMark(p.Name()))
	mark = stem + markOpen
	after, err = p.Parent().Join(strings.TrimSuffix(mark, " "))
	return after, mark, err
}

// Author returns the member whom the name of a conflict copy names; ok is false if
// no member is called so, or more than one.
func (f Folder) Author(device string) (by index.Short, ok bool) {
	for _, m := range f.Members {
		if f.deviceName(m.Device.Short()) != device {
			continue
		}
		if ok {
			return 0, false
		}
		by, ok = m.Device.Short(), true
	}
	return by, ok
}

// String describes an action in one line, for stories and logs.
func (a Action) String() string {
	switch {
	case a.Verb == Keep:
		return "keep"
	case a.Loser:
		return fmt.Sprintf("%s %s, set ours aside", a.Verb, a.Want.Kind)
	}
	return fmt.Sprintf("%s %s", a.Verb, a.Want.Kind)
}

// Numbered returns the path with a number in its name: NAME (n).EXT
func Numbered(p index.Path, n int) (index.Path, error) {
	stem, ext := splitName(p.Name())
	mark := fmt.Sprintf(" (%d)", n)
	return p.Parent().Join(shorten(stem, index.MaxName-len(mark)-len(ext)) + mark + ext)
}
