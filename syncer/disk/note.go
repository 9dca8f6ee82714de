package disk

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"kith/index"
)

// On a disk that cannot exchange two objects, a name is free for a moment while
// one replaces the other. A note tells what a crash in that moment left.
const notePrefix = "swap-"

type note struct {
	Path index.Path `json:"path"`
	Slot string     `json:"slot"` // its name among the earlier versions
}

// note writes down that what lies at a spot is about to leave for the slot. The
// note stays until what came of it is durable.
func (b *batch) note(at, slot spot) error {
	text, err := json.Marshal(note{at.path, slot.name})
	if err != nil {
		return err
	}
	name := notePrefix + index.Sum(text).String()[:32]
	if err := writeWhole(b.drafts, name, text); err != nil && !isExist(err) {
		return fmt.Errorf("note a swap: %w", err)
	}
	b.notes = append(b.notes, name)
	if err := b.drafts.sync(); err != nil {
		return fmt.Errorf("note a swap: %w", err)
	}
	return nil
}

// oldNotes are notes that have served, and could not be removed yet.
type oldNotes struct {
	sync.Mutex
	names []string
}

// dropNotes removes the notes of this batch, durably: one that came back after a
// power cut would bring back what was removed since.
func (b *batch) dropNotes() error {
	b.served.Lock()
	defer b.served.Unlock()
	todo := append(b.served.names, b.notes...)
	if len(todo) == 0 {
		return nil
	}
	b.served.names = nil
	var first error
	for _, name := range todo {
		if err := b.drafts.unlink(name); err != nil && !isNotExist(err) {
			b.served.names = append(b.served.names, name)
			first = cmp.Or(first, err)
		}
	}
	return cmp.Or(first, b.drafts.sync())
}

// recover brings back what left its place when a crash kept its successor from
// arriving.
func (t *Tree) recover() error {
	names, err := t.drafts.names()
	if err != nil {
		return fmt.Errorf("list drafts: %w", err)
	}
	for _, name := range names {
		if !strings.HasPrefix(name, notePrefix) {
			continue
		}
		if err := t.undo(name); err != nil {
			return fmt.Errorf("undo a swap: %w", err)
		}
		if err := t.drafts.unlink(name); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tree) undo(name string) error {
	text, err := readWhole(t.drafts, name)
	if err != nil {
		return err
	}
	var n note
	if json.Unmarshal(text, &n) != nil { // it was cut off: the swap had not begun
		return nil
	}
	slots, err := t.versionsOf(n.Path.Parent(), false)
	if isNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer slots.close()
	d, err := t.look(n.Path)
	if isNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.close()
	err = slots.moveNew(n.Slot, d, n.Path.Name())
	if isExist(err) || isNotExist(err) { // it had ended, or not begun
		return nil
	}
	return errors.Join(err, d.sync())
}
