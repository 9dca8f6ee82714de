package disk

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"kith/index"
	"kith/syncer/plan"
)

// manner is what a disk can do.
type manner int

const (
	exchanging manner = iota // all of it
	replacing                // it has no call to exchange two objects
	plain                    // nor one to rename unless the name is taken
)

func (m manner) String() string {
	return [...]string{"a disk that exchanges", "a disk that cannot exchange", "a disk that renames plainly"}[m]
}

// tap refuses what such a disk has no call for, and hands the rest on.
func (m manner) tap(next tap) tap {
	return func(o op) error {
		if o.verb == "exchange" && m >= replacing || o.verb == "rename new" && m == plain {
			return unix.EINVAL
		}
		return next.see(o)
	}
}

// workload is one, two or three acts in a folder of a manner.
type workload struct {
	manner manner
	acts   []act
}

func (w workload) String() string {
	var names []string
	for _, a := range w.acts {
		names = append(names, a.name)
	}
	return strings.Join(names, ", then ") + ", on " + w.manner.String()
}

// workloads returns every act and every ordered pair of them, in every manner.
func workloads() (all []workload) {
	for _, m := range []manner{exchanging, replacing, plain} {
		for _, a := range acts {
			all = append(all, workload{m, []act{a}})
		}
		for _, a := range acts {
			for _, b := range acts {
				all = append(all, workload{m, []act{a, b}})
			}
		}
	}
	return all
}

func (w workload) last() act { return w.acts[len(w.acts)-1] }

// trace is what was recorded of a workload: the changes of its last act come
// after the first begin.
type trace struct {
	*recorder
	begin         int
	before, after ledger
	given         map[string]bool // contents that the act gives up
}

// ledger is what a person had at a moment.
type ledger struct {
	tree map[string]seen
	had  map[string]string // contents that could be got at, and where
}

// take looks at a folder as a person does: at the files, and at what the program
// lists of earlier versions.
func take(w *workplace) (l ledger, err error) {
	m, err := loadModel(w.root, index.Own)
	if err != nil {
		return l, err
	}
	l = ledger{tree: m.tree(), had: map[string]string{}}
	for p, s := range l.tree {
		if s.content != "directory" {
			l.had[s.content] = p
		}
	}
	kept, err := w.Versions(index.Path{})
	for _, k := range kept {
		var b bytes.Buffer // which needs no other one to be copied into
		if err := w.Export(k, &b); err != nil {
			return l, err
		}
		content := "file " + b.String()
		if k.Kind == index.Symlink {
			content = "link " + b.String()
		}
		if _, ok := l.had[content]; !ok {
			l.had[content] = keptBefore + k.Path.String()
		}
	}
	return l, err
}

const keptBefore = "earlier "

// given returns the contents that an act gives up.
func (l ledger) given(a act) map[string]bool {
	given := map[string]bool{}
	for content, where := range l.had {
		if slices.Contains(a.gives, where) || slices.Contains(a.gives, "versions") && strings.HasPrefix(where, keptBefore) {
			given[content] = true
		}
	}
	return given
}

// firstModel is the folder that every workload begins with.
var firstModel = sync.OnceValues(func() (*model, error) {
	dir, err := os.MkdirTemp("", "kith-first-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	root := filepath.Join(dir, "folder")
	if err := arrangeFolder(root); err != nil {
		return nil, err
	}
	return loadModel(root)
})

func firstFolder(root string) error {
	m, err := firstModel()
	if err != nil {
		return err
	}
	return m.build(root)
}

// record carries a workload out in a new folder below dir.
func (w workload) record(dir string) (*trace, error) { return w.recordWithout("", dir) }

// recordWithout leaves out of the record one kind of flush.
func (w workload) recordWithout(verb, dir string) (*trace, error) {
	root := filepath.Join(dir, "folder")
	defer os.RemoveAll(root)
	if err := firstFolder(root); err != nil {
		return nil, err
	}
	var see tap
	at, err := openWorkplace(root, w.manner.tap(func(o op) error { return see.see(o) }))
	if err != nil {
		return nil, err
	}
	defer at.Close()
	rec, err := newRecorder(root)
	if err != nil {
		return nil, err
	}
	see, rec.deaf = rec.see, verb
	t := &trace{recorder: rec}
	for i, a := range w.acts {
		if i == len(w.acts)-1 {
			if t.before, err = takeUnseen(at); err != nil {
				return nil, err
			}
			t.given = t.before.given(a)
			t.begin = len(rec.log)
			if slices.ContainsFunc(w.acts[:i], func(a act) bool { return a.gives != nil }) {
				rec.sure = t.begin // what comes back of it was not to be kept, that is all
			}
		}
		if err := a.run(at); err != nil {
			return nil, fmt.Errorf("%s: %w", a.name, err)
		}
	}
	if err := rec.check(); err != nil {
		return nil, err
	}
	t.after, err = takeUnseen(at)
	return t, err
}

// takeUnseen is take, past the tap.
func takeUnseen(w *workplace) (l ledger, err error) {
	other, err := openWorkplaceOnly(w)
	if err != nil {
		return l, err
	}
	defer other.Close()
	return take(other)
}

// openWorkplaceOnly is the same folder without a tap.
func openWorkplaceOnly(w *workplace) (*workplace, error) {
	twin := *w
	tree := &Tree{path: w.Tree.path, folder: w.folder, clock: w.clock, traits: w.traits}
	tree.open.init()
	tree.SetDevice("this device")
	if err := tree.enter(nil); err != nil {
		return nil, err
	}
	twin.Tree = tree
	return &twin, nil
}

// judge says what is wrong with what a person has after an act of a workload was
// interrupted, and the folder opened anew. done says that the act had ended
// without an error.
func (t *trace) judge(now ledger, done bool) error {
	must := t.before.had
	if done {
		must = t.after.had
	}
	for content := range must {
		if !now.knows(content) && !t.given[content] {
			return fmt.Errorf("lost: %.60q", content)
		}
	}
	for content, where := range now.had {
		if !t.before.knows(content) && !t.after.knows(content) && !isMeant(content) {
			return fmt.Errorf("half a file at %s: %.60q", where, content)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(union(now.tree, t.before.tree, t.after.tree))) {
		if err := allowed(t.before.tree[p], t.after.tree[p], now.tree[p], done); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	return nil
}

func (l ledger) knows(content string) bool {
	_, ok := l.had[content]
	return ok
}

func union[V any](all ...map[string]V) map[string]V {
	u := map[string]V{}
	for _, m := range all {
		maps.Copy(u, m)
	}
	return u
}

// allowed says what is wrong with what lies at a path: it must be what lay there
// before the act, or what does after it.
func allowed(before, after, now seen, done bool) error {
	switch {
	case now == after, !done && now == before:
		return nil
	case !done && (now.content == before.content || now.content == after.content) && (before != after || now.content == "directory"):
		return nil // half dressed
	case !done && now.content == "" && before.content == "directory":
		return nil // it was empty, and is removed before the other arrives
	}
	return fmt.Errorf("%.60q %s, not %.60q %s or %.60q %s", now.content, now.dress, before.content, before.dress, after.content, after.dress)
}

// complete verifies that after repeating the act all is as if it had never been
// interrupted.
func (t *trace) complete(now ledger) error {
	for content := range t.before.had {
		if !now.knows(content) && !t.given[content] {
			return fmt.Errorf("lost when repeated: %.60q", content)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(union(now.tree, t.after.tree))) {
		if got, want := now.tree[p].content, t.after.tree[p].content; got != want {
			return fmt.Errorf("repeated, %s is %.60q, not %.60q", p, got, want)
		}
	}
	return nil
}

// examine opens a folder as the program does when it starts, and judges what is
// there; then it repeats the act.
func (w workload) examine(root string, t *trace, done bool) (err error) {
	var first ledger
	for round := range 2 {
		at, err := openWorkplace(root, w.manner.tap(nil))
		if err != nil {
			return err
		}
		now, err := take(at)
		if err == nil {
			err = t.judge(now, done)
		}
		if round == 0 {
			first = now
			at.Close()
		} else {
			if err == nil && !maps.Equal(first.tree, now.tree) {
				err = errors.New("another start makes something else of it")
			}
			if err == nil {
				err = w.last().repeat(at)
			}
			if err == nil {
				if now, err = take(at); err == nil {
					err = t.complete(now)
				}
			}
			at.Close()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// repeat carries an act out once more. As the engine does, it looks again and
// decides again if something is not as it was seen.
func (a act) repeat(w *workplace) (err error) {
	for range 3 {
		if err = a.run(w); !errors.Is(err, plan.ErrChanged) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("repeated: %w", err)
	}
	return nil
}
