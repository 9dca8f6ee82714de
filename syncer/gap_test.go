package syncer_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
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
	noticed         func(rescued index.Path) // waits until it is known there; nil: nobody does
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
			if g.noticed != nil {
				g.noticed(out[i].Rescued)
			}
		}
		g.edit = ""
	}
	return out
}

// TestAnEditOfTheLastMoment is saved on ben's disk while anna's newer version is
// put in place there.
func TestAnEditOfTheLastMoment(t *testing.T) {
	for _, later := range []bool{true, false} {
		w := newWorld(t, "anna", "ben")
		a, b := w.devices[0], w.devices[1]
		connect(a, b)
		a.write("x", "one")
		w.settle()
		saved := time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)
		edited := saved.Add(time.Hour)
		if !later {
			edited = saved.Add(-time.Hour)
		}
		disconnect(a, b)
		b.stop()
		b.wrap = func(tree syncer.Tree) syncer.Tree {
			return &gapTree{Tree: tree, dir: b.dir, path: "x", edit: "ben's", at: edited}
		}
		b.start()
		a.write("x", "anna's")
		must(t, os.Chtimes(filepath.Join(a.dir, "x"), saved, saved))
		a.scan()
		connect(a, b)
		b.until("rescued", func(s syncer.Status) bool { return s.Conflicts > 0 })
		w.settle()
		want := []string{"x = anna's", "x (conflict, ben, 2026-11-22 09.30) = ben's"}
		if later {
			want = []string{"x = ben's", "x (conflict, anna, 2026-11-22 10.30) = anna's"}
		}
		w.same(want...)
		for _, d := range w.devices {
			if n := strings.Count(d.tree(), "\n") + 1; n != 2 {
				t.Errorf("%s holds %d files:\n%s", d.name, n, d.tree())
			}
		}
	}
}

// TestAnEditThatIsKnownBesideStaysThere was rescued in the last moment, and found under its
// conflict name before it was to have its own back: others may count on it there.
func TestAnEditThatIsKnownBesideStaysThere(t *testing.T) {
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	a.write("x", "one")
	w.settle()
	saved := time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)
	disconnect(a, b)
	b.stop()
	b.wrap = func(tree syncer.Tree) syncer.Tree {
		g := &gapTree{Tree: tree, dir: b.dir, path: "x", edit: "ben's", at: saved.Add(time.Hour)}
		g.noticed = func(rescued index.Path) {
			for limit := time.Now().Add(waits.Limit); time.Now().Before(limit); time.Sleep(time.Millisecond) {
				if recs, err := b.store.Get(context.Background(), w.folder, []index.Path{rescued}, false); err == nil && recs[0].Live() {
					return
				}
			}
			t.Errorf("%s is not noticed", rescued)
		}
		return g
	}
	b.start()
	a.write("x", "anna's")
	must(t, os.Chtimes(filepath.Join(a.dir, "x"), saved, saved))
	a.scan()
	connect(a, b)
	b.until("rescued", func(s syncer.Status) bool { return s.Conflicts > 0 })
	w.settle()
	w.same("x = anna's", "x (conflict, ben, 2026-11-22 11.30) = ben's")
}
