package syncer

import (
	"maps"
	"slices"
	"time"

	"kith/index"
	"kith/syncer/ignore"
)

// rulebook is the ignore files that a look at everything met, and what holds because of
// them. It never changes once the look is over.
//
// An ignore file that was written lately may not be complete: a program that saves it may
// have emptied it, or moved it away, and be about to fill it again. Until it is at rest
// nothing is told of what lies around it. If that takes too long, because it is written
// all the time, what it ignored when it was last at rest holds together with what it says.
type rulebook struct {
	files map[index.Path]ruleFile // by the directory they lie in
	now   *ignore.Rules           // as they are
	rest  *ignore.Rules           // as they were at rest; as they are where that is not known
	held  []index.Path            // directories of which nothing is told yet
	calm  bool                    // all are at rest
}

// ruleFile is the ignore file of a directory.
type ruleFile struct {
	id    index.Identity // zero: there is none, or it is no file
	blind bool           // not even that is known
	text  string         // what it was last known to say, if it cannot be read
	rest  string         // its text when it was last at rest,
	known bool           // if that is known
	since time.Time      // when it was found to be what it is; zero: long ago
	held  bool           // nothing is told of its directory yet
}

// calmAfter is how long an ignore file has to be left alone before it counts as complete.
const calmAfter = settleAfter

func newRulebook() *rulebook {
	return &rulebook{files: make(map[index.Path]ruleFile), now: ignore.New(), rest: ignore.New(), calm: true}
}

// Skips reports whether nothing is to be told of p. dir tells whether p is a directory.
func (r *rulebook) Skips(p index.Path, dir bool) bool {
	return r.ignores(p, dir) || r.holds(p)
}

// holds reports whether nothing is told of p until the ignore files above it are known.
func (r *rulebook) holds(p index.Path) bool {
	return slices.ContainsFunc(r.held, func(h index.Path) bool { return judgedBy(p, h) })
}

// ignores reports whether p is ignored by what is or by what was.
func (r *rulebook) ignores(p index.Path, dir bool) bool {
	return r.now.Skips(p, dir) || !r.calm && r.rest.Skips(p, dir)
}

// surely reports whether p is ignored, and stays so unless somebody changes the rules.
func (r *rulebook) surely(p index.Path, dir bool) bool {
	return r.rest.Skips(p, dir) && (r.calm || r.now.Skips(p, dir))
}

// leaves reports whether a file is ignored by what was at rest: it is left to each device.
func (r *rulebook) leaves(f index.File) bool { return r.rest.Skips(f.Path, f.Kind == index.Directory) }

// judgedBy reports whether the ignore file of a directory has a say about p. About
// itself it has none.
func judgedBy(p, dir index.Path) bool {
	return p.Within(dir) && p != dir && (p.Name() != ignoreFile || p.Parent() != dir)
}

// add takes up the ignore file of a directory.
func (r *rulebook) add(dir index.Path, f ruleFile) {
	if f.id == (index.Identity{}) && !f.blind && f.known && f.rest == "" && !f.held {
		return // none, now and before
	}
	r.files[dir] = f
	rest := f.text
	if f.known {
		rest = f.rest
	}
	if f.held {
		r.held = append(r.held, dir)
	}
	r.calm = r.calm && f.known && f.rest == f.text
	if f.text != "" {
		r.now, _ = r.now.With(dir, []byte(f.text))
	}
	if rest != "" {
		r.rest, _ = r.rest.With(dir, []byte(rest))
	}
}

// sum tells rules by which others were heard from other ones.
func (r *rulebook) sum() string {
	var sum index.Hash
	for _, dir := range slices.SortedFunc(maps.Keys(r.files), index.Path.Compare) {
		f := r.files[dir]
		if f.known {
			f.text = f.rest
		}
		if f.text != "" {
			sum = index.Sum(append(sum[:], dir.String()+"\x00"+f.text...))
		}
	}
	return sum.String()
}
