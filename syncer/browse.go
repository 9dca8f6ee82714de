package syncer

import (
	"context"
	"errors"
	"slices"
	"sync"

	"kith/index"
	"kith/syncer/plan"
)

// A device that browses a folder keeps some of it. What it keeps follows from
// the settings (Folder.Keep and Leave) and from what is here: what is here is
// followed. People bring in single files with Bring, and give their place up
// with LetGo.

const (
	browsePage = 256 // paths let go together
	askers     = 8   // questions to holders under way at a time
)

// Bring has what lies on other devices at and below a path brought here, and
// returns how much that is. What is here already counts for nothing.
func (e *Engine) Bring(ctx context.Context, id index.FolderID, p index.Path) (coming index.Amount, err error) {
	f := e.folder(id)
	if f == nil {
		return coming, ErrNoFolder
	}
	var after index.Path
	for {
		cases, err := f.store.Find(ctx, id, index.Pattern{}, p, after, commitAtMost)
		if err != nil || len(cases) == 0 {
			f.send(learnt{})
			return coming, err
		}
		after = cases[len(cases)-1].Path
		var batch []index.Record
		for _, c := range cases {
			sought, ok := f.plan().Seek(c)
			if !ok {
				continue
			}
			batch = append(batch, index.Record{File: sought, Seq: c.Have.Seq})
			if latest, _ := f.plan().Latest(c); latest.Kind != index.Directory {
				coming.Files++
				coming.Bytes += latest.Size
			}
		}
		if _, err := f.commit(ctx, batch); err != nil {
			return coming, err
		}
	}
}

// Released is what came of LetGo.
type Released struct {
	Gone    index.Amount // does not lie here any more
	Staying int          // files that stay
	Reasons []Problem    // why, of the first few
}

// LetGo takes off this disk what lies at and below a path, and leaves it to
// others. A file stays if no other member that can be counted on is here and
// holds that very version, or if it was changed; nothing is ever told to be
// deleted.
func (e *Engine) LetGo(ctx context.Context, id index.FolderID, p index.Path) (Released, error) {
	var done Released
	f, tree, err := e.openFolder(id)
	if err != nil {
		return done, err
	}
	if !f.looked.Load() {
		return done, errors.New("the folder is still being looked at")
	}
	r := releaser{f: f, tree: tree, keepers: f.board.keepers(e.cfg.Self), done: &done}
	var page, dirs []index.Path
	rules := f.rules.Load()
	err = f.store.List(ctx, id, p, func(rec index.Record) error {
		switch {
		case rules.ignores(rec.Path, rec.Kind == index.Directory):
			if rec.Live() {
				r.stays(rec.Path, rec.Kind == index.Directory, "a rule ignores it, so nobody else is known to hold it")
			}
		case rec.Kind == index.Directory:
			dirs = append(dirs, rec.Path)
		case rec.Live(), rec.Kind == index.Sought:
			page = append(page, rec.Path)
		}
		if len(page) < browsePage {
			return nil
		}
		full := page
		page = nil
		return r.release(ctx, full)
	})
	if err == nil {
		err = r.release(ctx, page)
	}
	slices.Reverse(dirs) // what lies in a directory goes before it
	for dirs := range slices.Chunk(dirs, browsePage) {
		if err == nil {
			err = r.release(ctx, dirs)
		}
	}
	f.send(learnt{})
	return done, err
}

// releaser lets go of paths.
type releaser struct {
	f       *folder
	tree    Tree
	keepers map[index.DeviceID]Link
	done    *Released
}

// release lets go of some paths. Our index says so first: a crash in between
// leaves a file where nothing is missed, and the next look takes it for what it is.
func (r *releaser) release(ctx context.Context, paths []index.Path) error {
	f := r.f
	paths = slices.DeleteFunc(paths, func(p index.Path) bool {
		busy := f.claims.has(p) || f.flights.under(p) || f.sources.has(p)
		if busy {
			r.stays(p, false, "it is being fetched or copied just now")
		}
		return busy
	})
	if len(paths) == 0 {
		return nil
	}
	f.claims.take(paths)
	defer f.claims.release(paths)
	cases, err := f.store.Cases(ctx, f.id, paths)
	if err != nil {
		return err
	}
	cases = r.kept(ctx, cases)
	batch := make([]index.Record, len(cases))
	for i, c := range cases {
		batch[i] = index.Record{File: index.File{Path: c.Path, Kind: index.Elsewhere, Version: c.Have.Version}, Seq: c.Have.Seq}
	}
	stale, err := f.commit(ctx, batch)
	if err != nil {
		return err
	}
	cases = slices.DeleteFunc(cases, func(c index.Case) bool { return slices.Contains(stale, c.Path) })
	return r.remove(ctx, cases)
}

// kept returns the cases of what others keep, each of which was asked.
func (r *releaser) kept(ctx context.Context, cases []index.Case) []index.Case {
	slots := make(chan struct{}, askers)
	var group sync.WaitGroup
	ok := make([]bool, len(cases))
	for i, c := range cases {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			ok[i] = r.isKept(ctx, c)
		})
	}
	group.Wait()
	var out []index.Case
	for i, c := range cases {
		if ok[i] {
			out = append(out, c)
			continue
		}
		r.stays(c.Path, c.Have.Kind == index.Directory, "no other member that keeps the whole folder is here and holds this version")
	}
	return out
}

// isKept reports whether what lies here can be left to somebody. What is in our
// index may be over by now, so a holder of content is asked whether it has it.
func (r *releaser) isKept(ctx context.Context, c index.Case) bool {
	p := r.f.plan()
	_, kept := p.LetGo(c, func(d index.DeviceID) bool {
		link := r.keepers[d]
		if link == nil {
			return false
		}
		if c.Have.Kind != index.Regular || c.Have.Size == 0 {
			return true
		}
		blocks, err := link.Blocks(ctx, r.f.id, c.Path, c.Have.Root)
		return err == nil && index.RootOf(blocks) == c.Have.Root
	})
	return kept
}

// remove takes off the disk what our index does not have here any more. What was
// changed meanwhile goes back into the index as it was, so that the change is
// found to follow upon that.
func (r *releaser) remove(ctx context.Context, cases []index.Case) error {
	var steps []plan.Step
	var live []index.Case
	for _, c := range cases {
		if c.Have.Live() {
			live = append(live, c)
			steps = append(steps, plan.Step{Have: c.Have, Want: index.File{Path: c.Path, Kind: index.Elsewhere}})
		}
	}
	var back []index.Case
	for i, o := range r.tree.Put(context.WithoutCancel(ctx), steps) {
		c := live[i]
		switch {
		case o.Err == nil && c.Have.Kind != index.Directory:
			r.done.Gone.Files++
			r.done.Gone.Bytes += c.Have.Size
		case o.Err != nil:
			back = append(back, c)
			r.stays(c.Path, c.Have.Kind == index.Directory, o.Err.Error())
		}
	}
	return r.restore(context.WithoutCancel(ctx), back)
}

func (r *releaser) restore(ctx context.Context, cases []index.Case) error {
	if len(cases) == 0 {
		return nil
	}
	paths := make([]index.Path, len(cases))
	for i, c := range cases {
		paths[i] = c.Path
	}
	now, err := r.f.store.Get(ctx, r.f.id, paths, false)
	if err != nil {
		return err
	}
	var batch []index.Record
	for i, c := range cases {
		if now[i].Kind == index.Elsewhere && now[i].Version.Compare(c.Have.Version) == index.Equal {
			rec := c.Have
			rec.Seq = now[i].Seq
			batch = append(batch, rec)
		}
	}
	_, err = r.f.commit(ctx, batch)
	r.f.send(hinted{paths: paths})
	return err
}

// maxReasons is how many files are named that stay.
const maxReasons = 20

func (r *releaser) stays(p index.Path, dir bool, why string) {
	if !dir {
		r.done.Staying++
	}
	if len(r.done.Reasons) < maxReasons && !dir {
		r.done.Reasons = append(r.done.Reasons, Problem{Path: p.String(), Reason: why, Next: "try again when another member has it"})
	}
}
