package disk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"

	"kith/index"
	"kith/syncer/plan"
)

// ErrWatchLimit is wrapped by what Watch returns when the system grants no more
// watches: hints came only from a part of the folder, or from nothing.
var ErrWatchLimit = errors.New("the system's limit of watched directories is reached")

// Watch calls hint with paths at or under which something may have changed, once
// they have been quiet for a while, and with everything set when it cannot tell
// where to look: so it does first of all, as soon as it watches, for nothing tells what
// changed before. skip names what need not be watched; a value from others says that it
// names other paths now, and what it names no more is hinted at once it is watched.
// Watch returns when ctx ends, or with an error when watching is not possible. Each Tree has
// a watcher of its own: a system that grants no more of them says so, and the folder is then
// scanned from time to time.
func (t *Tree) Watch(ctx context.Context, skip func(p index.Path, dir bool) bool, others <-chan struct{}, hint func(paths []index.Path, everything bool)) error {
	if err := t.Check(); err != nil {
		return fmt.Errorf("watch folder: %w", err)
	}
	sys, err := newWatcher(t.path)
	if err != nil {
		return fmt.Errorf("watch folder: %w", limited(err))
	}
	defer sys.Close()
	w := &watch{tree: t, sys: sys, skip: skip}
	w.add(index.Path{})
	if w.root == nil {
		return fmt.Errorf("watch folder: %w", cmp.Or(w.short, plan.ErrUnavailable))
	}
	hint(nil, true)
	return w.run(ctx, others, hint)
}

// limited says ErrWatchLimit where an error means that.
func limited(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		return fmt.Errorf("%w: %w", ErrWatchLimit, err)
	}
	return err
}

// watch follows one tree. Most systems watch single directories; that all of
// them are watched, and only once, is up to us.
type watch struct {
	tree  *Tree
	sys   *watcher
	skip  func(p index.Path, dir bool) bool
	root  *watched
	count int // what the system counts against its limit
	quiet quiet
	short error // why a part of the tree is not watched
	tell  bool  // hint at what is newly watched
}

// watched is a watched directory: its watched subdirectories by name.
type watched struct{ sub map[string]*watched }

const (
	beat  = 20 * time.Millisecond // between two batches of hints
	blind = 2 * time.Minute       // between two hints to look everywhere while a part is not watched
)

func (w *watch) run(ctx context.Context, others <-chan struct{}, hint func([]index.Path, bool)) error {
	timer := time.NewTimer(beat)
	defer timer.Stop()
	look := time.NewTicker(blind)
	defer look.Stop()
	armed := true
	if w.short != nil {
		w.quiet.overflow()
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case ev, ok := <-w.sys.Events:
			if !ok {
				return fs.ErrClosed
			}
			w.event(ev, time.Now())
		case <-others:
			w.more()
		case err := <-w.sys.Errors:
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				return fmt.Errorf("watch folder: %w", err)
			}
			w.again()
		case <-look.C:
			if w.check(); w.short != nil {
				w.again()
			}
		case <-timer.C:
			armed = false
			if paths, everything := w.quiet.take(time.Now()); everything || len(paths) > 0 {
				hint(paths, everything)
			}
		}
		if w.root == nil {
			return fmt.Errorf("watch folder: %w: its directory went away", plan.ErrUnavailable)
		}
		if armed {
			continue // at the latest then; every event in between would only put it off
		}
		if at, ok := w.quiet.next(time.Now()); ok {
			timer.Reset(max(time.Until(at), beat))
			armed = true
		}
	}
}

// check ends the watch if the folder went away.
func (w *watch) check() {
	if w.tree.Check() != nil {
		w.root = nil
	}
}

// again watches what is not watched yet, and says that anything may have changed.
func (w *watch) again() {
	if w.check(); w.root == nil {
		return
	}
	w.addAll()
	w.quiet.overflow()
}

// more watches what was left out before, and hints at that.
func (w *watch) more() {
	if w.check(); w.root == nil {
		return
	}
	w.tell = true
	w.addAll()
	w.tell = false
}

// addAll watches all that is to be watched.
func (w *watch) addAll() {
	w.short, w.count = nil, 0
	w.add(index.Path{})
}

// event takes one event of the system as a hint.
func (w *watch) event(ev fsnotify.Event, now time.Time) {
	p, exact, ok := w.pathOf(ev.Name)
	if !ok || exact && p.IsRoot() {
		w.check() // a directory that is held open does not tell of its own end
		return
	}
	if !exact {
		w.quiet.hint(p, now)
		return
	}
	node := w.find(p)
	if ev.Has(fsnotify.Remove) || ev.Has(fsnotify.Rename) {
		w.drop(p, node)
	}
	isDir := node != nil
	if ev.Has(fsnotify.Create) {
		isDir = w.isDirectory(p)
	}
	if w.skip != nil && w.skip(p, isDir) {
		return
	}
	if ev.Has(fsnotify.Create) && isDir && !watchesBelow {
		w.drop(p, node) // another directory may have had the name
		w.add(p)
	}
	w.quiet.hint(p, now)
}

// isDirectory reports whether a directory lies at p. Most often a file does, and
// then this is a single call that fails.
func (w *watch) isDirectory(p index.Path) bool {
	d, err := w.tree.root.sub(p.String())
	if err == nil {
		d.close()
	}
	return err == nil
}

// pathOf reads a name of the system. What is not a path of the folder stands
// for the directory it lies in, not exactly, and what is ours for nothing.
func (w *watch) pathOf(name string) (p index.Path, exact, ok bool) {
	rel, err := filepath.Rel(w.tree.path, name)
	if err != nil {
		return p, false, false
	}
	rel = filepath.ToSlash(rel)
	if first, _, _ := strings.Cut(rel, "/"); first == index.Own || first == ".." {
		return p, false, false
	}
	if rel == "." {
		return p, true, true
	}
	for exact = true; rel != "."; rel, exact = path.Dir(rel), false {
		if p, err := index.ParsePath(rel); err == nil {
			return p, exact, true
		}
	}
	return p, false, true
}

// systemPath is how the system calls a path of the folder.
func (t *Tree) systemPath(p index.Path) string {
	return filepath.Join(t.path, filepath.FromSlash(p.String()))
}

func (w *watch) find(p index.Path) *watched {
	node := w.root
	if p.IsRoot() || node == nil {
		return node
	}
	for name := range strings.SplitSeq(p.String(), "/") {
		if node = node.sub[name]; node == nil {
			return nil
		}
	}
	return node
}

// add watches the directory at p and those below it. The watch comes first and
// the listing after it, so that nothing is made between the two unseen; who
// hints at p afterwards has all of it looked at.
func (w *watch) add(p index.Path) {
	if !p.IsRoot() && w.skip != nil && w.skip(p, true) {
		return
	}
	up := w.find(p.Parent())
	if up == nil && !p.IsRoot() {
		return
	}
	d, err := w.tree.root.sub(p.String())
	if err != nil {
		return // it went, or cannot be looked into: the scan says so
	}
	if err := w.sys.Add(w.tree.systemPath(p)); err != nil {
		d.close()
		if !isNotExist(err) {
			w.short = limited(err)
		}
		return
	}
	if watchesBelow {
		d.close()
		w.enter(up, p)
		return
	}
	subs, total, err := d.subdirs()
	d.close()
	if w.count += watchCost(total); w.count > watchCap {
		w.short = ErrWatchLimit
	}
	w.enter(up, p)
	if err != nil {
		w.short = err
	}
	for _, name := range subs {
		if child, err := p.Join(name); err == nil && !errors.Is(w.short, ErrWatchLimit) {
			w.add(child)
		}
	}
}

// enter notes that p is watched.
func (w *watch) enter(up *watched, p index.Path) {
	if p.IsRoot() {
		if w.root == nil {
			w.root = &watched{sub: map[string]*watched{}}
		}
		return
	}
	if up.sub[p.Name()] == nil {
		up.sub[p.Name()] = &watched{sub: map[string]*watched{}}
		if w.tell {
			w.quiet.hint(p, time.Now())
		}
	}
}

// drop ends the watches at and below p: a directory that is renamed takes them
// along under names that are no longer true.
func (w *watch) drop(p index.Path, node *watched) {
	if node == nil {
		return
	}
	for name, sub := range node.sub {
		if child, err := p.Join(name); err == nil {
			w.drop(child, sub)
		}
	}
	w.sys.Remove(w.tree.systemPath(p)) // an error means that the system did so by itself
	if up := w.find(p.Parent()); up != nil {
		delete(up.sub, p.Name())
	}
}
