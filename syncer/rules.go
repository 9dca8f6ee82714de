package syncer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"kith/index"
	"kith/syncer/chunk"
	"kith/syncer/ignore"
	"kith/syncer/plan"
)

// RulesEffect is what other rules would mean for what lies in a folder now.
type RulesEffect struct {
	Problems []ignore.Problem // lines that could not be used
	Out, In  RulesShare       // what would not travel any more; what would from then on
}

// RulesShare is a part of a folder, as far as it can be shown.
type RulesShare struct {
	Paths  []index.Path // the topmost, some of them
	Amount index.Amount // of all
}

const (
	maxRules    = 256 << 10 // bytes of an ignore file that a person edits here
	shownEffect = 200
)

// rulesPath is where the ignore file of a whole folder lies.
var rulesPath = index.MustPath(ignoreFile)

// Rules returns the text of the ignore file in the folder's root; empty if there
// is none.
func (e *Engine) Rules(ctx context.Context, id index.FolderID) (string, error) {
	g, err := e.Look(ctx, id, rulesPath, maxRules)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err == nil && g.Size > maxRules:
		return "", fmt.Errorf("%s is too long to be edited here", ignoreFile)
	}
	return string(g.Data), err
}

// TryRules tells what text would mean as the ignore file in the folder's root.
// It looks at what is on the disk, and changes nothing.
func (e *Engine) TryRules(ctx context.Context, id index.FolderID, text string) (RulesEffect, error) {
	f, tree, err := e.openFolder(id)
	if err != nil {
		return RulesEffect{}, err
	}
	var effect RulesEffect
	now := f.rules.Load().now
	then, problems := now.With(index.Path{}, []byte(text))
	effect.Problems = problems
	skip := func(p index.Path, dir bool) bool { return now.Skips(p, dir) && then.Skips(p, dir) }
	err = tree.Walk(ctx, index.Path{}, skip, func(entry index.Entry) error {
		dir := entry.Kind == index.Directory
		was, will := now.Skips(entry.Path, dir), then.Skips(entry.Path, dir)
		switch {
		case entry.Err != nil || was == will:
		case will:
			effect.Out.add(entry, then.Skips(entry.Path.Parent(), true))
		default:
			effect.In.add(entry, now.Skips(entry.Path.Parent(), true))
		}
		return nil
	})
	return effect, err
}

// add counts an entry, and shows it unless it lies below one that is shown.
func (s *RulesShare) add(e index.Entry, below bool) {
	if e.Kind != index.Directory {
		s.Amount.Files++
		s.Amount.Bytes += e.Size
	}
	if !below && len(s.Paths) < shownEffect {
		s.Paths = append(s.Paths, e.Path)
	}
}

// SetRules makes text the ignore file in the folder's root. What was there
// becomes an earlier version.
func (e *Engine) SetRules(ctx context.Context, id index.FolderID, text string) error {
	if len(text) > maxRules {
		return fmt.Errorf("the rules are longer than %d bytes", maxRules)
	}
	f, tree, err := e.openFolder(id)
	if err != nil {
		return err
	}
	recs, err := f.store.Get(ctx, id, []index.Path{rulesPath}, false)
	if err != nil {
		return err
	}
	blocks := chunk.SplitBytes([]byte(text), chunk.ClassFor(int64(len(text)), 0))
	want := index.File{
		Path: rulesPath, Kind: index.Regular, Size: int64(len(text)), Modified: e.now().UnixNano(), Mode: 0o644,
		Root: index.RootOf(blocks), Blocks: blocks,
	}
	step := plan.Step{Want: want}
	if recs[0].Live() {
		step.Have, step.Want.Mode = recs[0], recs[0].Mode
	}
	if len(text) > 0 {
		if err := tree.Fill(step.Want, 0, []byte(text)); err != nil {
			return fmt.Errorf("write %s: %w", ignoreFile, err)
		}
	}
	if out := tree.Put(ctx, []plan.Step{step})[0]; out.Err != nil {
		return fmt.Errorf("write %s: %w", ignoreFile, out.Err)
	}
	f.send(hinted{paths: []index.Path{rulesPath}, everything: true})
	return nil
}
