package sim

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kith/index"
	"kith/syncer"
)

// tells is a way to tell of changes. What it returns is why it ceases to.
type tells func(paths []index.Path, everything bool, hint func([]index.Path, bool)) error

// teller is a disk that tells of changes in its own way.
type teller struct {
	syncer.Tree
	tells tells
}

func (t teller) Watch(ctx context.Context, skip func(index.Path, bool) bool, others <-chan struct{}, hint func([]index.Path, bool)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	err := t.Tree.Watch(ctx, skip, others, func(paths []index.Path, everything bool) {
		if err := t.tells(paths, everything, hint); err != nil {
			cancel(err)
		}
	})
	if why := context.Cause(ctx); why != nil && !errors.Is(why, context.Canceled) {
		return why
	}
	return err
}

// around returns paths where nothing happened.
func around(paths []index.Path) (all []index.Path) {
	for _, p := range paths {
		below, _ := p.Join("below")
		beside, _ := p.Parent().Join("beside")
		all = append(all, p.Parent(), below, beside)
	}
	return append(all, index.MustPath("nothing/at/all"))
}

var errDeaf = errors.New("the system tells of nothing any more")

// TestHintsAreOnlyHints has disks tell of changes twice, in another order, again and again,
// and of paths where nothing happened: all ends as ever.
func TestHintsAreOnlyHints(t *testing.T) {
	for name, how := range map[string]func() tells{
		"twice": func() tells {
			return func(paths []index.Path, everything bool, hint func([]index.Path, bool)) error {
				hint(paths, everything)
				hint(slices.Clone(paths), everything)
				return nil
			}
		},
		"again and again, in another order": func() tells {
			var told []index.Path
			return func(paths []index.Path, everything bool, hint func([]index.Path, bool)) error {
				told = append(told, paths...)
				told = told[max(0, len(told)-40):]
				for _, p := range slices.Backward(told) {
					hint([]index.Path{p}, everything)
				}
				return nil
			}
		},
		"of other paths too": func() tells {
			return func(paths []index.Path, everything bool, hint func([]index.Path, bool)) error {
				hint(around(paths), everything)
				hint(paths, everything)
				hint(around(paths), everything)
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			flaw := Flaw{Tree: func(_ string, tree syncer.Tree) syncer.Tree { return teller{tree, how()} }}
			for seed := uint64(1); seed <= 60; seed++ {
				sc := Generate(seed).Powered()
				if r := Run(t, sc, Options{Flaw: flaw}); len(r.Broken) > 0 {
					t.Errorf("seed %d: %s\n%s", seed, strings.Join(r.Broken, "\n"), sc)
				}
			}
		})
	}
}

// TestAWatchThatEndsBeginsAnew has a system cease to tell of changes, of which a person is
// told; later it goes on, and what was saved meanwhile is found without anybody asking.
func TestAWatchThatEndsBeginsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var deaf atomic.Bool
		tells := func(paths []index.Path, everything bool, hint func([]index.Path, bool)) error {
			if deaf.Load() {
				return errDeaf
			}
			hint(paths, everything)
			return nil
		}
		flaw := Flaw{Tree: func(device string, tree syncer.Tree) syncer.Tree {
			if device != "anna" {
				return tree
			}
			return teller{tree, tells}
		}}
		sc := Scenario{Seed: 1, Slow: 1, Wires: "mesh", Devices: []Device{{Name: "anna"}, {Name: "ben"}}}
		w := newWorld(sc, Options{Flaw: flaw})
		defer w.end()
		anna, ben := w.devices[0], w.devices[1]
		anna.start()
		ben.start()
		w.mesh()
		w.sleep(10 * time.Second)
		has := func(path string) bool { _, ok := ben.disk.Files()[path]; return ok }
		told := func() bool {
			return slices.ContainsFunc(anna.status().Problems, func(p syncer.Problem) bool { return strings.Contains(p.Reason, errDeaf.Error()) })
		}
		anna.save("a", "told of")
		w.sleep(10 * time.Second)
		if !has("a") || told() {
			t.Fatalf("before: %v, told %v", ben.disk.Files(), told())
		}
		deaf.Store(true)
		anna.save("b", "not told of")
		w.sleep(10 * time.Second)
		if has("b") || !told() {
			t.Errorf("deaf: %v, told %v", ben.disk.Files(), told())
		}
		deaf.Store(false)
		w.sleep(2 * time.Minute)
		anna.save("c", "told of again")
		w.sleep(10 * time.Second)
		if !has("b") || !has("c") || told() {
			t.Errorf("later: %v, told %v", ben.disk.Files(), told())
		}
	})
}
