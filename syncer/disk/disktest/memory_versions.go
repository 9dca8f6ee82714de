package disktest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"kith/index"
)

// keep makes an object an earlier version of its path. The lock is held.
func (m *Memory) keep(n *node) {
	if m.opt.Kept != nil {
		m.opt.Kept(n.path, n.content())
	}
	at := m.now()
	m.versions = append(m.versions, version{index.Kept{
		ID: fmt.Sprintf("%d-%d", at, len(m.versions)+1), Path: n.path, Kind: n.entry.Kind,
		Size: n.entry.Size, Modified: n.entry.Modified, Replaced: at, Inode: n.entry.Identity.Inode,
	}, n})
}

// Versions lists the earlier versions at and below a path, the latest first.
func (m *Memory) Versions(p index.Path) ([]index.Kept, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []index.Kept
	for _, v := range slices.Backward(m.versions) {
		if v.kept.Path.Within(p) {
			out = append(out, v.kept)
		}
	}
	slices.SortStableFunc(out, func(a, b index.Kept) int { return cmp.Compare(b.Replaced, a.Replaced) })
	return out, m.fail("versions", p)
}

func (m *Memory) find(k index.Kept) (*node, error) {
	for _, v := range m.versions {
		if v.kept.ID == k.ID && v.kept.Path == k.Path {
			return v.node, nil
		}
	}
	return nil, fmt.Errorf("earlier version %s of %s: %w", k.ID, k.Path, fs.ErrNotExist)
}

// Restore copies an earlier version back into the tree.
func (m *Memory) Restore(k index.Kept, to index.Path) error {
	if to.IsRoot() {
		to = k.Path
	}
	if up := to.Parent(); !up.IsRoot() {
		if err := m.Mkdir(up.String()); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fail("restore", to); err != nil {
		return err
	}
	old, err := m.find(k)
	if err != nil {
		return err
	}
	m.before()
	if n := m.at(to); n != nil {
		if n.entry.Kind == index.Directory {
			return fmt.Errorf("restore %s: a directory lies there", to)
		}
		m.keep(n)
	}
	n := m.fresh(old.entry.Kind)
	n.data, n.entry.Target = old.data, old.entry.Target
	n.settle(old.entry.Modified, old.entry.Identity.Mode, m.now())
	delete(m.nodes, m.key(to))
	m.put(to, n)
	return nil
}

// Export copies an earlier version out.
func (m *Memory) Export(k index.Kept, w io.Writer) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, err := m.find(k)
	if err != nil {
		return err
	}
	_, err = w.Write(n.content())
	return err
}

// content is the bytes of a file, or the target of a link.
func (n *node) content() []byte {
	if n.entry.Kind == index.Symlink {
		return []byte(n.entry.Target)
	}
	return n.data
}

// Thin keeps the earlier versions of the last 30 days.
func (m *Memory) Thin(_ context.Context, now int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.versions = slices.DeleteFunc(slices.Clone(m.versions), func(v version) bool {
		return time.Duration(now-v.kept.Replaced) > 30*24*time.Hour
	})
	return m.fail("thin", index.Path{})
}

// hint tells all who watch. The lock is held.
func (m *Memory) hint(p index.Path) {
	for ch := range m.hints {
		select {
		case ch <- p:
		default: // the watcher is behind: it finds the channel full and looks everywhere
		}
	}
}

// watchDelay is the quiet time before changes are told.
const watchDelay = 60 * time.Millisecond

// LateEdits implements Tree: nobody here has a file open.
func (m *Memory) LateEdits() []index.Path { return nil }

// Watch hints at what changed.
func (m *Memory) Watch(ctx context.Context, skip func(p index.Path, dir bool) bool, _ <-chan struct{}, hint func(paths []index.Path, everything bool)) error {
	ch := make(chan index.Path, 1024) // more at once are a reason to look everywhere
	m.mu.Lock()
	err := m.fail("watch", index.Path{})
	m.hints[ch] = true
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		delete(m.hints, ch)
		m.mu.Unlock()
	}()
	if err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case p := <-ch:
			paths := []index.Path{p}
			quiet := time.After(watchDelay)
		collect:
			for {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case p := <-ch:
					paths = append(paths, p)
				case <-quiet:
					break collect
				}
			}
			slices.SortFunc(paths, index.Path.Compare)
			paths = slices.Compact(paths)
			paths = slices.DeleteFunc(paths, func(p index.Path) bool { return skip != nil && skip(p, false) })
			if len(paths) > 0 {
				hint(paths, len(paths) >= cap(ch))
			}
		}
	}
}
