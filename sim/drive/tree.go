package drive

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zeebo/blake3"
	"golang.org/x/sync/errgroup"
)

// Entry is what a person can see of one path: all of it must be equal on two
// devices that are in step.
type Entry struct {
	Mode     fs.FileMode // type and permission bits; type alone of a symbolic link
	Size     int64       // bytes, of a regular file
	Modified int64       // ns, of a regular file
	Target   string      // of a symbolic link
	Hash     [32]byte    // BLAKE3 of a regular file's content; zero if it was not read
}

func (e Entry) String() string {
	switch {
	case e.Mode.IsDir():
		return e.Mode.String()
	case e.Mode&fs.ModeSymlink != 0:
		return "link to " + e.Target
	}
	return fmt.Sprintf("%v, %d bytes, mtime %d.%09d, hash %.4x", e.Mode, e.Size, e.Modified/1e9, e.Modified%1e9, e.Hash)
}

// Tree is a folder as a person sees it: entries by their path with slashes.
type Tree map[string]Entry

// A Reading says how a tree is read.
type Reading struct {
	Names bool                   // look at names, sizes and times only: content is not read
	Skip  func(path string) bool // leaves a path and all below it out
}

// OwnFiles tells whether a path is the bookkeeping which a sync program keeps in
// the root of a folder.
func OwnFiles(path string) bool { return path == ".kith" || path == ".stfolder" }

// ReadTree reads the folder at root, without the programs' own bookkeeping.
func ReadTree(root string, how Reading) (Tree, error) {
	tree := Tree{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == root {
			return err
		}
		rel := filepath.ToSlash(strings.TrimPrefix(name, root+string(filepath.Separator)))
		if OwnFiles(rel) || how.Skip != nil && how.Skip(rel) {
			return skip(d)
		}
		entry, err := look(name, d)
		tree[rel] = entry
		return err
	})
	if err == nil && !how.Names {
		err = tree.hash(root)
	}
	if err != nil {
		return nil, fmt.Errorf("read tree %s: %w", root, err)
	}
	return tree, nil
}

func skip(d fs.DirEntry) error {
	if d.IsDir() {
		return fs.SkipDir
	}
	return nil
}

func look(name string, d fs.DirEntry) (Entry, error) {
	info, err := d.Info()
	if err != nil {
		return Entry{}, err
	}
	switch {
	case info.Mode().IsRegular():
		return Entry{Mode: info.Mode(), Size: info.Size(), Modified: info.ModTime().UnixNano()}, nil
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(name)
		return Entry{Mode: fs.ModeSymlink, Target: target}, err
	}
	return Entry{Mode: info.Mode()}, nil
}

// hashers is how many files are read at once.
const hashers = 4

// hash reads the content of every regular file of the tree.
func (t Tree) hash(root string) error {
	names := slices.Collect(maps.Keys(t))
	sums := make([]Entry, len(names))
	var g errgroup.Group
	g.SetLimit(hashers)
	for i, name := range names {
		sums[i] = t[name]
		if !sums[i].Mode.IsRegular() {
			continue
		}
		g.Go(func() (err error) {
			sums[i].Hash, err = HashFile(filepath.Join(root, filepath.FromSlash(name)))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i, name := range names {
		t[name] = sums[i]
	}
	return nil
}

// HashFile returns the BLAKE3-256 of a file's content.
func HashFile(name string) (sum [32]byte, err error) {
	f, err := os.Open(name)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := blake3.New()
	if _, err := io.CopyBuffer(h, struct{ io.Reader }{f}, make([]byte, 256<<10)); err != nil {
		return sum, err
	}
	h.Sum(sum[:0])
	return sum, nil
}

// Files counts the regular files and their bytes.
func (t Tree) Files() (files int, size int64) {
	for _, e := range t {
		if e.Mode.IsRegular() {
			files++
			size += e.Size
		}
	}
	return files, size
}

// Diff returns one line for every path in which the trees differ, in order.
func (t Tree) Diff(u Tree) []string {
	var lines []string
	for name, e := range t {
		f, ok := u[name]
		switch {
		case !ok:
			lines = append(lines, fmt.Sprintf("%q: only in the first (%v)", name, e))
		case e != f:
			lines = append(lines, fmt.Sprintf("%q: first %v; second %v", name, e, f))
		}
	}
	for name, f := range u {
		if _, ok := t[name]; !ok {
			lines = append(lines, fmt.Sprintf("%q: only in the second (%v)", name, f))
		}
	}
	slices.Sort(lines)
	return lines
}

// Same compares two folders byte for byte. Its error lists up to twenty
// differences.
func Same(a, b string, how Reading) error {
	first, err := ReadTree(a, how)
	if err != nil {
		return err
	}
	second, err := ReadTree(b, how)
	if err != nil {
		return err
	}
	return DiffError(first.Diff(second))
}

// DiffError makes an error of the lines of a Diff, nil if there are none.
func DiffError(lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	shown := lines[:min(20, len(lines))]
	return errors.New(fmt.Sprintf("the trees differ in %d paths:\n  ", len(lines)) + strings.Join(shown, "\n  "))
}
