package disk

import (
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"kith/index"
)

// model is a small file system: what lies on a disk, object by object. It knows
// nothing of Kith's. Models share the objects in which they are the same.
type model struct {
	nodes []*node // by a number that an object has for ever; nil if it is not made yet
	own   []bool  // by number: no other model shares it
}

type node struct {
	kind    index.Kind
	data    []byte
	target  string
	mode    uint32
	time    int64
	entries map[string]int

	sum uint64 // of all that, but for time and entries; 0 if it is not known
}

const top = 1 // the number of the directory on top

// loadModel reads what lies in a directory, but for what has one of the names.
func loadModel(root string, but ...string) (*model, error) {
	l := loader{model: &model{nodes: []*node{nil}}, known: map[uint64]int{}, but: but}
	_, err := l.load(unix.AT_FDCWD, root)
	return l.model, err
}

// loader reads a disk. It is most of what it takes to judge a state.
type loader struct {
	*model
	known map[uint64]int // by inode
	but   []string
	list  [4096]byte // what a directory lists
}

// load reads what has a name in a directory that is open, and returns its number.
func (l *loader) load(dir int, name string) (int, error) {
	var s unix.Stat_t
	if err := unix.Fstatat(dir, name, &s, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return 0, err
	}
	if id, ok := l.known[s.Ino]; ok {
		return id, nil
	}
	id := len(l.nodes)
	n := &node{kind: kindOf(s.Mode), mode: s.Mode & 0o777, time: s.Mtim.Nano()}
	l.known[s.Ino] = id
	l.nodes = append(l.nodes, n)
	var err error
	switch n.kind {
	case index.Regular:
		n.data, err = readAll(dir, name, int(s.Size))
	case index.Symlink:
		target := make([]byte, s.Size)
		_, err = unix.Readlinkat(dir, name, target)
		n.target = string(target)
	case index.Directory:
		n.entries, err = l.entries(dir, name)
	}
	return id, err
}

// entries reads all that lies in a directory.
func (l *loader) entries(dir int, name string) (map[string]int, error) {
	fd, err := unix.Openat(dir, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	var names []string
	for {
		n, err := unix.ReadDirent(fd, l.list[:])
		if err != nil {
			return nil, err
		}
		if n == 0 {
			break
		}
		_, _, names = unix.ParseDirent(l.list[:n], -1, names)
	}
	slices.Sort(names)
	entries := map[string]int{}
	for _, name := range names {
		if slices.Contains(l.but, name) {
			continue
		}
		if entries[name], err = l.load(fd, name); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// readAll reads a file of a size that nobody writes to.
func readAll(dir int, name string, size int) ([]byte, error) {
	fd, err := unix.Openat(dir, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	data := make([]byte, size)
	n, err := unix.Read(fd, data)
	if err == nil && n < size {
		err = fmt.Errorf("%s: %d bytes of %d", name, n, size)
	}
	return data, err
}

// clone returns the same once more. What is changed in one is not in the other.
func (m *model) clone() *model {
	clear(m.own)
	return &model{nodes: slices.Clone(m.nodes)}
}

// node returns an object; nil if there is none of that number.
func (m *model) node(id int) *node {
	if id >= len(m.nodes) {
		return nil
	}
	return m.nodes[id]
}

// change returns an object of this model alone; nil if there is none.
func (m *model) change(id int) *node {
	n := m.node(id)
	if n == nil || id < len(m.own) && m.own[id] {
		return n
	}
	twin := *n // data is never changed in place
	twin.entries = maps.Clone(n.entries)
	m.set(id, &twin)
	return &twin
}

// set puts an object of this model alone under a number.
func (m *model) set(id int, n *node) {
	for len(m.nodes) <= id {
		m.nodes = append(m.nodes, nil)
	}
	for len(m.own) < len(m.nodes) {
		m.own = append(m.own, false)
	}
	m.nodes[id], m.own[id] = n, true
}

// find returns the number of what lies at a path with slashes; 0 if nothing does.
func (m *model) find(path string) int {
	id := top
	if path == "" {
		return id
	}
	for name := range strings.SplitSeq(path, "/") {
		n := m.node(id)
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
	dir, to, n := m.node(c.dir), m.node(c.to), m.node(c.node)
	switch c.verb {
	case "create", "mkdir", "symlink":
		if dir == nil || dir.entries[c.name] != 0 {
			return false
		}
		made := c.made
		if made.kind == index.Directory {
			made.entries = map[string]int{}
		}
		m.set(c.node, &made)
		m.change(c.dir).entries[c.name] = c.node
	case "write", "truncate", "touch", "chmod":
		if n == nil {
			return false
		}
		m.change(c.node).change(c)
	case "unlink", "rmdir":
		if dir == nil || dir.entries[c.name] != c.node || n == nil || len(n.entries) > 0 {
			return false
		}
		delete(m.change(c.dir).entries, c.name)
	case "link", "rename new", "rename", "exchange":
		if dir == nil || to == nil || dir.entries[c.name] != c.node || c.node == 0 || to.entries[c.as] != c.replaced {
			return false
		}
		dir = m.change(c.dir)
		to = m.change(c.to)
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
	n.sum = 0
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

// key is the same for models that hold the same: by path, kinds, permissions and
// contents, and of files the time and which of them are one.
func (m *model) key() (sum uint64) {
	m.each(top, "", func(path string, id int, n *node) {
		h := keyOf(path) + n.key()*31
		if n.kind == index.Regular {
			h = (h^uint64(id))*0x9e3779b97f4a7c15 ^ uint64(n.time)
		}
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		sum = sum*0x94d049bb133111eb + (h ^ h>>27)
	})
	return sum
}

var keySeed = maphash.MakeSeed()

func keyOf(text string) uint64 { return maphash.String(keySeed, text) }

func (n *node) key() uint64 {
	if n.sum == 0 {
		n.sum = keyOf(fmt.Sprintf("%d %o %q ", n.kind, n.mode, n.target))*31 + maphash.Bytes(keySeed, n.data) | 1
	}
	return n.sum
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
