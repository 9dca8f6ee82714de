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

	"kith/index"
	"kith/syncer"
	"kith/syncer/plan"
)

// Options say how a Memory behaves. The zero value is a plain disk.
type Options struct {
	// Clock tells the time in ns. Without one, time goes on by a millisecond
	// with every change.
	Clock func() int64
	// CaseBlind takes names that differ in case only, or in the form of their
	// characters, for one.
	CaseBlind bool
	// Fail, if set, is asked before every operation of the tree, and its error is
	// what the operation fails with. The names of operations are those of
	// syncer.Tree's methods in lower case; within Put, "put" is asked for each step.
	Fail func(op string, p index.Path) error
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
}

var _ syncer.Tree = (*Memory)(nil)
var _ Person = (*Memory)(nil)

// node is an object. It is never changed in place but by its person.
type node struct {
	path  index.Path
	entry index.Entry // Path is left out
	data  []byte
}

type version struct {
	kept index.Kept
	node *node
}

// NewMemory returns an empty folder.
func NewMemory(opt Options) *Memory {
	return &Memory{opt: opt, nodes: map[string]*node{}, drafts: map[draftKey]*draft{}, hints: map[chan index.Path]bool{}}
}

// SetAvailable takes the folder away with a reason, or brings it back with nil.
func (m *Memory) SetAvailable(reason error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gone = reason
}

// Crash forgets what a crash forgets: the content of drafts.
func (m *Memory) Crash() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.drafts)
}

func (m *Memory) now() int64 {
	if m.opt.Clock != nil {
		return m.opt.Clock()
	}
	m.ticks++
	return 1_700_000_000_000_000_000 + m.ticks*1_000_000
}

func (m *Memory) key(p index.Path) string {
	if m.opt.CaseBlind {
		return p.Fold()
	}
	return p.String()
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

// Flush has nothing to do.
func (m *Memory) Flush(context.Context) error { return m.Check() }

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
