package syncer

import (
	"context"
	"encoding/json"
	"slices"
	"sync"

	"kith/index"
)

const (
	noteEpochs = "epochs" // that our index of a folder had, this one included
	noteComing = "epoch to come"
	mostEpochs = 500 // remembered
)

// epochs are those that our own index of a folder had. Who remembers another one than
// ours, that is none of these, heard a later one than ours: an index was brought back
// from before it began.
type epochs struct {
	noting gate // who writes the note, and then remembers what it says

	mu   sync.Mutex    // guards the rest; never held while the store is asked
	born bool          // ours was drawn in this run of the program: all others are before it
	past []index.Epoch // and it
}

// coming is an epoch that is about to begin, and those that will be past then: noted before,
// as a run that ends right after it began cannot say so any more. If it does not begin, none
// of that is so.
type coming struct {
	Epoch index.Epoch   `json:"epoch"`
	Past  []index.Epoch `json:"past"`
}

// begin reads what earlier runs noted, and notes the epoch of this one. born: it was drawn
// just now.
func (e *epochs) begin(ctx context.Context, f *folder, epoch index.Epoch, born bool) error {
	text, err := f.store.Value(ctx, f.id, noteEpochs)
	if err != nil {
		return err
	}
	var past []index.Epoch
	if text != "" && json.Unmarshal([]byte(text), &past) != nil {
		past = nil
	}
	if text, err = f.store.Value(ctx, f.id, noteComing); err != nil {
		return err
	}
	var came coming
	if text != "" && json.Unmarshal([]byte(text), &came) == nil && came.Epoch == epoch && !slices.Contains(past, epoch) {
		past = append(past, came.Past...)
	}
	e.mu.Lock()
	e.born, e.past = born, past
	e.mu.Unlock()
	if slices.Contains(past, epoch) {
		return nil
	}
	past = latest(append(slices.Clone(past), epoch))
	if err := f.noteEpochs(ctx, past); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.past = past
	return nil
}

// latest returns as many epochs as are remembered.
func latest(all []index.Epoch) []index.Epoch { return all[max(0, len(all)-mostEpochs):] }

func (f *folder) noteEpochs(ctx context.Context, all []index.Epoch) error {
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return f.store.SetValue(ctx, f.id, noteEpochs, string(text))
}

// isBorn reports whether ours was drawn in this run of the program: what it counts,
// nobody can have heard before.
func (e *epochs) isBorn() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.born
}

// begins notes that an epoch is about to begin after some others.
func (e *epochs) begins(ctx context.Context, f *folder, epoch index.Epoch, past ...index.Epoch) error {
	text, err := json.Marshal(coming{epoch, past})
	if err != nil {
		return err
	}
	return f.store.SetValue(ctx, f.id, noteComing, string(text))
}

// renewed notes that a new epoch has begun after some others.
func (e *epochs) renewed(ctx context.Context, f *folder, past ...index.Epoch) error {
	e.mu.Lock()
	e.born = true
	e.mu.Unlock()
	_, err := e.precede(ctx, f, past...)
	return err
}

// precede reports whether epochs that others remember of us began before ours, as far as is
// known: while ours was drawn in this run that is sure, and noted for later ones.
func (e *epochs) precede(ctx context.Context, f *folder, theirs ...index.Epoch) (bool, error) {
	var all []index.Epoch
	known := false
	err := e.noting.note(ctx, f, &e.mu, noteEpochs, func() any {
		all = slices.Clone(e.past)
		for _, n := range theirs {
			if n != 0 && !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
		known = e.born || len(all) == len(e.past)
		if !e.born || len(all) == len(e.past) {
			return nil
		}
		all = latest(all)
		return all
	}, func() { e.past = all })
	return known, err
}

// otherEpochs returns the epochs of ours, other than this one, that files name.
func (f *folder) otherEpochs(files []index.File) []index.Epoch {
	self := f.shape.Load().plan.Self
	var all []index.Epoch
	for _, file := range files {
		for _, c := range file.Version {
			if c.Actor.Device == self.Device && c.Actor.Epoch != self.Epoch && !slices.Contains(all, c.Actor.Epoch) {
				all = append(all, c.Actor.Epoch)
			}
		}
	}
	return all
}
