package disktest

import (
	"context"
	"fmt"
	"slices"

	"kith/index"
	"kith/syncer/plan"
)

// Put carries out steps, each at one instant.
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
	if !s.Have.Live() || !s.Have.SameContent(s.Want) || s.From.Live() {
		if out.Err = m.clear(s, &out); out.Err != nil {
			return out
		}
	}
	out.Now = m.install(s)
	return out
}

// ready verifies all that a step builds on, before anything is changed.
func (m *Memory) ready(s plan.Step) error {
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

// clear takes away what lies at the path of a step.
func (m *Memory) clear(s plan.Step, out *plan.Outcome) error {
	n := m.exactly(s.Want.Path)
	if n == nil {
		return nil
	}
	if !s.Aside.IsRoot() {
		if m.at(s.Aside) != nil {
			return plan.ErrChanged
		}
		if err := m.parentOf(s.Aside); err != nil {
			return err
		}
		m.relocate(n, s.Aside)
		out.AsideNow = m.at(s.Aside).entry.Identity
		return nil
	}
	if n.entry.Kind == index.Directory {
		if len(m.children(n.path)) > 0 {
			return plan.ErrNotEmpty
		}
	} else {
		m.keep(n)
	}
	delete(m.nodes, m.key(n.path))
	m.hint(n.path)
	return nil
}

// install makes the path of a step hold what it wants.
func (m *Memory) install(s plan.Step) index.Identity {
	want := s.Want
	if !want.Live() {
		return index.Identity{}
	}
	var n node
	switch {
	case s.From.Live():
		m.relocate(m.at(s.From.Path), want.Path)
		n = *m.at(want.Path)
	case s.Have.Live() && s.Have.SameContent(want):
		n = *m.at(want.Path)
	default:
		n = *m.fresh(want.Kind)
		n.entry.Target = want.Target
		if want.Kind == index.Regular {
			n.data = slices.Clone(m.draft(want).data)
			delete(m.drafts, draftKey{want.Path, want.Root})
		}
	}
	n.path = want.Path
	modified := want.Modified
	if want.Kind == index.Directory {
		modified = n.entry.Identity.Modified
	}
	n.settle(modified, want.Mode, m.now())
	m.nodes[m.key(want.Path)] = &n
	m.hint(want.Path)
	return n.entry.Identity
}
