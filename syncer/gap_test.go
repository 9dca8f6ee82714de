package syncer_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kith/index"
	"kith/sim/waits"
	"kith/syncer"
	"kith/syncer/plan"
)

// gapTree is a disk on which somebody saves in the moment in which a path is
// replaced: their edit comes to lie under a conflict name, as on any disk.
type gapTree struct {
	syncer.Tree
	dir, path, edit string
	at              time.Time
	noticed         func(rescued index.Path)
}

func (g *gapTree) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	out := g.Tree.Put(ctx, steps)
	for i, s := range steps {
		if g.edit == "" || s.Want.Path.String() != g.path || s.Have.Kind != index.Regular || out[i].Err != nil {
			continue
		}
		rescued := s.Want.Path.String() + g.at.Format(" (conflict, ben, 2006-01-02 15.04)")
		full := filepath.Join(g.dir, rescued)
		if os.WriteFile(full, []byte(g.edit), 0o644) == nil && os.Chtimes(full, g.at, g.at) == nil {
			out[i].Rescued = index.MustPath(rescued)
			g.noticed(out[i].Rescued)
		}
		g.edit = ""
	}
	return out
}

// tenThirty is when anna saves what ben edits in the last moment.
var tenThirty = time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)

// editedInTheLastMoment is a world in which ben's edit is saved on his disk, and dated,
// while anna's newer version of x is put in place there. noticed is told where the edit
// lies before anything else happens.
func editedInTheLastMoment(t *testing.T, edited time.Time, noticed func(ben *device, rescued index.Path)) *world {
	t.Helper()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	a.write("x", "one")
	w.settle()
	disconnect(a, b)
	b.stop()
	b.wrap = func(tree syncer.Tree) syncer.Tree {
		return &gapTree{Tree: tree, dir: b.dir, path: "x", edit: "ben's", at: edited, noticed: func(p index.Path) { noticed(b, p) }}
	}
	b.start()
	a.write("x", "anna's")
	must(t, os.Chtimes(filepath.Join(a.dir, "x"), tenThirty, tenThirty))
	a.scan()
	connect(a, b)
	b.until("rescued", func(s syncer.Status) bool { return s.Conflicts > 0 })
	w.settle()
	return w
}

// TestAnEditOfTheLastMoment keeps the name if it is the later one.
func TestAnEditOfTheLastMoment(t *testing.T) {
	t.Parallel()
	nobody := func(*device, index.Path) {}
	for edited, want := range map[time.Time][]string{
		tenThirty.Add(time.Hour):  {"x = ben's", "x (conflict, anna, 2026-11-22 10.30) = anna's"},
		tenThirty.Add(-time.Hour): {"x = anna's", "x (conflict, ben, 2026-11-22 09.30) = ben's"},
	} {
		editedInTheLastMoment(t, edited, nobody).same(want...)
	}
}

// TestAnEditThatIsKnownBesideStaysThere was rescued in the last moment, and found under its
// conflict name before it was to have its own back: others may count on it there.
func TestAnEditThatIsKnownBesideStaysThere(t *testing.T) {
	t.Parallel()
	w := editedInTheLastMoment(t, tenThirty.Add(time.Hour), func(ben *device, rescued index.Path) {
		for limit := time.Now().Add(waits.Limit); time.Now().Before(limit); time.Sleep(time.Millisecond) {
			recs, err := ben.store.Get(context.Background(), ben.w.folder, []index.Path{rescued}, false)
			if err == nil && recs[0].Live() {
				return
			}
		}
		t.Errorf("%s is not noticed", rescued)
	})
	w.same("x = anna's", "x (conflict, ben, 2026-11-22 11.30) = ben's")
}
