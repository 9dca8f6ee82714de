package index

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Pattern is a text that is looked for in the names of files, whatever its case
// and however its characters are composed. The zero Pattern is in every name.
type Pattern struct {
	fold string
	path bool // the text has a slash: it is looked for in the whole path
}

// NewPattern makes a Pattern of what a person typed. A text with a slash in it is
// looked for in whole paths, any other one in the last name of a path only.
func NewPattern(text string) Pattern {
	return Pattern{fold: Path{text}.Fold(), path: strings.Contains(text, "/")}
}

// Matches reports whether the text is in a path.
func (p Pattern) Matches(path Path) bool { return p.MatchesBytes([]byte(path.s), '/') }

// MatchesBytes is Matches for the bytes of a path in which another one stands for
// the slash. It changes nothing in them. It is quick where all of the path and of
// the text is ASCII, as most are: a search looks at every path there is.
func (p Pattern) MatchesBytes(path []byte, slash byte) bool {
	if !p.path {
		path = path[bytes.LastIndexByte(path, slash)+1:]
	}
	for _, c := range path {
		if c >= utf8.RuneSelf {
			return strings.Contains(Path{strings.ReplaceAll(string(path), string(slash), "/")}.Fold(), p.fold)
		}
	}
	return containsFolded(path, slash, p.fold)
}

// containsFolded reports whether ASCII text, in lower case, contains fold.
func containsFolded(text []byte, slash byte, fold string) bool {
	for i := 0; i+len(fold) <= len(text); i++ {
		j := 0
		for j < len(fold) && lower(text[i+j], slash) == fold[j] {
			j++
		}
		if j == len(fold) {
			return true
		}
	}
	return false
}

func lower(c, slash byte) byte {
	switch {
	case c == slash:
		return '/'
	case 'A' <= c && c <= 'Z':
		return c + 'a' - 'A'
	}
	return c
}
