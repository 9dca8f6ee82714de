package disk

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"kith/index"
)

// model is a small file system: what lies on a disk, object by object. It knows
// nothing of Kith's.
type model struct {
	nodes map[int]*node // by a number that an object has for ever
}

type node struct {
	kind    index.Kind
	data    []byte
	target  string
	mode    uint32
	time    int64
	entries map[string]int
}

const top = 1 // the number of the directory on top

// loadModel reads what lies in a directory, but for what has one of the names.
func loadModel(root string, but ...string) (*model, error) {
	m := &model{nodes: map[int]*node{}}
	known := map[uint64]int{}
	var load func(path string) (int, error)
	load = func(path string) (int, error) {
		var s unix.Stat_t
		if err := unix.Lstat(path, &s); err != nil {
			return 0, err
		}
		if id, ok := known[s.Ino]; ok {
			return id, nil
		}
		id := len(m.nodes) + 1
		n := &node{kind: kindOf(s.Mode), mode: s.Mode & 0o777, time: s.Mtim.Nano()}
		m.nodes[id], known[s.Ino] = n, id
		var err error
		switch n.kind {
		case index.Regular:
			n.data, err = os.ReadFile(path)
		case index.Symlink:
			n.target, err = os.Readlink(path)
		case index.Directory:
			n.entries = map[string]int{}
			var list []fs.DirEntry
			if list, err = os.ReadDir(path); err != nil {
				return 0, err
			}
			for _, e := range list {
				if slices.Contains(but, e.Name()) {
					continue
				}
				if n.entries[e.Name()], err = load(filepath.Join(path, e.Name())); err != nil {
					return 0, err
				}
			}
		}
		return id, err
	}
	_, err := load(root)
	return m, err
}

func (m *model) clone() *model {
	c := &model{nodes: make(map[int]*node, len(m.nodes)+4)}
	for id, n := range m.nodes {
		twin := *n // data is never changed in place
		twin.entries = maps.Clone(n.entries)
		c.nodes[id] = &twin
	}
	return c
}

// find returns the number of what lies at a path with slashes; 0 if nothing does.
func (m *model) find(path string) int {
	id := top
	if path == "" {
		return id
	}
	for name := range strings.SplitSeq(path, "/") {
		n := m.nodes[id]
		if n == nil || n.entries == nil {
			return 0
		}
		id = n.entries[name]
	}
	return id
}

// mutation is one operation that changes a disk, or makes changes durable.
type mutation struct {
	verb           string
	dir, to        int // directories
	name, as       string
	node, replaced int // what is concerned, and what its new name had
	made           node
	off            int64
	data           []byte
	mode           uint32
	time           int64
}

// apply makes a change, if what it is about is as it was when it was recorded.
func (m *model) apply(c mutation) bool {
	dir, to, n := m.nodes[c.dir], m.nodes[c.to], m.nodes[c.node]
	switch c.verb {
	case "create", "mkdir", "symlink":
		if dir == nil || dir.entries[c.name] != 0 {
			return false
		}
		made := c.made
		if made.kind == index.Directory {
			made.entries = map[string]int{}
		}
		m.nodes[c.node], dir.entries[c.name] = &made, c.node
	case "write", "truncate", "touch", "chmod":
		if n == nil {
			return false
		}
		n.change(c)
	case "unlink", "rmdir":
		if dir == nil || dir.entries[c.name] != c.node || n == nil || len(n.entries) > 0 {
			return false
		}
		delete(dir.entries, c.name)
	case "link", "rename new", "rename", "exchange":
		if dir == nil || to == nil || dir.entries[c.name] != c.node || c.node == 0 || to.entries[c.as] != c.replaced {
			return false
		}
		if c.verb != "link" {
			delete(dir.entries, c.name)
		}
		if to.entries[c.as] = c.node; c.verb == "exchange" {
			dir.entries[c.name] = c.replaced
		}
	}
	return true
}

func (n *node) change(c mutation) {
	switch c.verb {
	case "write":
		size := max(len(n.data), int(c.off)+len(c.data))
		data := make([]byte, size)
		copy(data, n.data)
		copy(data[c.off:], c.data)
		n.data = data
	case "truncate":
		data := make([]byte, c.off)
		copy(data, n.data)
		n.data = data
	case "touch":
		n.time = c.time
	case "chmod":
		n.mode = c.mode
	}
}

// each calls fn for all that lies below a directory, in order.
func (m *model) each(id int, path string, fn func(path string, id int, n *node)) {
	d := m.nodes[id]
	for _, name := range slices.Sorted(maps.Keys(d.entries)) {
		child := d.entries[name]
		p := strings.TrimPrefix(path+"/"+name, "/")
		fn(p, child, m.nodes[child])
		if m.nodes[child].kind == index.Directory {
			m.each(child, p, fn)
		}
	}
}

// text describes all of it.
func (m *model) text() string {
	var b strings.Builder
	m.each(top, "", func(path string, id int, n *node) {
		fmt.Fprintf(&b, "%s %d %o %q %s", path, n.kind, n.mode, n.target, n.data)
		if n.kind == index.Regular {
			fmt.Fprintf(&b, " %d %d", id, n.time)
		}
		b.WriteByte('\n')
	})
	return b.String()
}

// same reports how two differ in names, kinds and contents; empty if they do not.
func (m *model) differs(o *model) string {
	ours, theirs := m.contents(), o.contents()
	for p, text := range ours {
		if theirs[p] != text {
			return fmt.Sprintf("%s: %.60q and %.60q", p, text, theirs[p])
		}
	}
	for p := range theirs {
		if _, ok := ours[p]; !ok {
			return fmt.Sprintf("%s: missing and %.60q", p, theirs[p])
		}
	}
	return ""
}

func (m *model) contents() map[string]string {
	all := map[string]string{}
	m.each(top, "", func(path string, _ int, n *node) { all[path] = n.content() })
	return all
}

func (n *node) content() string {
	switch n.kind {
	case index.Directory:
		return "directory"
	case index.Symlink:
		return "link " + n.target
	}
	return "file " + string(n.data)
}

// build makes a directory that holds the same.
func (m *model) build(root string) error {
	if err := unix.Mkdir(root, 0o755); err != nil {
		return err
	}
	first := map[int]string{}
	var err error
	m.each(top, "", func(path string, id int, n *node) {
		if err != nil {
			return
		}
		at := root + "/" + path
		if twin, ok := first[id]; ok {
			err = unix.Link(twin, at)
			return
		}
		first[id] = at
		err = n.build(at)
	})
	return err
}

func (n *node) build(at string) error {
	switch n.kind {
	case index.Directory:
		return unix.Mkdir(at, n.mode|0o700)
	case index.Symlink:
		return unix.Symlink(n.target, at)
	}
	fd, err := unix.Open(at, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL, n.mode)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if _, err := unix.Write(fd, n.data); err != nil {
		return err
	}
	if err := unix.Fchmod(fd, n.mode); err != nil {
		return err
	}
	return unix.UtimesNanoAt(unix.AT_FDCWD, at, times(n.time), 0)
}
