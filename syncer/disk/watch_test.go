package disk

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"kith/index"
	"kith/sim/waits"
)

// watched runs a watch and returns what waits until a hint covers a path.
func (p *place) watched(skip func(index.Path, bool) bool, others <-chan struct{}) (until func(path string)) {
	ctx, cancel := context.WithCancel(context.Background())
	hints, ended := make(chan index.Path, 1<<12), make(chan error, 1)
	go func() {
		ended <- p.Watch(ctx, skip, others, func(paths []index.Path, everything bool) {
			if everything {
				paths = []index.Path{{}}
			}
			for _, path := range paths {
				hints <- path
			}
		})
	}()
	p.t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			p.t.Errorf("watch ended with %v", err)
		}
	})
	until = func(path string) {
		p.t.Helper()
		limit := time.After(waits.Limit)
		for {
			select {
			case got := <-hints:
				if got.Within(index.MustPath("out")) || index.MustPath(path).Within(got) {
					if got.Within(index.MustPath("out")) {
						p.t.Error("hinted at what is skipped")
					}
					return
				}
			case <-limit:
				p.t.Fatalf("no hint at %s", path)
			}
		}
	}
	for hinted := false; !hinted; { // until the watch has begun
		p.save("begin", time.Now().String())
		select {
		case <-hints:
			hinted = true
		case <-time.After(200 * time.Millisecond):
		}
	}
	return until
}

func TestWatchFollowsDirectories(t *testing.T) {
	p := newPlace(t)
	at := func(path string) string { return filepath.Join(p.root, path) }
	os.MkdirAll(at("d/e"), 0o755)
	os.MkdirAll(at("out"), 0o755)
	until := p.watched(func(path index.Path, _ bool) bool { return path.Within(index.MustPath("out")) }, nil)

	p.save("d/e/f", "1")
	until("d/e/f")

	os.Rename(at("d"), at("moved"))
	until("d")
	until("moved")
	p.save("moved/e/f", "2") // a watch under its old name would tell of d/e/f
	until("moved/e/f")

	for end := time.Now().Add(waits.Limit); ; time.Sleep(10 * time.Millisecond) {
		os.RemoveAll(at("moved")) // a system may have it go only once its watch has ended
		if _, err := os.Lstat(at("moved")); err != nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("a watched directory can't be removed")
		}
	}
	until("moved/e/f")
	os.MkdirAll(at("moved/e"), 0o755)
	until("moved/e")
	p.save("moved/e/f", "3")
	until("moved/e/f")

	elsewhere := t.TempDir()
	os.MkdirAll(filepath.Join(elsewhere, "x/y"), 0o755)
	if err := os.Rename(filepath.Join(elsewhere, "x"), at("x")); err != nil {
		t.Fatal(err)
	}
	until("x")
	p.save("x/y/f", "4")
	until("x/y/f")

	p.save("out/f", "5")
	p.save("last", "6")
	until("last")
}

// What is skipped no more is hinted at and watched, also if it was made meanwhile.
func TestWatchGoesWhereItDidNot(t *testing.T) {
	p := newPlace(t)
	var all atomic.Bool
	others := make(chan struct{})
	until := p.watched(func(path index.Path, _ bool) bool { return !all.Load() && path.Within(index.MustPath("aside")) }, others)
	if err := os.MkdirAll(filepath.Join(p.root, "aside/deep"), 0o755); err != nil {
		t.Fatal(err)
	}
	p.save("seen", "the events before are over")
	until("seen")
	all.Store(true)
	others <- struct{}{}
	for _, text := range []string{"1", "2"} {
		p.save("aside/deep/f", text)
		until("aside/deep/f")
	}
}

// Who watches keeps nobody from renaming or removing directories, at whatever
// depth others lie in them.
func TestWatchHoldsNothing(t *testing.T) {
	p := newPlace(t)
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	at := func(path string) string { return filepath.Join(p.root, path) }
	until := p.watched(nil, nil)
	for _, dir := range []string{"d", "d/e"} {
		do(os.Mkdir(at(dir), 0o755))
		until(dir)
	}
	p.save("d/e/f", "1")
	until("d/e/f")
	do(os.Rename(at("d"), at("moved")))
	until("d")
	until("moved")
	do(os.RemoveAll(at("moved")))
	until("moved/e/f")
	if _, err := os.Lstat(at("moved")); err == nil {
		t.Error("a directory that was removed is still there")
	}
}

func TestWatchEndsWithItsFolder(t *testing.T) {
	p := newPlace(t)
	ended := make(chan error, 1)
	go func() { ended <- p.Watch(t.Context(), nil, nil, func([]index.Path, bool) {}) }()
	for {
		os.RemoveAll(p.root)
		select {
		case err := <-ended:
			if err == nil || errors.Is(err, context.Canceled) {
				t.Errorf("ended with %v", err)
			}
			return
		case <-time.After(50 * time.Millisecond): // it may not have begun when the folder went
		}
	}
}

// Events that were too many for the system to tell of are looked for everywhere.
func TestWatchLooksEverywhereAfterAnOverflow(t *testing.T) {
	p := newPlace(t)
	sys, err := newWatcher(p.path)
	if err != nil {
		t.Fatal(err)
	}
	defer sys.Close()
	w := &watch{tree: p.Tree, sys: sys}
	w.add(index.Path{})
	ctx, cancel := context.WithCancel(t.Context())
	everywhere, ended := make(chan bool, 1), make(chan error, 1)
	go func() {
		ended <- w.run(ctx, nil, func(_ []index.Path, everything bool) {
			if everything {
				select {
				case everywhere <- true:
				default:
				}
			}
		})
	}()
	sys.Errors <- fsnotify.ErrEventOverflow
	select {
	case <-everywhere:
	case <-time.After(waits.Limit):
		t.Error("nobody looks for what was not told")
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("watch ended with %v", err)
	}
}
