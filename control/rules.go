package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kith/syncer"
)

// Rules are the ignore rules of a whole folder, and what they would change.
type Rules struct {
	Text     string     `json:"text"`
	Problems []string   `json:"problems,omitempty"` // lines that could not be used
	Out      RulesShare `json:"out"`                // what would not travel any more
	In       RulesShare `json:"in"`                 // what would from then on
	Partly   bool       `json:"partly,omitempty"`   // there was no time to look at everything
}

// RulesShare is a part of a folder.
type RulesShare struct {
	Files int64    `json:"files"`
	Bytes int64    `json:"bytes"`
	Paths []string `json:"paths"` // the topmost, some of them
}

// tryWithin is how long a person waits to see what rules would do.
const tryWithin = 3 * time.Second

// ignore shows the rules of a folder; with a Text tries that; with Yes too keeps
// it.
func (d *Desk) ignore(ctx context.Context, c Command) (Reply, error) {
	f, err := d.folderOf(c)
	if err != nil {
		return Reply{}, err
	}
	switch {
	case c.Text == nil:
		text, err := d.engine.Rules(ctx, f.ID)
		return Reply{Rules: &Rules{Text: text}}, told("read the rules of "+f.Name, err)
	case c.Yes:
		if err := d.engine.SetRules(ctx, f.ID, *c.Text); err != nil {
			return Reply{}, told("change the rules of "+f.Name, err)
		}
		d.note(Entry{Verb: "rules", Folder: f.Name})
		return Reply{Text: "Changed what " + f.Name + " leaves out. No file was deleted."}, nil
	}
	return d.tryRules(ctx, f, *c.Text)
}

func (d *Desk) tryRules(ctx context.Context, f *Shared, text string) (Reply, error) {
	patience, cancel := context.WithTimeout(ctx, tryWithin)
	defer cancel()
	effect, err := d.engine.TryRules(patience, f.ID, text)
	partly := errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil
	if err != nil && !partly {
		return Reply{}, told("try the rules of "+f.Name, err)
	}
	r := &Rules{Text: text, Out: shareOf(effect.Out), In: shareOf(effect.In), Partly: partly}
	for _, p := range effect.Problems {
		r.Problems = append(r.Problems, fmt.Sprintf("line %d: %s", p.Line, p.Reason))
	}
	return Reply{Rules: r}, nil
}

func shareOf(s syncer.RulesShare) RulesShare {
	out := RulesShare{Files: s.Amount.Files, Bytes: s.Amount.Bytes, Paths: []string{}}
	for _, p := range s.Paths {
		out.Paths = append(out.Paths, p.String())
	}
	return out
}
