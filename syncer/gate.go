package syncer

import (
	"context"
	"sync"
)

// gate lets one through at a time, for as long as it takes; the others wait as long as
// their context allows. A mutex is for what takes no time.
type gate struct {
	mu    sync.Mutex // guards the rest
	inner chan struct{}
}

// enter waits until nobody is inside; the function that it returns lets the next one in.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	g.mu.Lock()
	if g.inner == nil {
		g.inner = make(chan struct{}, 1)
	}
	inner := g.inner
	g.mu.Unlock()
	select {
	case inner <- struct{}{}:
		return func() { <-inner }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
