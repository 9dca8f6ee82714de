package control

import (
	"context"
	"reflect"
	"sync"
)

// Hub holds the latest picture. Whoever watches is woken when there is a newer
// one; a slow watcher skips some, never the last, and keeps nobody waiting.
type Hub struct {
	mu     sync.Mutex    // guards both
	latest Picture       // its Rev is the hub's
	newer  chan struct{} // closed when latest is replaced
}

// NewHub returns a hub with an empty picture of revision zero.
func NewHub() *Hub { return &Hub{newer: make(chan struct{})} }

// Set makes p the latest picture, with the next revision, unless it shows
// nothing new. It returns the revision that shows p.
func (h *Hub) Set(p Picture) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	p.Rev = h.latest.Rev
	if p.Rev > 0 && reflect.DeepEqual(p, h.latest) {
		return p.Rev
	}
	p.Rev++
	h.latest = p
	close(h.newer)
	h.newer = make(chan struct{})
	return p.Rev
}

// Latest returns the latest picture. It must not be changed.
func (h *Hub) Latest() Picture {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.latest
}

// Next returns the latest picture once its revision is greater than rev.
func (h *Hub) Next(ctx context.Context, rev uint64) (Picture, error) {
	for {
		h.mu.Lock()
		p, newer := h.latest, h.newer
		h.mu.Unlock()
		if p.Rev > rev {
			return p, nil
		}
		select {
		case <-newer:
		case <-ctx.Done():
			return Picture{}, ctx.Err()
		}
	}
}
