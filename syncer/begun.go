package syncer

import (
	"slices"
	"sync"

	"kith/index"
)

// begun are the files of which part was gathered when nobody could send more of it, or the
// disk was full: a later attempt goes on with their drafts. What is wanted no more has to
// be let go of, or it would take up the disk.
type begun struct {
	mu    sync.Mutex // guards wants
	wants map[index.Path]index.File
}

// mostBegun is how many are noted. The drafts of more are removed with those that nobody
// came back for.
const mostBegun = 4096

// leave notes that the draft of a file stays behind.
func (b *begun) leave(want index.File) {
	want.Blocks = nil
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.wants == nil {
		b.wants = make(map[index.Path]index.File)
	}
	b.wants[want.Path] = want
	for p := range b.wants {
		if len(b.wants) <= mostBegun {
			break
		}
		if p != want.Path {
			delete(b.wants, p)
		}
	}
}

// before returns what was to come to a path, if that was something else than what is to
// come, or has come, there now, and notes it no longer. came: it is in place.
func (b *begun) before(want index.File, came bool) []index.File {
	b.mu.Lock()
	defer b.mu.Unlock()
	was, ok := b.wants[want.Path]
	same := want.Kind == index.Regular && was.Root == want.Root
	if ok && (came || !same) {
		delete(b.wants, want.Path)
	}
	if !ok || same {
		return nil
	}
	return []index.File{was}
}

// takeAll returns all, in the order of their paths, which are no longer noted then.
func (b *begun) takeAll() (all []index.File) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, want := range b.wants {
		all = append(all, want)
	}
	slices.SortFunc(all, func(a, c index.File) int { return a.Path.Compare(c.Path) })
	b.wants = nil
	return all
}

// discard removes drafts of what is wanted no more.
func (f *folder) discard(wants []index.File) {
	for _, want := range wants {
		if err := f.openTree().Discard(want); err != nil {
			f.log.Debug("draft stays", "path", want.Path.String(), "err", err)
		}
	}
}
