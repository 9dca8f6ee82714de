package syncer

import (
	"context"

	"kith/index"
	"kith/syncer/plan"
)

// An edit that somebody saved in the very moment in which a newer version was put
// in place lies beside it, under a conflict name. Like any two versions made at
// once, the later one is to have the name. If that is the edit, the two change
// places; what lies at the path is then found to be an edit that follows upon
// what arrived, and the others see no conflict but a copy of what arrived.

// laterKeepsName gives an edit of the last moment its name back, if it is the
// later one. It returns where to look because of it.
func (f *folder) laterKeepsName(ctx context.Context, j *job, o plan.Outcome) []index.Path {
	want, tree := j.step.Want, f.openTree()
	if tree == nil || j.aside != nil || want.Kind != index.Regular || f.plan().Receive {
		return nil
	}
	edit, err := tree.Stat(o.Rescued)
	if err != nil || edit.Err != nil || edit.Kind != index.Regular || edit.Modified <= want.Modified {
		return nil
	}
	if known, err := f.store.Get(ctx, f.id, []index.Path{o.Rescued}, false); err != nil || known[0].Live() {
		return nil // others may have heard of it where it lies, and count on it
	}
	aside, err := f.asideFor(ctx, tree, want)
	if err != nil {
		f.log.Debug("an edit of the last moment stays a conflict copy", "path", want.Path.String(), "err", err)
		return nil
	}
	step := plan.Step{
		Have: index.Record{File: want, Identity: o.Now},
		From: index.Record{File: edit.File, Identity: edit.Identity},
		Want: edit.File, Aside: aside,
	}
	step.Want.Path = want.Path
	if out := tree.Put(ctx, []plan.Step{step})[0]; out.Err != nil {
		f.log.Debug("an edit of the last moment stays a conflict copy", "path", want.Path.String(), "err", out.Err)
	}
	look := []index.Path{want.Path}
	if !aside.IsRoot() {
		look = append(look, aside)
	}
	return look
}

// asideFor returns the conflict name of a version that is not recorded as lost
// anywhere yet; the root where it is kept under such a name already.
func (f *folder) asideFor(ctx context.Context, tree Tree, loser index.File) (index.Path, error) {
	var path index.Path
	for path = range f.plan().ConflictPaths(loser) {
		cs, err := f.store.Cases(ctx, f.id, []index.Path{path})
		if err != nil {
			return path, err
		}
		c := cs[0]
		if c.Have.Live() && c.Have.SameContent(loser) {
			return index.Path{}, nil
		}
		if !f.plan().Taken(c, loser) && !tree.Crowded(path) {
			break
		}
	}
	return path, nil
}

// takeLateEdits deals with what programs wrote to files that they had open while
// those were replaced or deleted.
func (f *folder) takeLateEdits(tree Tree) {
	back := tree.LateEdits()
	if len(back) == 0 {
		return
	}
	for _, p := range back {
		f.event("conflict", p.String(), "a program that had it open wrote to it after it was replaced", f.plan().Self.Device)
	}
	f.send(hinted{paths: back})
}
