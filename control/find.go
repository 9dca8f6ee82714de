package control

import (
	"path/filepath"
	"slices"
	"strings"

	"kith/index"
)

// minID is how many letters of an ID say which one is meant.
const minID = 4

// candidate is something a person may mean by a word.
type candidate[T any] struct {
	value    T
	name, id string
}

// choose returns what a word means: a name, else a name in other case, else the
// start of an ID. A word that means several things is a fault that lists them.
func choose[T any](what, word string, all []candidate[T]) (T, error) {
	var none T
	for _, fits := range []func(c candidate[T]) bool{
		func(c candidate[T]) bool { return c.name == word },
		func(c candidate[T]) bool { return strings.EqualFold(c.name, word) },
		func(c candidate[T]) bool {
			return len(word) >= minID && strings.HasPrefix(c.id, strings.ToLower(word))
		},
	} {
		var hits []candidate[T]
		for _, c := range all {
			if fits(c) {
				hits = append(hits, c)
			}
		}
		if len(hits) == 1 {
			return hits[0].value, nil
		}
		if len(hits) > 1 {
			return none, usage("%q means several %ss: %s", word, what, listed(hits)).
				Hint("say the start of its ID instead")
		}
	}
	if len(all) == 0 {
		return none, failed("there is no %s %q, nor any other", what, word)
	}
	return none, failed("there is no %s %q, only %s", what, word, listed(all))
}

func listed[T any](all []candidate[T]) string {
	names := make([]string, 0, len(all))
	for _, c := range all {
		names = append(names, c.name+" ("+c.id[:8]+")")
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// findFolder returns the folder that a word means: by its name, its ID, or a
// path on disk in it.
func findFolder(s *Settings, cwd, word string) (*Shared, error) {
	all := make([]candidate[*Shared], 0, len(s.Folders))
	for i := range s.Folders {
		f := &s.Folders[i]
		all = append(all, candidate[*Shared]{f, f.Name, f.ID.String()})
	}
	if word == "" {
		return nil, usage("no folder given")
	}
	f, err := choose("folder", word, all)
	if err == nil {
		return f, nil
	}
	path := absolute(cwd, word)
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	for i := range s.Folders {
		if filepath.IsAbs(path) && within(path, s.Folders[i].Dir) {
			return &s.Folders[i], nil
		}
	}
	return nil, err
}

// findPath returns the path in a folder that a person means: relative to the
// folder, or a path on disk in it.
func findPath(f *Shared, word string) (index.Path, error) {
	if filepath.IsAbs(word) {
		rel, err := filepath.Rel(f.Dir, word)
		if err != nil || !within(word, f.Dir) {
			return index.Path{}, usage("%s does not lie in %s", word, f.Dir)
		}
		word = rel
	}
	word = strings.Trim(filepath.ToSlash(filepath.Clean(word)), "/")
	if word == "." || word == "" {
		return index.Path{}, nil
	}
	p, err := index.ParsePath(word)
	if err != nil {
		return index.Path{}, usage("%v", err)
	}
	return p, nil
}
