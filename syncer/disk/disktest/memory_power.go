package disktest

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"

	"kith/index"
)

// snapshot is all that lies on the disk at a moment.
type snapshot struct {
	nodes    map[string]*node
	versions []version
	left     map[index.Path]*node
	sum      uint64 // of all that; zero until it is asked for
}

// before notes the state that a change is about to follow. The lock is held.
func (m *Memory) before() {
	if m.opt.Journal {
		m.journal = append(m.journal, snapshot{nodes: maps.Clone(m.nodes), versions: slices.Clip(m.versions), left: maps.Clone(m.left)})
	}
}

// dry makes all durable. The lock is held.
func (m *Memory) dry() {
	m.journal = nil
	for _, n := range m.nodes {
		n.wet = false
	}
}

// Reopen does what opening the folder after the end of a process does: what left
// its place comes back if its successor did not arrive, and drafts are not
// trusted until their bytes are verified.
func (m *Memory) Reopen() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for p, n := range m.left {
		if m.at(p) == nil && m.parentOf(p) == nil && !m.opt.Unfinished {
			m.nodes[m.key(p)] = n
			m.versions = slices.DeleteFunc(slices.Clone(m.versions), func(v version) bool { return v.node == n })
		}
	}
	clear(m.left)
	for _, d := range m.drafts {
		clear(d.have)
	}
}

// PowerCut takes back what was not durable: of the changes since the last flush
// a first part stays, as on a disk with a journal; the bytes of files which a
// person wrote since may be missing, although their names, sizes and times are
// there. pick chooses a number below n.
func (m *Memory) PowerCut(pick func(n int) int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := pick(len(m.journal) + 1); n < len(m.journal) {
		s := m.journal[n]
		m.nodes, m.versions, m.left = s.nodes, s.versions, s.left
	}
	for _, key := range slices.Sorted(maps.Keys(m.nodes)) {
		n := m.nodes[key]
		if !n.wet || len(n.data) == 0 {
			continue
		}
		torn := *n
		switch pick(4) {
		case 0:
			torn.data = make([]byte, len(n.data))
		case 1:
			torn.data = nil
			torn.settle(n.entry.Identity.Modified, n.entry.Identity.Mode, n.entry.Identity.Changed)
		}
		if m.opt.Torn != nil && !bytes.Equal(torn.data, n.data) {
			m.opt.Torn(n.path, n.data)
		}
		m.nodes[key] = &torn
	}
	keys := slices.SortedFunc(maps.Keys(m.drafts), func(a, b draftKey) int {
		if c := a.path.Compare(b.path); c != 0 {
			return c
		}
		return strings.Compare(string(a.root[:]), string(b.root[:]))
	})
	for _, key := range keys {
		if pick(2) == 0 {
			clear(m.drafts[key].data)
		}
	}
	m.dry()
}

// seed is of the hashes below.
var seed = maphash.MakeSeed()

// Left returns, for each number of the changes that may stay, a hash of what PowerCut
// would leave, but for what chance decides about the bytes.
func (m *Memory) Left() []uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	drafts := uint64(0)
	for key, d := range m.drafts {
		drafts += maphash.String(seed, fmt.Sprint(key)) ^ maphash.Bytes(seed, d.data)
	}
	all := make([]uint64, 0, len(m.journal)+1)
	for i := range m.journal {
		s := &m.journal[i]
		if s.sum == 0 {
			s.sum = s.hash()
		}
		all = append(all, drafts+s.sum)
	}
	now := snapshot{nodes: m.nodes, versions: m.versions, left: m.left}
	return append(all, drafts+now.hash())
}

func (s *snapshot) hash() (sum uint64) {
	for _, n := range s.nodes {
		sum += n.hash("lies")
	}
	for _, v := range s.versions {
		sum += v.node.hash(fmt.Sprint(v.kept))
	}
	for p, n := range s.left {
		sum += n.hash("left " + p.String())
	}
	return sum
}

// hash returns a hash of an object, and of what it is.
func (n *node) hash(as string) uint64 {
	return maphash.String(seed, fmt.Sprint(as, n.path, n.wet, n.entry)) ^ maphash.Bytes(seed, n.data)
}

// Copy returns another folder that holds the same, as a backup does.
func (m *Memory) Copy() *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := NewMemory(m.opt)
	c.nodes, c.versions, c.ticks, c.inodes = maps.Clone(m.nodes), slices.Clone(m.versions), m.ticks, m.inodes
	return c
}

// Become makes the folder hold what another one does, every object made anew: a
// backup was played back. Times are those of the backup.
func (m *Memory) Become(backup *Memory) {
	backup.mu.Lock()
	nodes := maps.Clone(backup.nodes)
	backup.mu.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.before()
	touched := map[index.Path]bool{}
	for _, n := range m.nodes {
		touched[n.path] = true
	}
	old := m.nodes
	m.nodes = map[string]*node{}
	for _, key := range slices.Sorted(maps.Keys(nodes)) {
		n := *nodes[key]
		if was := old[key]; was != nil && was.entry.Kind == index.Directory && n.entry.Kind == index.Directory {
			m.nodes[key] = was
			continue
		}
		m.inodes++
		n.entry.Identity.Inode, n.entry.Identity.Changed, n.wet = m.inodes, m.now(), true
		m.nodes[key] = &n
		touched[n.path] = true
	}
	for p := range touched {
		m.hint(p)
	}
}
