package disktest

import (
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"kith/index"
)

// put places an object as a person's program does. The lock is held.
func (m *Memory) put(p index.Path, n *node) {
	p = m.beside(m.spelled(p))
	if old := m.at(p); old != nil {
		p = old.path // the disk keeps the spelling it has
	}
	n.path = p
	m.nodes[m.key(p)] = n
	m.hint(p)
}

// beside spells the directories above a path as the disk has them.
func (m *Memory) beside(p index.Path) index.Path {
	up := m.at(p.Parent())
	if up == nil || up.path == p.Parent() {
		return p
	}
	q, err := up.path.Join(p.Name())
	if err != nil {
		return p
	}
	return q
}

// fresh makes an object with an inode and times of its own. The lock is held.
func (m *Memory) fresh(kind index.Kind) *node {
	m.inodes++
	at := m.now()
	n := &node{}
	n.entry.Kind = kind
	n.entry.Identity = index.Identity{Inode: m.inodes, Modified: at, Changed: at}
	return n
}

// settle makes an entry agree with its identity and data.
func (n *node) settle(modified int64, mode uint32, changed int64) {
	e := &n.entry
	e.Identity.Size, e.Identity.Modified, e.Identity.Changed, e.Identity.Mode = int64(len(n.data)), modified, changed, mode
	switch e.Kind {
	case index.Regular:
		e.Size, e.Modified, e.Mode = e.Identity.Size, modified, mode
	case index.Symlink:
		e.Modified = modified
	case index.Directory:
		e.Mode = mode
	}
}

// person runs an action of the person's on a path.
func (m *Memory) person(path string, fn func(p index.Path) error) error {
	p, err := index.ParsePath(path)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if up := p.Parent(); !up.IsRoot() && (m.at(up) == nil || m.at(up).entry.Kind != index.Directory) {
		return fmt.Errorf("%s: %w", up, fs.ErrNotExist)
	}
	m.before()
	return fn(p)
}

// Write saves a file in place.
func (m *Memory) Write(path string, data []byte) error {
	return m.person(path, func(p index.Path) error {
		n, mode := m.at(p), uint32(0o644)
		fresh := m.fresh(index.Regular)
		if n != nil {
			if n.entry.Kind != index.Regular {
				return fmt.Errorf("%s is a %s", p, n.entry.Kind)
			}
			fresh.entry.Identity.Inode, mode = n.entry.Identity.Inode, n.entry.Mode
		}
		fresh.data, fresh.wet = append([]byte(nil), data...), true
		fresh.settle(fresh.entry.Identity.Modified, mode, fresh.entry.Identity.Changed)
		m.put(p, fresh)
		return nil
	})
}

// Read reads a file.
func (m *Memory) Read(path string) (data []byte, err error) {
	err = m.person(path, func(p index.Path) error {
		n := m.at(p)
		if n == nil || n.entry.Kind != index.Regular {
			return fmt.Errorf("%s: %w", p, fs.ErrNotExist)
		}
		data = append([]byte(nil), n.data...)
		return nil
	})
	return data, err
}

// Mkdir makes a directory and those above it.
func (m *Memory) Mkdir(path string) error {
	for i := range path + "/" {
		if i < len(path) && path[i] != '/' {
			continue
		}
		err := m.person(path[:i], func(p index.Path) error {
			if n := m.at(p); n != nil {
				if n.entry.Kind != index.Directory {
					return fmt.Errorf("%s: %w", p, errNotDirectory)
				}
				return nil
			}
			n := m.fresh(index.Directory)
			n.settle(n.entry.Identity.Modified, 0o755, n.entry.Identity.Changed)
			m.put(p, n)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Symlink makes a link.
func (m *Memory) Symlink(target, path string) error {
	return m.person(path, func(p index.Path) error {
		if m.at(p) != nil {
			return fmt.Errorf("%s: %w", p, fs.ErrExist)
		}
		n := m.fresh(index.Symlink)
		n.entry.Target = target
		n.settle(n.entry.Identity.Modified, 0o777, n.entry.Identity.Changed)
		m.put(p, n)
		return nil
	})
}

// Rename moves an object and all below it, replacing a file.
func (m *Memory) Rename(from, to string) error {
	return m.person(to, func(q index.Path) error {
		p, err := index.ParsePath(from)
		if err != nil {
			return err
		}
		n := m.at(p)
		if n == nil {
			return fmt.Errorf("%s: %w", p, fs.ErrNotExist)
		}
		if there := m.at(q); there != nil && there != n && (there.entry.Kind == index.Directory || n.entry.Kind == index.Directory) {
			return fmt.Errorf("%s: %w", q, fs.ErrExist)
		}
		if at := m.beside(m.spelled(q)); at != n.path && at.Within(n.path) {
			return fmt.Errorf("%s: %w", q, syscall.EINVAL) // into itself, perhaps by another spelling
		}
		m.relocate(n, q)
		return nil
	})
}

// relocate gives an object, and all below it, another path. The lock is held.
func (m *Memory) relocate(n *node, to index.Path) {
	from, to := n.path, m.beside(m.spelled(to))
	var all []*node
	for _, o := range m.nodes {
		if o.path.Within(from) {
			all = append(all, o)
		}
	}
	for _, o := range all {
		delete(m.nodes, m.key(o.path))
	}
	at := m.now()
	for _, o := range all {
		moved := *o
		moved.path = index.MustPath(to.String() + strings.TrimPrefix(o.path.String(), from.String()))
		if o == n {
			moved.entry.Identity.Changed = at
		}
		m.nodes[m.key(moved.path)] = &moved
	}
	m.hint(from)
	m.hint(to)
}

// Remove removes an object and all below it.
func (m *Memory) Remove(path string) error {
	return m.person(path, func(p index.Path) error {
		if n := m.at(p); n != nil {
			p = n.path
		}
		for key, n := range m.nodes {
			if n.path.Within(p) {
				delete(m.nodes, key)
			}
		}
		m.hint(p)
		return nil
	})
}

// Chmod sets permission bits.
func (m *Memory) Chmod(path string, mode uint32) error {
	return m.alter(path, func(n *node, at int64) { n.settle(n.entry.Identity.Modified, mode, at) })
}

// Touch sets the time of a file.
func (m *Memory) Touch(path string, modified int64) error {
	return m.alter(path, func(n *node, at int64) { n.settle(m.coarse(modified), n.entry.Identity.Mode, at) })
}

func (m *Memory) alter(path string, fn func(n *node, at int64)) error {
	return m.person(path, func(p index.Path) error {
		n := m.at(p)
		if n == nil {
			return fmt.Errorf("%s: %w", p, fs.ErrNotExist)
		}
		altered := *n
		fn(&altered, m.now())
		m.put(p, &altered)
		return nil
	})
}
