package ignore

import "strings"

// pattern is one line of a .kithignore.
type pattern struct {
	text    string // as it was written
	line    int    // from 1
	negated bool   // with ! in front: takes back in
	dirOnly bool   // with / behind: matches directories only

	// One of the two. A pattern without a slash, but for one behind, speaks about
	// names at any depth; one with a slash about paths from the file's directory.
	name  *glob
	parts []part
}

// part matches one component of a path, or, if deep (**), any number of them.
type part struct {
	deep bool
	glob glob
}

// ends are the bytes that a name must begin and end with; zero: any.
type ends struct{ first, last byte }

func (e ends) allow(first, last byte) bool {
	return (e.first == 0 || e.first == first) && (e.last == 0 || e.last == last)
}

// ends returns how the last component of a path must begin and end to match p.
func (p *pattern) ends() ends {
	switch last := len(p.parts) - 1; {
	case p.name != nil:
		return p.name.ends()
	case p.parts[last].deep:
		return ends{}
	default:
		return p.parts[last].glob.ends()
	}
}

// matches reports whether p matches a path, given relative to the directory of
// the pattern's file, of which name is the last component.
func (p *pattern) matches(rel, name string, dir bool) bool {
	switch {
	case p.dirOnly && !dir:
		return false
	case p.name != nil:
		return p.name.matches(name)
	}
	return matchParts(p.parts, rel)
}

// matchParts matches all of path. Only the last ** met is ever tried again with
// one component more: what follows an earlier one has found its first place,
// and a later place could only leave less for the rest.
func matchParts(parts []part, path string) bool {
	var again []part // what follows the last ** met
	var from string  // where it was tried last
	for len(parts) > 0 || path != "" {
		switch {
		case len(parts) > 0 && parts[0].deep:
			if len(parts) == 1 {
				return path != ""
			}
			parts = parts[1:]
			again, from = parts, path
			continue
		case len(parts) > 0 && path != "":
			name, below, _ := strings.Cut(path, "/")
			if parts[0].glob.matches(name) {
				parts, path = parts[1:], below
				continue
			}
		}
		if from == "" {
			return false
		}
		_, from, _ = strings.Cut(from, "/")
		parts, path = again, from
	}
	return true
}
