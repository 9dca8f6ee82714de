package disktest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"kith/index"
	"kith/syncer/plan"
)

// Put carries out steps. In the middle of each there is a gap, in which a person
// may do something; nothing is lost by that.
func (m *Memory) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	out := make([]plan.Outcome, len(steps))
	for i, s := range steps {
		if out[i].Err = ctx.Err(); out[i].Err == nil {
			out[i] = m.step(s)
		}
		if out[i].Err != nil {
			out[i].Err = fmt.Errorf("put %s: %w", s.Want.Path, out[i].Err)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fail("flush", index.Path{}); err == nil {
		if !m.opt.Wet {
			m.dry()
		}
	} else {
		for i := range out {
			out[i].Err = errors.Join(out[i].Err, err)
		}
	}
	return out
}

func (m *Memory) step(s plan.Step) (out plan.Outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if out.Err = m.fail("put", s.Want.Path); out.Err != nil {
		return out
	}
	if out.Err = m.ready(s); out.Err != nil {
		return out
	}
	if out.Err = m.gap(s.Want.Path); out.Err != nil {
		return out
	}
	if m.gone != nil {
		out.Err = m.fail("put", s.Want.Path)
		return out
	}
	m.before()
	out.Err = m.act(s, &out)
	return out
}

// gap lets others in for a moment. The lock is held before and after.
func (m *Memory) gap(p index.Path) error {
	if m.opt.Gap == nil {
		return nil
	}
	m.mu.Unlock()
	defer m.mu.Lock()
	return m.opt.Gap(p)
}

// ready verifies all that a step builds on, before anything is changed.
func (m *Memory) ready(s plan.Step) error {
	if m.spelled(s.Want.Path) != s.Want.Path {
		return plan.ErrName
	}
	if err := m.parentOf(s.Want.Path); err != nil {
		if !s.Want.Live() && s.Have.Live() {
			return plan.ErrChanged
		}
		return err
	}
	if err := m.standing(s.Have, s.Want.Path, s.From); err != nil {
		return err
	}
	if s.From.Live() {
		return m.standing(s.From, s.From.Path, index.Record{})
	}
	if s.Want.Kind == index.Regular && s.Want.Size > 0 && !s.Have.SameContent(s.Want) {
		d := m.drafts[draftKey{s.Want.Path, s.Want.Root}]
		if d == nil || !d.covers(0, s.Want.Size) {
			return plan.ErrIncomplete
		}
	}
	return nil
}

// standing verifies that a path holds what the plan saw. from is what is about
// to leave another spelling of it.
func (m *Memory) standing(have index.Record, p index.Path, from index.Record) error {
	n := m.at(p)
	switch {
	case n != nil && n.path != p:
		if from.Live() && n.path == from.Path {
			return nil
		}
		return plan.ErrName
	case !have.Live() && n == nil:
		return nil
	case !have.Live() || n == nil || n.entry.Kind != have.Kind:
		return plan.ErrChanged
	case have.Kind == index.Directory && n.entry.Identity.Inode == have.Identity.Inode:
		return nil
	case n.entry.Identity != have.Identity:
		return plan.ErrChanged
	}
	return nil
}

// same reports whether an object that was displaced is the one the plan saw.
func (n *node) same(have index.Record) bool {
	id, was := n.entry.Identity, have.Identity
	if n.entry.Kind != have.Kind || id.Inode != was.Inode {
		return false
	}
	return n.entry.Kind == index.Directory || id.Size == was.Size && id.Modified == was.Modified
}

// act changes the disk as a step says, and looks at what it displaced only then.
func (m *Memory) act(s plan.Step, out *plan.Outcome) error {
	if err := m.parentOf(s.Want.Path); err != nil {
		return fmt.Errorf("%s: %w", s.Want.Path.Parent(), fs.ErrNotExist)
	}
	switch {
	case !s.Want.Live():
		return m.clear(s, out)
	case s.From.Live():
		return m.move(s, out)
	case s.Have.Live() && s.Have.SameContent(s.Want):
		if err := m.standing(s.Have, s.Want.Path, index.Record{}); err != nil {
			return err
		}
		n := *m.at(s.Want.Path)
		out.Now = m.dress(&n, s.Want)
		return nil
	}
	return m.install(s, out)
}

// clear takes away what lies at the path of a step, if it is what the plan saw.
func (m *Memory) clear(s plan.Step, out *plan.Outcome) error {
	n := m.exactly(s.Want.Path)
	switch {
	case !s.Have.Live() && n == nil:
		return nil
	case !s.Have.Live() || n == nil || !n.same(s.Have):
		return plan.ErrChanged
	case !s.Aside.IsRoot():
		return m.setAside(n, s.Aside, out)
	case n.entry.Kind == index.Directory && len(m.children(n.path)) > 0:
		return plan.ErrNotEmpty
	case n.entry.Kind != index.Directory && s.Want.Kind != index.Elsewhere:
		m.keep(n)
	}
	delete(m.nodes, m.key(n.path))
	m.hint(n.path)
	return nil
}

func (m *Memory) setAside(n *node, aside index.Path, out *plan.Outcome) error {
	if m.at(aside) != nil {
		return plan.ErrChanged
	}
	if err := m.parentOf(aside); err != nil {
		return err
	}
	m.relocate(n, aside)
	out.AsideNow = m.at(aside).entry.Identity
	return nil
}

// move brings an object to another path.
func (m *Memory) move(s plan.Step, out *plan.Outcome) error {
	from := m.exactly(s.From.Path)
	if from == nil || !from.same(s.From) {
		return plan.ErrChanged
	}
	if there := m.at(s.Want.Path); there != nil && there != from && there.path != s.Want.Path {
		return plan.ErrName
	} else if there != from {
		if err := m.clear(plan.Step{Have: s.Have, Want: s.Want, Aside: s.Aside}, out); err != nil {
			return err
		}
	}
	m.relocate(from, s.Want.Path)
	n := *m.at(s.Want.Path)
	out.Now = m.dress(&n, s.Want)
	return nil
}

// install puts a draft, or a new object of another kind, in place.
func (m *Memory) install(s plan.Step, out *plan.Outcome) error {
	n, into := m.exactly(s.Want.Path), m.at(s.Want.Path.Parent())
	over := s.Have.Live() && s.Have.Kind != index.Directory
	at := s.Want // where it comes to lie
	switch {
	case !over:
		if err := m.clear(s, out); err != nil {
			return err
		}
	case n == nil:
		return plan.ErrChanged
	case m.opt.NoExchange:
		if err := m.leave(n, s, out); err != nil {
			return err
		}
		if at.Path = m.within(into, s.Want.Path); at.Path.IsRoot() {
			return fs.ErrNotExist
		}
	default:
		if err := m.displace(n, s, out); err != nil {
			return err
		}
	}
	if m.at(at.Path) != nil {
		return plan.ErrChanged
	}
	out.Now = m.dress(m.made(s.Want), at)
	delete(m.left, s.Want.Path)
	return nil
}

// within is where a path lies by now if the directory that it lay in was moved: a step
// holds on to the directory itself. It is the root if the directory is no more.
func (m *Memory) within(dir *node, p index.Path) index.Path {
	if dir == nil {
		return p // in the root
	}
	for _, n := range m.nodes {
		if n.entry.Kind == index.Directory && n.entry.Identity.Inode == dir.entry.Identity.Inode {
			return index.MustPath(n.path.String() + "/" + p.Name())
		}
	}
	return index.Path{}
}

// displace takes a file away for the one that is to replace it. Not what the plan
// saw means that somebody saved meanwhile: it goes beside it as a conflict copy.
func (m *Memory) displace(n *node, s plan.Step, out *plan.Outcome) error {
	if !n.same(s.Have) {
		out.Rescued = m.rescue(n)
		return nil
	}
	if !s.Aside.IsRoot() {
		return m.setAside(n, s.Aside, out)
	}
	m.keep(n)
	delete(m.nodes, m.key(n.path))
	m.hint(n.path)
	return nil
}

// leave is displace for a disk that cannot exchange.
func (m *Memory) leave(n *node, s plan.Step, out *plan.Outcome) error {
	if !n.same(s.Have) {
		return plan.ErrChanged
	}
	if err := m.displace(n, s, out); err != nil || !s.Aside.IsRoot() {
		return err
	}
	m.left[s.Want.Path] = n
	if err := m.gap(s.Want.Path); err != nil {
		return err
	}
	m.before()
	if m.at(s.Want.Path) != nil {
		delete(m.left, s.Want.Path) // somebody put something there: it stays an earlier version
	}
	return nil
}

// rescue puts an edit of the last moment beside its path.
func (m *Memory) rescue(n *node) index.Path {
	us := plan.Folder{Members: []index.Member{{Name: m.opt.Device}}}
	loser := index.File{Path: n.path, Modified: n.entry.Identity.Modified, By: us.Members[0].Device.Short()}
	for k := uint64(0); ; k++ {
		binary.LittleEndian.PutUint64(loser.Root[:], k)
		if p := us.ConflictPath(loser, k > 0); m.at(p) == nil {
			m.relocate(n, p)
			return p
		}
	}
}

// made is a new object with the content of a draft.
func (m *Memory) made(want index.File) *node {
	n := m.fresh(want.Kind)
	n.entry.Target = want.Target
	if want.Kind == index.Regular {
		n.data = slices.Clone(m.draft(want).data)
		delete(m.drafts, draftKey{want.Path, want.Root})
	}
	return n
}

// dress gives an object its path, time and permissions, and makes it lie there.
func (m *Memory) dress(n *node, want index.File) index.Identity {
	n.path = want.Path
	modified := m.coarse(want.Modified)
	if want.Kind == index.Directory {
		modified = n.entry.Identity.Modified
	}
	n.settle(modified, want.Mode, m.now())
	m.nodes[m.key(want.Path)] = n
	if m.opt.Placed != nil && want.Kind != index.Directory {
		m.opt.Placed(want.Path, n.content())
	}
	m.hint(want.Path)
	return n.entry.Identity
}
