package syncer

import (
	"context"
	"encoding/json"
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

// note writes a note for later lives, and has it remembered only once it is written: news
// tells what it is to say, nil if that is no news. Both are called with mu held.
func (g *gate) note(ctx context.Context, f *folder, mu *sync.Mutex, name string, news func() any, remember func()) error {
	leave, err := g.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	mu.Lock()
	what := news()
	mu.Unlock()
	if what == nil {
		return nil
	}
	text, err := json.Marshal(what)
	if err == nil {
		err = f.store.SetValue(ctx, f.id, name, string(text))
	}
	if err != nil {
		return err
	}
	mu.Lock()
	defer mu.Unlock()
	remember()
	return nil
}
