package control

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"
)

// Entry is something that happened, for people.
type Entry struct {
	At     time.Time `json:"at"`
	Verb   string    `json:"verb"`
	Folder string    `json:"folder,omitempty"` // name
	Path   string    `json:"path,omitempty"`
	Device string    `json:"device,omitempty"` // name: not to be trusted
	Detail string    `json:"detail,omitempty"`
}

// maxEntries is how many entries are at hand; older ones stay in the file.
const maxEntries = 2000

// flushEvery is how long entries are gathered before they are written.
const flushEvery = 200 * time.Millisecond

// Activity remembers what happened: the latest entries at hand, all of them in a
// bounded file of JSON lines. Adding an entry never waits for the disk.
type Activity struct {
	mu      sync.Mutex    // guards what follows
	entries []Entry       // the latest, oldest first
	first   int           // number of entries[0]
	more    chan struct{} // closed when entries grew
	pending bytes.Buffer  // lines not yet written
	wake    chan struct{} // holds one token while pending is not empty
	file    *rotor        // used only by Run, and by Close after it
}

// OpenActivity opens the activity of a home, with what happened in earlier runs.
func OpenActivity(home Home) (*Activity, error) {
	file, err := openRotor(home.Activity(), logParts, logPartMax)
	if err != nil {
		return nil, err
	}
	a := &Activity{file: file, more: make(chan struct{}), wake: make(chan struct{}, 1)}
	for _, part := range []string{file.part(1), file.part(0)} {
		a.entries = append(a.entries, readEntries(part)...)
	}
	a.trim()
	return a, nil
}

// readEntries returns the entries of a file as far as they can be read: a line
// that a crash cut off is no reason to lose the others.
func readEntries(path string) []Entry {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	var out []Entry
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxCommand)
	for lines.Scan() {
		var e Entry
		if json.Unmarshal(lines.Bytes(), &e) == nil && !e.At.IsZero() {
			out = append(out, e)
		}
	}
	return out
}

// Add adds an entry.
func (a *Activity) Add(e Entry) {
	line, err := json.Marshal(e)
	if err != nil {
		panic(fmt.Sprintf("activity entry: %v", err)) // it holds strings and a time
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.entries = append(a.entries, e)
	a.trim()
	a.pending.Write(append(line, '\n'))
	close(a.more)
	a.more = make(chan struct{})
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// trim drops the oldest entries, some at a time.
func (a *Activity) trim() {
	if extra := len(a.entries) - maxEntries; extra > maxEntries/4 || a.first == 0 && extra > 0 {
		a.entries = slices.Clone(a.entries[extra:])
		a.first += extra
	}
}

// Latest returns up to n of the latest entries, the oldest first, and the number
// to go on from with After.
func (a *Activity) Latest(n int) ([]Entry, int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	from := max(0, len(a.entries)-n)
	return slices.Clone(a.entries[from:]), a.first + len(a.entries)
}

// After waits for entries from the given number on, and returns them with the
// number to go on from.
func (a *Activity) After(ctx context.Context, number int) ([]Entry, int, error) {
	for {
		a.mu.Lock()
		next, more := a.first+len(a.entries), a.more
		from := max(0, number-a.first)
		var out []Entry
		if number < next {
			out = slices.Clone(a.entries[from:])
		}
		a.mu.Unlock()
		if out != nil {
			return out, next, nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return nil, number, ctx.Err()
		}
	}
}

// Run writes what is added to the file until ctx ends.
func (a *Activity) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return a.flush()
		case <-a.wake:
		}
		if err := a.flush(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(flushEvery):
		}
	}
}

func (a *Activity) flush() error {
	a.mu.Lock()
	lines := slices.Clone(a.pending.Bytes())
	a.pending.Reset()
	a.mu.Unlock()
	for line := range bytes.Lines(lines) {
		if _, err := a.file.Write(line); err != nil {
			return fmt.Errorf("write activity: %w", err)
		}
	}
	return nil
}

// Close closes the file, after Run has returned.
func (a *Activity) Close() error { return a.file.Close() }

var _ io.Closer = (*Activity)(nil)
