package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// Limits of the door.
const (
	maxHeaders  = 16 << 10
	maxConns    = 64
	maxStreams  = 16 // watchers and followers
	headersIn   = 5 * time.Second
	requestIn   = 30 * time.Second
	heartbeat   = 15 * time.Second // between signs of life on a quiet stream
	writeWithin = 10 * time.Second // one event, to a watcher
)

// Server shows the desk to this person's other programs, over a unix socket that
// is closed to everybody else.
type Server struct {
	desk     *Desk
	activity *Activity
	log      *slog.Logger
	listener net.Listener
	streams  chan struct{} // a token for each stream that is open
}

// Listen opens the socket of the home, which must be locked: a socket that lies
// there is then a leftover.
func Listen(home Home, desk *Desk, activity *Activity, log *slog.Logger) (*Server, error) {
	path, err := home.socketHere()
	if err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove old socket: %w", err)
	}
	l, err := listenSocket(path)
	if err != nil {
		return nil, fmt.Errorf("open socket: %w", err)
	}
	if runtime.GOOS != "windows" { // where the profile's access list guards it
		err = os.Chmod(path, 0o600) // until here its directory, 0700, did
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("close socket to others: %w", err), l.Close())
	}
	return &Server{
		desk: desk, activity: activity, log: log,
		listener: newGate(l, maxConns, log),
		streams:  make(chan struct{}, maxStreams),
	}, nil
}

// Run answers requests until ctx ends. Streams then end, and commands that are
// being carried out are waited for, for a while.
func (s *Server) Run(ctx context.Context) error {
	srv := &http.Server{
		Handler:           s.routes(),
		ReadHeaderTimeout: headersIn,
		ReadTimeout:       requestIn,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeaders,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := srv.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve commands: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		<-gctx.Done()
		patience, cancel := context.WithTimeout(context.Background(), writeWithin)
		defer cancel()
		return errors.Join(srv.Shutdown(patience), srv.Close())
	})
	return g.Wait()
}

// Handler answers what the door answers, for a face that brings its own guard.
func (s *Server) Handler() http.Handler { return s.routes() }

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/picture", s.picture)
	mux.HandleFunc("GET /v1/watch", s.stream(s.watch))
	mux.HandleFunc("POST /v1/command", s.command)
	mux.HandleFunc("GET /v1/log", s.activityLog)
	mux.HandleFunc("GET /v1/plot", s.plot)
	mux.HandleFunc("GET /v1/content", s.showContent)
	mux.HandleFunc("GET /v1/places", s.showPlaces)
	return mux
}

func (s *Server) picture(w http.ResponseWriter, _ *http.Request) {
	respond(w, http.StatusOK, s.desk.Hub().Latest())
}

func (s *Server) command(w http.ResponseWriter, r *http.Request) {
	c, err := DecodeCommand(r.Body)
	var reply Reply
	if err == nil {
		http.NewResponseController(w).SetReadDeadline(time.Time{}) // a scan may take long
		reply, err = s.desk.Do(r.Context(), c)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	respond(w, http.StatusOK, reply)
}

// answer responds with value, or with what was wrong.
func answer(w http.ResponseWriter, value any, err error) {
	if err != nil {
		refuse(w, err)
		return
	}
	respond(w, http.StatusOK, value)
}

// refuse responds with what was wrong.
func refuse(w http.ResponseWriter, err error) {
	var fault *Fault
	if !errors.As(err, &fault) {
		fault = failed("%w", err)
	}
	respond(w, http.StatusUnprocessableEntity, fault)
}

func (s *Server) plot(w http.ResponseWriter, r *http.Request) {
	ask, err := ParsePlotRequest(r.URL.Query())
	var svg []byte
	if err == nil {
		svg, err = s.desk.Plot(ask)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "image/svg+xml")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox") // its own sheet
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.Write(svg) // if it fails, nobody is left to be told
}

func respond(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value) // if it fails, nobody is left to be told
}

// stream gives a handler the means to send events, as many as there are places.
func (s *Server) stream(handle func(r *http.Request, send func(any) error) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case s.streams <- struct{}{}:
			defer func() { <-s.streams }()
		default:
			respond(w, http.StatusServiceUnavailable, failed("watch: %d programs are watching already", maxStreams))
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-store")
		control := http.NewResponseController(w)
		control.SetReadDeadline(time.Time{})
		err := handle(r, func(value any) error {
			text := []byte(":\n\n") // a comment: still here
			if value != nil {
				line, err := json.Marshal(value)
				if err != nil {
					return err
				}
				text = fmt.Appendf(nil, "data: %s\n\n", line)
			}
			control.SetWriteDeadline(time.Now().Add(writeWithin))
			if _, err := w.Write(text); err != nil {
				return err
			}
			return control.Flush()
		})
		if err != nil && r.Context().Err() == nil {
			s.log.Debug("stream ended", "error", err)
		}
	}
}

// watch sends the picture whenever there is a newer one than the watcher has.
func (s *Server) watch(r *http.Request, send func(any) error) error {
	rev, _ := strconv.ParseUint(r.URL.Query().Get("rev"), 10, 64) // not a number: all is new
	if err := send(nil); err != nil {
		return err
	}
	for {
		var p Picture
		err := orHeartbeat(r.Context(), send, func(ctx context.Context) (err error) {
			p, err = s.desk.Hub().Next(ctx, rev)
			return err
		})
		if err != nil {
			return err
		}
		rev = p.Rev
		if err := send(p); err != nil {
			return err
		}
	}
}

// orHeartbeat repeats wait until it succeeds, with a sign of life in between.
func orHeartbeat(ctx context.Context, send func(any) error, wait func(context.Context) error) error {
	for {
		pause, cancel := context.WithTimeout(ctx, heartbeat)
		err := wait(pause)
		cancel()
		if err == nil || ctx.Err() != nil {
			return err
		}
		if err := send(nil); err != nil {
			return err
		}
	}
}

// activityLog sends the latest entries, and those that follow if asked to.
func (s *Server) activityLog(w http.ResponseWriter, r *http.Request) {
	entries, next := s.activity.Latest(maxEntries)
	if !r.URL.Query().Has("follow") {
		respond(w, http.StatusOK, entries)
		return
	}
	s.stream(func(r *http.Request, send func(any) error) error {
		for {
			if err := send(entries); err != nil {
				return err
			}
			err := orHeartbeat(r.Context(), send, func(ctx context.Context) (err error) {
				entries, next, err = s.activity.After(ctx, next)
				return err
			})
			if err != nil {
				return err
			}
		}
	})(w, r)
}
