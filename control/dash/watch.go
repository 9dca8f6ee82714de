package dash

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"kith/control"
)

const (
	maxStreams  = 16
	coalesce    = 250 * time.Millisecond // between two events of a kind
	heartbeat   = 15 * time.Second
	writeWithin = 10 * time.Second
	shownLog    = 300 // entries sent at first
)

// watch is the one stream of a window: the picture whenever there is a newer one,
// and what happened, as it happens. It is asked for by POST, so that the browser
// says whose page asks.
func (s *site) watch(w http.ResponseWriter, r *http.Request, _ *session) {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams; s.touch(time.Now()) }()
	default:
		http.Error(w, "too many windows are open", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	out := &stream{w: w, c: http.NewResponseController(w)}
	out.c.SetReadDeadline(time.Time{})
	g, ctx := errgroup.WithContext(r.Context())
	g.Go(func() error { return s.pictures(ctx, out) })
	g.Go(func() error { return s.happenings(ctx, out) })
	g.Go(func() error { return beat(ctx, out) })
	if err := g.Wait(); r.Context().Err() == nil {
		s.cfg.Log.Debug("stream of the page ended", "error", err)
	}
}

func (s *site) pictures(ctx context.Context, out *stream) error {
	var rev uint64
	for {
		p, err := s.cfg.Hub.Next(ctx, rev)
		if err != nil {
			return err
		}
		rev = p.Rev
		if err := out.send("picture", p); err != nil {
			return err
		}
		if err := pause(ctx, coalesce); err != nil {
			return err
		}
	}
}

func (s *site) happenings(ctx context.Context, out *stream) error {
	entries, next := s.cfg.Activity.Latest(shownLog)
	for {
		if entries == nil {
			entries = []control.Entry{}
		}
		if err := out.send("log", entries); err != nil {
			return err
		}
		err := pause(ctx, coalesce)
		if err == nil {
			entries, next, err = s.cfg.Activity.After(ctx, next)
		}
		if err != nil {
			return err
		}
	}
}

// beat shows that the stream is alive.
func beat(ctx context.Context, out *stream) error {
	for {
		if err := pause(ctx, heartbeat); err != nil {
			return err
		}
		if err := out.write([]byte(":\n\n")); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// stream writes events, one at a time.
type stream struct {
	mu sync.Mutex
	w  http.ResponseWriter
	c  *http.ResponseController
}

func (s *stream) send(event string, value any) error {
	line, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return s.write(fmt.Appendf(nil, "event: %s\ndata: %s\n\n", event, line))
}

func (s *stream) write(text []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.c.SetWriteDeadline(time.Now().Add(writeWithin))
	if _, err := s.w.Write(text); err != nil {
		return err
	}
	return s.c.Flush()
}
