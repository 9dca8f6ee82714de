// Package ignore says which paths of a folder stay at home.
//
// The rules are gitignore's, byte for byte: a .kithignore file in any directory
// speaks about what lies at and below it, a later line overrides an earlier one,
// a deeper file a shallower one, and nothing below an ignored directory can be
// taken back in. Beneath them all lies a list of junk that no person ever made.
// A .kithignore is an ordinary file of the folder and is never ignored itself,
// unless a directory above it is.
//
// The package is pure. Matching takes time at most proportional to the length of
// the path times that of the patterns.
package ignore

import (
	"maps"
	"sync/atomic"

	"kith/index"
)

// FileName is the name of the files that hold rules.
const FileName = ".kithignore"

// Rules are the rules of one folder. They never change: With and Without return
// new ones. Several goroutines may use them.
type Rules struct {
	files  map[index.Path]*file // by the directory that they lie in
	recent atomic.Pointer[recent]
}

// file is the content of one .kithignore, or the list of junk.
type file struct {
	dir      index.Path
	patterns []pattern
	ends     []ends // of each pattern, side by side: most are ruled out by these
}

func newFile(dir index.Path, patterns []pattern) *file {
	f := &file{dir: dir, patterns: patterns}
	for i := range patterns {
		f.ends = append(f.ends, patterns[i].ends())
	}
	return f
}

// recent remembers what was found about one directory, for its next child: a
// walk asks about all children of a directory in a row.
type recent struct {
	dir index.Path
	by  *match
}

// match is the pattern because of which a path is ignored.
type match struct {
	*pattern
	file *file
}

// New returns the rules of a folder without .kithignore: junk is ignored.
func New() *Rules { return &Rules{} }

// With returns r with the rules of dir's .kithignore, which replace those that
// dir had before. Lines that could not be used are told as Problems.
func (r *Rules) With(dir index.Path, content []byte) (*Rules, []Problem) {
	patterns, problems := parse(content)
	with := r.Without(dir)
	if len(patterns) > 0 {
		with.files[dir] = newFile(dir, patterns)
	}
	return with, problems
}

// Without returns r without the rules of dir's .kithignore.
func (r *Rules) Without(dir index.Path) *Rules {
	files := make(map[index.Path]*file, len(r.files)+1)
	maps.Copy(files, r.files)
	delete(files, dir)
	return &Rules{files: files}
}

// Skips reports whether p is ignored, itself or because a directory above it is.
// dir tells whether p is a directory; a symbolic link is none.
func (r *Rules) Skips(p index.Path, dir bool) bool { return r.find(p, dir) != nil }

// Why tells which pattern makes p ignored, and where it stands: the path of the
// .kithignore and the line from 1. For built-in junk file is the root and line
// is zero. ok is false if p is not ignored.
func (r *Rules) Why(p index.Path, dir bool) (pattern string, file index.Path, line int, ok bool) {
	m := r.find(p, dir)
	switch {
	case m == nil:
		return "", index.Path{}, 0, false
	case m.file == junk:
		return m.text, index.Path{}, 0, true
	}
	file, err := m.file.dir.Join(FileName)
	if err != nil {
		file = m.file.dir // its rules came from a deeper place than a path can name
	}
	return m.text, file, m.line, true
}

// find returns why p is ignored, nil if it is not.
func (r *Rules) find(p index.Path, dir bool) *match {
	if p.IsRoot() {
		return nil
	}
	if by := r.above(p.Parent()); by != nil {
		return by
	}
	return r.own(p, dir)
}

// above is find for a directory, which is likely the one it was asked for last.
func (r *Rules) above(dir index.Path) *match {
	if dir.IsRoot() {
		return nil
	}
	if last := r.recent.Load(); last != nil && last.dir == dir {
		return last.by
	}
	by := r.find(dir, true)
	r.recent.Store(&recent{dir, by})
	return by
}

// own judges p alone, as if nothing above it were ignored: the nearest file with
// a pattern that matches decides.
func (r *Rules) own(p index.Path, dir bool) *match {
	if !dir && p.Name() == FileName {
		return nil
	}
	if len(r.files) > 0 {
		for at := p.Parent(); ; at = at.Parent() {
			if f := r.files[at]; f != nil {
				if found := f.last(p, dir); found != nil {
					return ignoredBy(found, f)
				}
			}
			if at.IsRoot() {
				break
			}
		}
	}
	return ignoredBy(junk.last(p, dir), junk)
}

// last returns the last pattern of f that matches p.
func (f *file) last(p index.Path, dir bool) *pattern {
	rel, name := p.String(), p.Name()
	if !f.dir.IsRoot() {
		rel = rel[len(f.dir.String())+1:]
	}
	first, last := name[0], name[len(name)-1]
	for i := len(f.patterns) - 1; i >= 0; i-- {
		if f.ends[i].allow(first, last) && f.patterns[i].matches(rel, name, dir) {
			return &f.patterns[i]
		}
	}
	return nil
}

func ignoredBy(found *pattern, f *file) *match {
	if found == nil || found.negated {
		return nil
	}
	return &match{found, f}
}
