package syncer

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"

	"kith/index"
	"kith/syncer/plan"
)

// noteArriving is where the index keeps what was being put in place while nobody was known
// to hold it any more.
const noteArriving = "arriving"

// arriving are the files that are being put in place, and are not recorded yet. Should this
// life end before they are, the next one knows them by what others hold. But nobody holds
// what we settle, and the conflict copy that comes of it, and others may tell of something
// newer meanwhile: then what is being put in place is noted before it is, or before that
// is learnt, and until something is recorded there.
type arriving struct {
	mu       sync.Mutex // guards the rest
	wants    map[index.Path]index.File
	learning map[index.Path]bool // of which somebody tells something just now
	anew     bool                // and all that somebody told before is forgotten
	noted    map[index.Path]index.File

	noting gate // who writes the note
}

// begin notes that jobs are about to be put in place.
func (a *arriving) begin(ctx context.Context, f *folder, jobs []*job) error {
	var paths []index.Path
	heard := f.heard.Load()
	a.mu.Lock()
	if a.wants == nil {
		a.wants = make(map[index.Path]index.File)
	}
	for _, j := range jobs {
		for _, want := range j.wants() {
			if want.Kind != index.Regular && want.Kind != index.Symlink {
				continue // what is gone, or a directory, looks the same whoever made it so
			}
			a.wants[want.Path] = want
			if j.settles || j.heard != heard || a.anew || a.learning[want.Path] {
				paths = append(paths, want.Path)
			}
		}
	}
	a.mu.Unlock()
	if len(paths) == 0 {
		return nil
	}
	cases, err := f.store.Cases(ctx, f.id, paths)
	if err != nil {
		return err
	}
	p := f.plan()
	a.mu.Lock()
	unheld := paths[:0]
	for _, c := range cases {
		want := a.wants[c.Path]
		if _, known := p.Recognize(c, c.Have.File, want); !known || a.anew || a.learning[c.Path] {
			unheld = append(unheld, c.Path)
		}
	}
	a.mu.Unlock()
	return a.note(ctx, f, unheld)
}

// end notes that jobs are in place and recorded, or came to nothing.
func (a *arriving) end(jobs []*job) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, j := range jobs {
		for _, want := range j.wants() {
			delete(a.wants, want.Path)
		}
	}
}

// learn notes that files are about to be learnt from a member, of which everything that
// was learnt before is forgotten if it is told anew. The function that is returned ends that.
func (a *arriving) learn(ctx context.Context, f *folder, files []index.File, anew bool) (done func(), err error) {
	var paths []index.Path
	a.mu.Lock()
	a.anew, a.learning = anew, make(map[index.Path]bool, len(files))
	for _, file := range files {
		a.learning[file.Path] = true
		if want, ok := a.wants[file.Path]; ok && !want.Same(file) {
			paths = append(paths, file.Path)
		}
	}
	if anew {
		paths = slices.SortedFunc(maps.Keys(a.wants), index.Path.Compare)
	}
	a.mu.Unlock()
	done = func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.anew, a.learning = false, nil
	}
	return done, a.note(ctx, f, paths)
}

// recorded forgets what was noted where something is recorded now.
func (a *arriving) recorded(ctx context.Context, f *folder, batch []index.Record) {
	any := false
	a.mu.Lock()
	for _, r := range batch {
		if _, ok := a.noted[r.Path]; ok {
			delete(a.noted, r.Path)
			any = true
		}
	}
	a.mu.Unlock()
	if !any {
		return
	}
	if err := a.save(ctx, f); err != nil {
		f.log.Debug("the note of what was being put in place stays", "err", err) // it looks like what is there now, or like nothing
	}
}

// held returns what was noted at a path, as if somebody who sends held it.
func (a *arriving) held(p plan.Folder, path index.Path) []index.Holding {
	a.mu.Lock()
	defer a.mu.Unlock()
	file, ok := a.noted[path]
	i := slices.IndexFunc(p.Members, func(m index.Member) bool { return m.Role == index.Both })
	if !ok || i < 0 {
		return nil
	}
	return []index.Holding{{Device: p.Members[i].Device, File: file}}
}

// has reports whether something was noted at a path.
func (a *arriving) has(path index.Path) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, ok := a.noted[path]
	return ok
}

// load reads what an earlier life noted.
func (a *arriving) load(ctx context.Context, f *folder) error {
	text, err := f.store.Value(ctx, f.id, noteArriving)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.noted = nil
	if text != "" {
		if err := json.Unmarshal([]byte(text), &a.noted); err != nil {
			f.log.Warn("what was being put in place is not known any more", "err", err)
		}
	}
	return nil
}

// note notes, durably, what is being put in place at some paths.
func (a *arriving) note(ctx context.Context, f *folder, paths []index.Path) error {
	if len(paths) == 0 {
		return nil
	}
	a.mu.Lock()
	if a.noted == nil {
		a.noted = make(map[index.Path]index.File)
	}
	for _, p := range paths {
		if want, ok := a.wants[p]; ok {
			want.Blocks = nil
			a.noted[p] = want
		}
	}
	a.mu.Unlock()
	return a.save(ctx, f)
}

func (a *arriving) save(ctx context.Context, f *folder) error {
	leave, err := a.noting.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	a.mu.Lock()
	var text []byte
	if len(a.noted) > 0 {
		text, err = json.Marshal(a.noted)
	}
	a.mu.Unlock()
	if err != nil {
		return err
	}
	return f.store.SetValue(ctx, f.id, noteArriving, string(text))
}
