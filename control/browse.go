package control

import (
	"context"
	"slices"
	"strings"

	"kith/index"
)

// maxRules is how many paths of a browsed folder are remembered as kept or left.
const maxRules = 1000

// browsed returns the place that a command is about, in a folder of which this
// device does not keep all.
func (d *Desk) browsed(c Command, otherwise string) (*Shared, index.Path, error) {
	f, p, err := d.placeOf(c)
	if err == nil && !f.Browse {
		err = failed("all of %q is kept here", f.Name).Hint("%s", otherwise)
	}
	return f, p, err
}

// get has a file or directory brought here. A directory is kept from then on,
// with all that comes to lie in it.
func (d *Desk) get(ctx context.Context, c Command) (Reply, error) {
	f, p, err := d.browsed(c, "what others have comes by itself")
	if err != nil {
		return Reply{}, err
	}
	what := p.String()
	if p.IsRoot() {
		what = f.Name
	}
	found, err := d.engine.Stat(ctx, f.ID, p)
	if err != nil {
		return Reply{}, told("get "+what, err)
	}
	if !found.Live() && !p.IsRoot() {
		return Reply{}, failed("there is no %s in %q", p, f.Name).Hint("kith ls %s", quoted(f.Name))
	}
	if p.IsRoot() || found.Kind == index.Directory {
		if err := d.setRule(f.ID, p, true); err != nil {
			return Reply{}, err
		}
	}
	coming, err := d.engine.Bring(ctx, f.ID, p)
	if err != nil {
		return Reply{}, told("get "+what, err)
	}
	if coming.Files == 0 {
		return Reply{Text: what + " is here, or on its way.", Folder: &f.ID}, nil
	}
	d.note(Entry{Verb: "getting", Folder: f.Name, Path: p.String(), Detail: count(coming.Files, "file")})
	return Reply{Text: count(coming.Files, "file") + " of " + what + " will be in " + f.Dir + " once somebody who has them is here.", Folder: &f.ID}, nil
}

// letGo takes a file or directory off this disk, and leaves it to others.
func (d *Desk) letGo(ctx context.Context, c Command) (Reply, error) {
	f, p, err := d.browsed(c, "leave the folder and accept it again with --browse, or delete what nobody needs")
	if err != nil {
		return Reply{}, err
	}
	if err := d.setRule(f.ID, p, false); err != nil {
		return Reply{}, err
	}
	what := p.String()
	if p.IsRoot() {
		what = f.Name
	}
	done, err := d.engine.LetGo(ctx, f.ID, p)
	if err != nil {
		return Reply{}, told("drop "+what, err)
	}
	d.note(Entry{Verb: "dropped", Folder: f.Name, Path: p.String(), Detail: count(done.Gone.Files, "file")})
	text := "Dropped " + count(done.Gone.Files, "file") + " of " + what + ", which others keep."
	if done.Staying > 0 {
		text += " " + count(done.Staying, "file") + " stay: "
		if done.Staying == 1 {
			text = strings.TrimSuffix(text, " stay: ") + " stays: "
		}
		text += done.Reasons[0].Path + ": " + done.Reasons[0].Reason
		if done.Gone.Files == 0 {
			return Reply{}, failed("%s cannot be dropped: %s: %s", what, done.Reasons[0].Path, done.Reasons[0].Reason).Hint("%s", done.Reasons[0].Next)
		}
	}
	return Reply{Text: text, Folder: &f.ID}, nil
}

// setRule makes a path one that is kept here or one that is left to others, with
// all below it. Rules that say nothing new are not remembered.
func (d *Desk) setRule(id index.FolderID, p index.Path, keep bool) error {
	return d.change(func(s *Settings) error {
		f, ok := s.Folder(id)
		if !ok {
			return failed("the folder was left meanwhile")
		}
		below := func(text string) bool {
			q, err := pathOf(text)
			return err != nil || q.Within(p)
		}
		f.Keep, f.Leave = slices.DeleteFunc(f.Keep, below), slices.DeleteFunc(f.Leave, below)
		if f.keeps(p) == keep {
			return nil
		}
		if len(f.Keep)+len(f.Leave) >= maxRules {
			return failed("%d paths of %q are kept or left already, and there can be no more", maxRules, f.Name).
				Hint("get or drop the directory that they lie in")
		}
		text := p.String()
		if p.IsRoot() {
			text = wholeFolder
		}
		if keep {
			f.Keep = append(f.Keep, text)
		} else {
			f.Leave = append(f.Leave, text)
		}
		return nil
	})
}

// wholeFolder stands in Keep for the folder itself.
const wholeFolder = "/"

// pathOf reads an item of Keep or Leave.
func pathOf(text string) (index.Path, error) {
	if text = strings.Trim(text, "/"); text == "" {
		return index.Path{}, nil
	}
	return index.ParsePath(text)
}

// pathsOf reads Keep or Leave. What is no path, by the hand of a person, is left out.
func pathsOf(texts []string) []index.Path {
	var out []index.Path
	for _, text := range texts {
		if p, err := pathOf(text); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// keeps reports whether what comes to lie at a path is kept on this device.
func (f *Shared) keeps(p index.Path) bool {
	if !f.Browse {
		return true
	}
	keep, leave := pathsOf(f.Keep), pathsOf(f.Leave)
	for {
		switch {
		case slices.Contains(keep, p):
			return true
		case slices.Contains(leave, p), p.IsRoot():
			return false
		}
		p = p.Parent()
	}
}
