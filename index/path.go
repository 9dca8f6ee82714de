package index

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Path is a name inside a folder that cannot lead out of it: relative, clean,
// with slashes, valid UTF-8 kept byte for byte. Only ParsePath, Join and Parent
// make one; the zero Path is the folder itself.
type Path struct{ s string }

// What a path may be at most.
const (
	MaxPath  = 4096 // bytes
	MaxName  = 255  // bytes in one component
	MaxDepth = 128  // components
)

// Own is the name of Kith's own directory at the root of a folder. No path may
// have a component that some disk takes for it.
const Own = ".kith"

// ErrPath is wrapped by every refusal of ParsePath.
var ErrPath = errors.New("not a path inside a folder")

// ErrOwn is wrapped, too, where the reason is a name that some disk takes for Own.
var ErrOwn = errors.New("name is taken for " + Own)

// ParsePath checks s and makes it a Path.
func ParsePath(s string) (Path, error) {
	switch {
	case s == "":
		return Path{}, fmt.Errorf("%w: empty", ErrPath)
	case len(s) > MaxPath:
		return Path{}, fmt.Errorf("%w: longer than %d bytes", ErrPath, MaxPath)
	case !utf8.ValidString(s):
		return Path{}, fmt.Errorf("%w: %q is not valid UTF-8", ErrPath, s)
	}
	depth := 0
	for name := range strings.SplitSeq(s, "/") {
		if depth++; depth > MaxDepth {
			return Path{}, fmt.Errorf("%w: deeper than %d directories", ErrPath, MaxDepth)
		}
		if err := checkName(name); err != nil {
			return Path{}, fmt.Errorf("%w: %q: %w", ErrPath, s, err)
		}
	}
	return Path{s}, nil
}

func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("empty name")
	case name == "." || name == "..":
		return errors.New("dot name")
	case len(name) > MaxName:
		return fmt.Errorf("name longer than %d bytes", MaxName)
	case strings.IndexByte(name, 0) >= 0:
		return errors.New("zero byte in name")
	case isOwn(name):
		return ErrOwn
	}
	return nil
}

// isOwn reports whether some disk takes name for our own directory: by case,
// by ignorable characters (HFS+), by trailing dots, spaces or a stream (NTFS),
// or as its 8.3 name.
func isOwn(name string) bool {
	if plain := len(name) < len(Own) || name[0] != '.' && name[0] != 'k' && name[0] != 'K' && name[0] < utf8.RuneSelf; plain {
		return false
	}
	if i := strings.IndexByte(name, ':'); i > 0 {
		name = name[:i]
	}
	name = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) {
			return -1
		}
		return r
	}, name)
	name = foldCase(norm.NFKC.String(strings.TrimRight(name, ". ")))
	if name == Own {
		return true
	}
	short, ok := strings.CutPrefix(name, "kith~")
	return ok && short != "" && strings.Trim(short, "0123456789") == ""
}

// MustPath is ParsePath for constants: it panics on a bad one.
func MustPath(s string) Path {
	p, err := ParsePath(s)
	if err != nil {
		panic(err)
	}
	return p
}

// String returns the path with slashes; the folder itself is "".
func (p Path) String() string { return p.s }

// IsRoot reports whether p is the folder itself.
func (p Path) IsRoot() bool { return p.s == "" }

// Name returns the last component.
func (p Path) Name() string { return p.s[strings.LastIndexByte(p.s, '/')+1:] }

// Parent returns the directory that p lies in; the root is its own parent.
func (p Path) Parent() Path {
	i := strings.LastIndexByte(p.s, '/')
	return Path{p.s[:max(i, 0)]}
}

// Join returns the path of name inside p.
func (p Path) Join(name string) (Path, error) {
	if p.s == "" {
		return ParsePath(name)
	}
	return ParsePath(p.s + "/" + name)
}

// Within reports whether p is q or lies below it.
func (p Path) Within(q Path) bool {
	return q.s == "" || p.s == q.s ||
		len(p.s) > len(q.s) && p.s[len(q.s)] == '/' && p.s[:len(q.s)] == q.s
}

// Compare orders paths as a walk meets them: a directory before what lies in
// it, and all of that before its next sibling. It is the order of the bytes
// with the slash before every other one.
func (p Path) Compare(q Path) int {
	n := min(len(p.s), len(q.s))
	for i := range n {
		a, b := p.s[i], q.s[i]
		if a == b {
			continue
		}
		switch {
		case a == '/':
			return -1
		case b == '/':
			return 1
		case a < b:
			return -1
		}
		return 1
	}
	return len(p.s) - len(q.s)
}

// Fold returns the key under which names collide on disks that do not tell
// upper from lower case or composed from decomposed characters: NFC, case
// folded, NFC.
func (p Path) Fold() string {
	ascii := true
	for i := range len(p.s) {
		if p.s[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		return strings.ToLower(p.s)
	}
	return norm.NFC.String(foldCase(norm.NFC.String(p.s)))
}

func foldCase(s string) string { return cases.Fold().String(s) }

// MarshalText writes the path as it is.
func (p Path) MarshalText() ([]byte, error) { return []byte(p.s), nil }

// UnmarshalText reads a path; an empty one is the folder itself.
func (p *Path) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*p = Path{}
		return nil
	}
	q, err := ParsePath(string(b))
	*p = q
	return err
}
