package syncer_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kith/index"
	"kith/syncer"
)

// moments is anna's disk and index, at which the test has something happen at a moment
// of a look; hints come from the test alone.
type moments struct {
	t      *testing.T
	anna   *device
	mu     sync.Mutex // guards what is done once at each moment
	rules  func()     // as the ignore file of the folder is looked for
	walk   func()     // as the folder is walked, after that
	looked func()     // as a look at everything has said all it has to say
	hints  chan []index.Path
	taken  chan struct{}
	closed atomic.Bool // the ignore file cannot be opened
}

func (m *moments) at(do *func()) {
	m.mu.Lock()
	now := *do
	*do = nil
	m.mu.Unlock()
	if now != nil {
		now()
	}
}

// hint says where something may have changed.
func (m *moments) hint(paths ...string) {
	var all []index.Path
	for _, p := range paths {
		all = append(all, index.MustPath(p))
	}
	m.hints <- all
	<-m.taken
}

type momentsTree struct {
	syncer.Tree
	m *moments
}

func (t momentsTree) Stat(p index.Path) (index.Entry, error) {
	if p == index.MustPath(".kithignore") {
		t.m.at(&t.m.rules)
	}
	return t.Tree.Stat(p)
}

func (t momentsTree) Open(p index.Path, id index.Identity) (interface {
	io.ReaderAt
	io.Closer
	Same() bool
	NextData(off int64) int64
}, error) {
	if p == index.MustPath(".kithignore") && t.m.closed.Load() {
		return nil, errors.New("the disk says no")
	}
	return t.Tree.Open(p, id)
}

func (t momentsTree) Walk(ctx context.Context, under index.Path, skip func(index.Path, bool) bool, fn func(index.Entry) error) error {
	if under.IsRoot() {
		t.m.at(&t.m.walk)
	}
	return t.Tree.Walk(ctx, under, skip, fn)
}

func (t momentsTree) Watch(ctx context.Context, _ func(index.Path, bool) bool, _ <-chan struct{}, hint func([]index.Path, bool)) error {
	for {
		select {
		case paths := <-t.m.hints:
			hint(paths, false)
			t.m.taken <- struct{}{}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

type momentsStore struct {
	syncer.Store
	m *moments
}

func (s momentsStore) SetValue(ctx context.Context, f index.FolderID, name, value string) error {
	if name == "boot" {
		s.m.at(&s.m.looked)
	}
	return s.Store.SetValue(ctx, f, name, value)
}

// inMoments starts anna and ben, who hold a file each of which the other knows.
func inMoments(t *testing.T) (w *world, m *moments, ben *device) {
	w = newWorld(t, "anna", "ben")
	m = &moments{t: t, anna: w.devices[0], hints: make(chan []index.Path), taken: make(chan struct{})}
	m.anna.stop()
	m.anna.wrap = func(tree syncer.Tree) syncer.Tree { return momentsTree{tree, m} }
	m.anna.store = momentsStore{m.anna.store, m}
	m.anna.start()
	connect(m.anna, w.devices[1])
	m.anna.write("first", "known to both")
	w.settle()
	return w, m, w.devices[1]
}

// restart has anna begin anew while do is done.
func (m *moments) restart(do func()) {
	ben := m.anna.w.devices[1]
	disconnect(m.anna, ben)
	m.anna.stop()
	do()
	m.anna.start()
	connect(m.anna, ben)
}

// empty empties the ignore file, and stops anna's clock a moment later.
func (m *moments) empty() {
	m.anna.write(".kithignore", "")
	info, err := os.Stat(filepath.Join(m.anna.dir, ".kithignore"))
	must(m.t, err)
	stopped := info.ModTime().Add(time.Millisecond)
	m.anna.clock.Store(&stopped)
}

// full writes it anew, and lets the clock go on.
func (m *moments) full() {
	m.anna.write(".kithignore", "/build/\n")
	m.anna.clock.Store(nil)
}

// builds reports whether a build directory is in a tree.
func builds(tree string) bool {
	return strings.Contains("\n"+tree, "\nbuild/") || strings.Contains(tree, "project/build/")
}

func (m *moments) stayed(ben *device) {
	m.t.Helper()
	m.anna.w.settle()
	if got := ben.tree(); builds(got) {
		m.t.Errorf("what anna ignores is at ben:\n%s", got)
	}
	for _, p := range []string{"build/out", "project/build/out"} {
		if found, err := m.anna.engine.Stat(m.t.Context(), m.anna.w.folder, index.MustPath(p)); err != nil || found.Live() {
			m.t.Errorf("%+v, %v: what anna ignores is in her index", found, err)
		}
	}
}

// ignoring has anna ignore build/, which lies there.
func (m *moments) ignoring(ben *device) {
	m.anna.write(".kithignore", "/build/\n")
	m.anna.write("build/out", "made")
	m.stayed(ben)
}

func TestARuleHoldsForWhatIsMadeAfterIt(t *testing.T) {
	t.Parallel()
	t.Run("noticed together", func(t *testing.T) {
		_, m, ben := inMoments(t)
		m.anna.write(".kithignore", "/build/\n")
		m.anna.write("build/out", "made")
		m.hint(".kithignore", "build")
		m.stayed(ben)
	})
	t.Run("noticed before it", func(t *testing.T) {
		_, m, ben := inMoments(t)
		m.anna.write(".kithignore", "/build/\n")
		m.anna.write("build/out", "made")
		m.hint("build")
		m.stayed(ben)
	})
	t.Run("in the middle of a look", func(t *testing.T) {
		_, m, ben := inMoments(t)
		m.walk = func() {
			m.anna.write(".kithignore", "/build/\n")
			m.anna.write("build/out", "made")
		}
		m.stayed(ben)
	})
	t.Run("in a directory that comes with both", func(t *testing.T) {
		_, m, ben := inMoments(t)
		aside := filepath.Join(t.TempDir(), "project")
		must(t, os.MkdirAll(filepath.Join(aside, "build"), 0o755))
		must(t, os.WriteFile(filepath.Join(aside, ".kithignore"), []byte("build/\n"), 0o644))
		must(t, os.CopyFS(filepath.Join(m.anna.dir, "project"), os.DirFS(aside)))
		m.hint("project")
		m.stayed(ben)
		if got := ben.tree(); !strings.Contains(got, "project/.kithignore") {
			t.Errorf("ben holds\n%s", got)
		}
	})
	t.Run("and its deletion is not told", func(t *testing.T) {
		w, m, ben := inMoments(t)
		m.anna.write(".kithignore", "/first\n")
		m.anna.remove("first")
		m.hint("first")
		w.settle()
		if got := ben.tree(); !strings.Contains(got, "first") {
			t.Errorf("ben holds\n%s", got)
		}
	})
}

// TestRulesThatWentWithTheirDirectoryHoldNothingBack: who hears of what took the place of a
// directory before all that lay in it is gone would put it back for the rest.
func TestRulesThatWentWithTheirDirectoryHoldNothingBack(t *testing.T) {
	t.Parallel()
	w, m, ben := inMoments(t)
	m.anna.write("d/.kithignore", "*.log\n")
	m.anna.write("d/e/f", "text")
	m.hint("d")
	w.settle()
	m.anna.remove("d")
	must(t, os.Symlink("elsewhere", filepath.Join(m.anna.dir, "d"))) // a file would have to be dry first
	m.hint("d")
	m.anna.until("told all", func(syncer.Status) bool { return !strings.Contains(ben.tree(), "d/") })
	w.settle()
	recs, err := m.anna.store.Get(t.Context(), w.folder, []index.Path{index.MustPath("d"), index.MustPath("d/.kithignore"), index.MustPath("d/e"), index.MustPath("d/e/f")}, false)
	must(t, err)
	for _, r := range recs[1:] {
		if r.Kind != index.Deleted || r.Seq > recs[0].Seq {
			t.Errorf("%s, now %s, is told as number %d, and what took its directory's place as number %d", r.Path, r.Kind, r.Seq, recs[0].Seq)
		}
	}
}

func TestWhatWasIgnoredStaysWhileItsRulesAreSaved(t *testing.T) {
	t.Parallel()
	t.Run("emptied and filled again", func(t *testing.T) {
		_, m, ben := inMoments(t)
		m.ignoring(ben)
		m.rules, m.looked = m.empty, m.full
		m.stayed(ben)
	})
	t.Run("moved away and written anew", func(t *testing.T) {
		_, m, ben := inMoments(t)
		m.ignoring(ben)
		m.rules = func() { m.anna.rename(".kithignore", ".kithignore~") }
		m.looked = m.full
		m.stayed(ben)
	})
	t.Run("emptied as we begin", func(t *testing.T) {
		_, m, ben := inMoments(t)
		m.ignoring(ben)
		m.restart(func() { m.rules, m.looked = m.empty, m.full })
		m.stayed(ben)
	})
	t.Run("moved away as we begin", func(t *testing.T) {
		_, m, ben := inMoments(t)
		m.ignoring(ben)
		m.restart(func() {
			m.anna.remove(".kithignore")
			m.looked = m.full
		})
		m.stayed(ben)
	})
}

func TestWhatWasIgnoredStaysWhileItsRulesCannotBeRead(t *testing.T) {
	t.Parallel()
	_, m, ben := inMoments(t)
	m.ignoring(ben)
	m.closed.Store(true)
	m.anna.write(".kithignore", "/build/\n*.log\n")
	m.anna.write("second", "told by what is known")
	m.anna.scan()
	m.anna.until("troubled", func(s syncer.Status) bool { return len(s.Problems) > 0 && s.Problems[0].Path == ".kithignore" })
	ben.until("told", func(syncer.Status) bool { return strings.Contains(ben.tree(), "second") })
	m.restart(func() { m.anna.write("third", "not told, for nothing is known") })
	m.anna.scan()
	if got := ben.tree(); builds(got) || strings.Contains(got, "third") {
		t.Errorf("ben holds\n%s", got)
	}
	m.read(ben, "third")
}

// read lets the ignore file be read: now a file travels that waited for that.
func (m *moments) read(ben *device, file string) {
	m.t.Helper()
	m.closed.Store(false)
	m.stayed(ben)
	ben.w.settle()
	if got := ben.tree(); !strings.Contains(got, file) || len(m.anna.status().Problems) > 0 {
		m.t.Errorf("ben holds\n%s\nanna says %+v", got, m.anna.status().Problems)
	}
}

func TestWhatRulesIgnoreIsNotKnownUntilTheyWereRead(t *testing.T) {
	t.Parallel()
	_, m, ben := inMoments(t)
	m.closed.Store(true)
	m.anna.write(".kithignore", "/build/\n")
	m.anna.write("build/out", "made")
	m.anna.write("second", "not told, for nothing is known")
	m.anna.scan()
	m.anna.until("troubled", func(s syncer.Status) bool { return s.Phase == syncer.Failing && s.Problems[0].Path == ".kithignore" })
	if got := ben.tree(); builds(got) || strings.Contains(got, "second") {
		t.Errorf("ben holds\n%s", got)
	}
	m.read(ben, "second")
}

// TestWhatIsIgnoredNoMoreTravels, whoever says so, and in whatever way.
func TestWhatIsIgnoredNoMoreTravels(t *testing.T) {
	t.Parallel()
	for name, allow := range map[string]func(w *world, m *moments){
		"emptied": func(_ *world, m *moments) { m.anna.write(".kithignore", "") },
		"removed": func(_ *world, m *moments) { m.anna.remove(".kithignore") },
		"renamed over": func(_ *world, m *moments) {
			m.anna.write(".kithignore.swp", "*.log\n")
			m.anna.rename(".kithignore.swp", ".kithignore")
		},
		"removed elsewhere": func(w *world, m *moments) {
			w.devices[1].remove(".kithignore")
			w.devices[1].scan()
			m.anna.until("heard", func(syncer.Status) bool { return !strings.Contains(m.anna.tree(), ".kithignore") })
			m.hint(".kithignore")
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, m, ben := inMoments(t)
			m.ignoring(ben)
			allow(w, m)
			w.settle()
			if got := ben.tree(); !strings.Contains(got, "build/out = made") {
				t.Errorf("ben holds\n%s", got)
			}
		})
	}
}

// TestWhatIsIgnoredNoMoreIsWatched: a directory that was made while it was ignored is
// noticed like any other from then on.
func TestWhatIsIgnoredNoMoreIsWatched(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	a.write(".kithignore", "/build/\n")
	w.settle()
	a.write("build/deep/out", "made")
	w.settle()
	a.remove(".kithignore")
	w.settle()
	a.write("build/deep/new", "nobody says where to look")
	b.until("new there", func(syncer.Status) bool { return strings.Contains(b.tree(), "build/deep/new = nobody") })
}
