// Package dash is the page in the browser: the same commands as every other face
// sends, and the same picture, drawn.
//
// It serves on 127.0.0.1 only, on a port of the moment, from when a person asks
// for the page until it has not been looked at for a while. A browser is no safe
// place: other pages run in it, and other users' programs reach the same port.
// So each request passes a gate before anything else (gate.go), and a session is
// had only with a code that this person's own programs get through the door
// (login.go).
package dash

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/net/netutil"
	"golang.org/x/sync/errgroup"

	"kith/control"
)

// Config is what a Page is made from. All of it is needed.
type Config struct {
	Dir      string       // for nobody's eyes but this person's; short-lived files go there
	API      http.Handler // what the door answers under /v1/
	Hub      *control.Hub
	Activity *control.Activity
	Log      *slog.Logger
}

// Limits of the page's server.
const (
	maxConns    = 64
	maxHeaders  = 16 << 10
	maxBody     = 1 << 20
	headersIn   = 5 * time.Second
	requestIn   = 30 * time.Second
	closeWithin = 5 * time.Second
	idleStop    = 30 * time.Minute
	idleLook    = time.Minute
)

// Page serves the page once somebody wants it.
type Page struct {
	cfg  Config
	want chan chan error // somebody asks that a site be opened
	gone chan struct{}   // closed when Run has returned

	mu   sync.Mutex // guards site
	site *site      // nil while nothing listens
}

// New returns a page that is served while Run runs.
func New(cfg Config) *Page {
	return &Page{cfg: cfg, want: make(chan chan error), gone: make(chan struct{})}
}

var errEnding = errors.New("open the page: Kith is stopping")

// Login returns a URL that shows place (the part after the #, such as /conflicts;
// empty: the overview) to whoever opens it within life, once. It is that of a
// file that only this person can read, so that what grants entry stands on no
// command line; with direct set, the page's own, for a browser that is not
// allowed to read files, or a person who copies it.
func (p *Page) Login(ctx context.Context, place string, direct bool, life time.Duration) (string, error) {
	for {
		p.mu.Lock()
		s := p.site
		if s != nil {
			s.touch(time.Now())
		}
		p.mu.Unlock()
		if s != nil {
			return s.invite(place, direct, life)
		}
		opened := make(chan error, 1)
		select {
		case p.want <- opened:
		case <-p.gone:
			return "", errEnding
		case <-ctx.Done():
			return "", ctx.Err()
		}
		if err := <-opened; err != nil {
			return "", fmt.Errorf("open the page: %w", err)
		}
	}
}

// Run serves the page whenever somebody wants it, until ctx ends.
func (p *Page) Run(ctx context.Context) error {
	defer close(p.gone)
	sweepRedirects(p.cfg.Dir)
	for {
		select {
		case <-ctx.Done():
			return nil
		case opened := <-p.want:
			l, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", "127.0.0.1:0")
			if err != nil {
				opened <- err
				continue
			}
			s := newSite(p.cfg, l.Addr().String(), time.Now())
			p.mu.Lock()
			p.site = s
			p.mu.Unlock()
			opened <- nil
			if err := p.serve(ctx, s, l); err != nil {
				p.cfg.Log.Warn("the page ended", "error", err)
			}
		}
	}
}

// serve answers for a site until nobody looks at it any more, or ctx ends.
func (p *Page) serve(ctx context.Context, s *site, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	srv := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headersIn,
		ReadTimeout:       requestIn,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeaders,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		err := srv.Serve(&ownUserOnly{netutil.LimitListener(l, maxConns), p.cfg.Log})
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return err
	})
	g.Go(func() error {
		p.untilIdle(ctx, s)
		cancel() // streams end
		s.close()
		patience, done := context.WithTimeout(context.Background(), closeWithin)
		defer done()
		return errors.Join(srv.Shutdown(patience), srv.Close())
	})
	return g.Wait()
}

// untilIdle returns when the site was not used for a while, or ctx ended. From
// then on it is the page's site no more.
func (p *Page) untilIdle(ctx context.Context, s *site) {
	look := time.NewTicker(idleLook)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
		case now := <-look.C:
			s.expire(now)
			if !s.idle(now) {
				continue
			}
		}
		p.mu.Lock()
		p.site = nil
		p.mu.Unlock()
		return
	}
}
