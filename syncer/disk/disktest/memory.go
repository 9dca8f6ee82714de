// Package disktest proves trees on disk, and stands in for them: a conformance
// script for every syncer.Tree, and a Tree in memory whose person, clock and
// faults are the test's to command.
package disktest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"

	"kith/index"
	"kith/syncer"
	"kith/syncer/plan"
)

// Options say how a Memory behaves. The zero value is a plain disk.
type Options struct {
	// Device is the name that stands in the names of conflict copies.
	Device string
	// Clock tells the time in ns. Without one, time goes on by a millisecond
	// with every change.
	Clock func() int64
	// CaseBlind takes names that differ in case only, or in the form of their
	// characters, for one.
	CaseBlind bool
	// Respells keeps every name in decomposed form, whatever form it was given in.
	Respells bool
	// NoExchange replaces a file in two steps: it leaves, then the new one arrives.
	NoExchange bool
	// Grain is how finely times are kept, in ns; zero for exactly.
	Grain int64
	// Wet and Unfinished are flaws: Put makes nothing durable; what left its place
	// when a crash kept its successor away does not come back.
	Wet, Unfinished bool
	// Journal remembers what is not durable yet, for PowerCut.
	Journal bool
	// Fail, if set, is asked before every operation of the tree, and its error is
	// what the operation fails with. The names of operations are those of
	// syncer.Tree's methods in lower case; within Put, "put" is asked for each step.
	Fail func(op string, p index.Path) error
	// Gap, if set, is called in the middle of each step of Put: after what it builds
	// on was verified, and, without exchange, while nothing lies at the path. It may
	// do what a person does. Its error ends the step there.
	Gap func(p index.Path) error
	// Placed, if set, is told of all content that the tree itself put at a path, and
	// Kept of all that it made an earlier version. They must not call the Memory.
	Placed, Kept func(p index.Path, data []byte)
	// Torn, if set, is told of each file of which a power cut leaves other bytes than it
	// had. It must not call the Memory.
	Torn func(p index.Path, data []byte)
}

// Memory is a folder in memory: a syncer.Tree, and the Person who works in it.
type Memory struct {
	opt Options

	mu       sync.Mutex // guards all below
	nodes    map[string]*node
	drafts   map[draftKey]*draft
	versions []version
	ticks    int64
	inodes   uint64
	gone     error // why the folder is unavailable
	hints    map[chan index.Path]bool
	left     map[index.Path]*node // what left its place, as long as its successor has not arrived
	journal  []snapshot           // the state before each change that is not durable yet
}

var _ syncer.Tree = (*Memory)(nil)
var _ Person = (*Memory)(nil)

// node is an object. It is never changed in place but by its person.
type node struct {
	path  index.Path
	entry index.Entry // Path is left out
	data  []byte
	wet   bool // its bytes are not durable yet
}

type version struct {
	kept index.Kept
	node *node
}

// NewMemory returns an empty folder.
func NewMemory(opt Options) *Memory {
	return &Memory{
		opt: opt, nodes: map[string]*node{}, drafts: map[draftKey]*draft{},
		hints: map[chan index.Path]bool{}, left: map[index.Path]*node{},
	}
}

// SetAvailable takes the folder away with a reason, or brings it back with nil.
func (m *Memory) SetAvailable(reason error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gone = reason
}

func (m *Memory) now() int64 {
	if m.opt.Clock != nil {
		return m.coarse(m.opt.Clock())
	}
	m.ticks++
	return 1_700_000_000_000_000_000 + m.ticks*1_000_000
}

// coarse is a time as the disk keeps it.
func (m *Memory) coarse(at int64) int64 {
	if m.opt.Grain > 1 {
		return at - at%m.opt.Grain
	}
	return at
}

func (m *Memory) key(p index.Path) string {
	switch {
	case m.opt.CaseBlind:
		return p.Fold()
	case m.opt.Respells:
		return norm.NFC.String(p.String())
	}
	return p.String()
}

// spelled is a path as the disk keeps it.
func (m *Memory) spelled(p index.Path) index.Path {
	if !m.opt.Respells || p.IsRoot() {
		return p
	}
	q, err := index.ParsePath(norm.NFD.String(p.String()))
	if err != nil {
		return p // decomposed, it would be too long
	}
	return q
}

// at returns the object that the disk has for a path, by any spelling.
func (m *Memory) at(p index.Path) *node { return m.nodes[m.key(p)] }

// exactly returns the object at a path as it is spelled.
func (m *Memory) exactly(p index.Path) *node {
	if n := m.at(p); n != nil && n.path == p {
		return n
	}
	return nil
}

func (m *Memory) fail(op string, p index.Path) error {
	if m.gone != nil {
		return fmt.Errorf("%w: %w", plan.ErrUnavailable, m.gone)
	}
	if m.opt.Fail != nil {
		return m.opt.Fail(op, p)
	}
	return nil
}

// Check says why the folder is unavailable.
func (m *Memory) Check() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.fail("check", index.Path{})
}

// Now returns the time of the disk's clock.
func (m *Memory) Now() (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fail("now", index.Path{}); err != nil {
		return 0, err
	}
	return m.now(), nil
}

// Walk calls fn for what lies at and below a path. fn may call the Memory.
func (m *Memory) Walk(ctx context.Context, under index.Path, skip func(p index.Path, dir bool) bool, fn func(index.Entry) error) error {
	entries, err := m.list(under)
	if err != nil {
		return err
	}
	var left index.Path // a directory that is not entered
	for _, e := range entries {
		if !left.IsRoot() && e.Path.Within(left) {
			continue
		}
		if skip != nil && skip(e.Path, e.Kind == index.Directory) {
			left = e.Path
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if e.Err != nil {
			left = e.Path
		}
		if err := fn(e); err != nil {
			return err
		}
	}
	return m.Check()
}

func (m *Memory) list(under index.Path) ([]index.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fail("walk", under); err != nil {
		return nil, err
	}
	var entries []index.Entry
	for _, n := range m.nodes {
		if !n.path.Within(under) {
			continue
		}
		e := n.look()
		if e.Err == nil && m.opt.Fail != nil {
			e.Err = m.opt.Fail("look", n.path)
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b index.Entry) int { return a.Path.Compare(b.Path) })
	return entries, nil
}

func (n *node) look() index.Entry {
	e := n.entry
	e.Path = n.path
	return e
}

// StatAll looks at single paths.
func (m *Memory) StatAll(paths []index.Path, fn func(i int, e index.Entry, err error)) {
	for i, p := range paths {
		e, err := m.Stat(p)
		fn(i, e, err)
	}
}

// Stat looks at one path.
func (m *Memory) Stat(p index.Path) (index.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fail("stat", p); err != nil {
		return index.Entry{}, err
	}
	n := m.exactly(p)
	if n == nil {
		return index.Entry{}, fmt.Errorf("look at %s: %w", p, fs.ErrNotExist)
	}
	return n.look(), nil
}

// Crowded reports whether something lies at another path that the disk takes for p.
func (m *Memory) Crowded(p index.Path) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at(p) != nil && m.exactly(p) == nil
}

// Flush makes all durable that lies in the folder.
func (m *Memory) Flush(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fail("flush", index.Path{}); err != nil {
		return err
	}
	m.dry()
	return nil
}

// Close has nothing to do.
func (m *Memory) Close() error { return nil }

// children returns the paths right below p, in order.
func (m *Memory) children(p index.Path) []index.Path {
	var out []index.Path
	for _, n := range m.nodes {
		if n.path != p && m.key(n.path.Parent()) == m.key(p) {
			out = append(out, n.path)
		}
	}
	slices.SortFunc(out, index.Path.Compare)
	return out
}

// Files returns the content of all files by their paths, and the targets of
// links after an arrow: what a test compares.
func (m *Memory) Files() map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]string{}
	for n := range maps.Values(m.nodes) {
		switch n.entry.Kind {
		case index.Regular:
			out[n.path.String()] = string(n.data)
		case index.Symlink:
			out[n.path.String()] = "-> " + n.entry.Target
		}
	}
	return out
}

var errNotDirectory = errors.New("not a directory")

// parentOf verifies that the directory a path lies in is there.
func (m *Memory) parentOf(p index.Path) error {
	up := p.Parent()
	if up.IsRoot() {
		return nil
	}
	n := m.at(up)
	switch {
	case n == nil || n.entry.Kind != index.Directory:
		return plan.ErrParent
	case n.path != up || strings.Count(n.path.String(), "/") != strings.Count(up.String(), "/"):
		return plan.ErrName
	}
	return nil
}

// Listing returns all that lies in the folder, in the order of a walk.
func (m *Memory) Listing() []index.Entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	entries := make([]index.Entry, 0, len(m.nodes))
	for _, n := range m.nodes {
		entries = append(entries, n.look())
	}
	slices.SortFunc(entries, func(a, b index.Entry) int { return a.Path.Compare(b.Path) })
	return entries
}

// Spelled returns a path as this disk keeps it.
func (m *Memory) Spelled(p index.Path) index.Path { return m.spelled(p) }
