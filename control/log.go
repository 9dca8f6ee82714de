package control

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

// Log is the technical log: a bounded file of lines. What is quoted in a line has
// its control characters, direction marks and bytes that are not UTF-8 escaped.
type Log struct {
	*slog.Logger
	file io.Closer
}

// OpenLog opens the log of a home. Lines also go to each of the others.
func OpenLog(home Home, level slog.Leveler, others ...io.Writer) (*Log, error) {
	file, err := openRotor(home.Log(), logParts, logPartMax)
	if err != nil {
		return nil, err
	}
	w := io.MultiWriter(append([]io.Writer{file}, others...)...)
	text := slog.NewTextHandler(w, &slog.HandlerOptions{Level: level})
	return &Log{Logger: slog.New(newCalm(text)), file: file}, nil
}

// Close closes the file. The log must no longer be used.
func (l *Log) Close() error { return l.file.Close() }

// calmFor is how long a message that was just logged is only counted.
const calmFor = time.Minute

// maxHeard is how many different messages are told apart at a time.
const maxHeard = 1024

// calm passes a message on once a minute, with the number of times it came up
// in between. Messages are the same if text, device, folder and path are: a
// device that provokes a message again and again does not fill the disk.
type calm struct {
	slog.Handler
	about string // values of the attributes that tell messages apart
	state *calmState
}

type calmState struct {
	mu    sync.Mutex // guards heard
	heard map[string]*repeats
}

type repeats struct {
	passed time.Time
	since  int // how many were held back since then
}

func newCalm(h slog.Handler) *calm {
	return &calm{Handler: h, state: &calmState{heard: make(map[string]*repeats)}}
}

// Handle implements slog.Handler.
func (c *calm) Handle(ctx context.Context, r slog.Record) error {
	key := r.Message + c.about
	r.Attrs(func(a slog.Attr) bool {
		key += apart(a)
		return true
	})
	pass, held := c.state.count(key, r.Time)
	if !pass {
		return nil
	}
	if held > 0 {
		r = r.Clone()
		r.AddAttrs(slog.Int("repeated", held))
	}
	return c.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (c *calm) WithAttrs(attrs []slog.Attr) slog.Handler {
	about := c.about
	for _, a := range attrs {
		about += apart(a)
	}
	return &calm{Handler: c.Handler.WithAttrs(attrs), about: about, state: c.state}
}

// WithGroup implements slog.Handler.
func (c *calm) WithGroup(name string) slog.Handler {
	return &calm{Handler: c.Handler.WithGroup(name), about: c.about, state: c.state}
}

func apart(a slog.Attr) string {
	switch a.Key {
	case "device", "folder", "path":
		return "\x00" + a.Value.String()
	}
	return ""
}

// count reports whether a message at a time may pass, and how many were held
// back before it.
func (s *calmState) count(key string, at time.Time) (pass bool, held int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.heard[key]
	if !ok {
		s.makeRoom(at)
		s.heard[key] = &repeats{passed: at}
		return true, 0
	}
	if at.Sub(m.passed) < calmFor {
		m.since++
		return false, 0
	}
	held = m.since
	*m = repeats{passed: at}
	return true, held
}

// makeRoom forgets messages that may pass again anyway, or all, if none may.
func (s *calmState) makeRoom(at time.Time) {
	if len(s.heard) < maxHeard {
		return
	}
	for key, m := range s.heard {
		if at.Sub(m.passed) >= calmFor {
			delete(s.heard, key)
		}
	}
	if len(s.heard) >= maxHeard {
		clear(s.heard)
	}
}
