package dash

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// site is the page at one port: what was given out for it ends with it.
type site struct {
	cfg      Config
	host     string // 127.0.0.1:port
	alias    string // localhost:port
	cookie   string // name of the cookie
	mux      *http.ServeMux
	cross    *http.CrossOriginProtection
	refusals seldom
	streams  chan struct{} // a token for each stream that is open

	mu       sync.Mutex // guards what follows
	codes    []code
	sessions []*session // the oldest first
	used     time.Time
}

func newSite(cfg Config, host string, now time.Time) *site {
	_, port, _ := net.SplitHostPort(host)
	var name [8]byte
	rand.Read(name[:]) // never fails
	s := &site{
		cfg: cfg, host: host, alias: "localhost:" + port,
		cookie: "kith-" + hex.EncodeToString(name[:]),
		cross:  http.NewCrossOriginProtection(), streams: make(chan struct{}, maxStreams),
		used: now,
	}
	s.mux = http.NewServeMux()
	for path, asset := range assets() {
		s.mux.HandleFunc("GET "+path, asset.serve)
	}
	s.mux.HandleFunc("POST /login", s.login)
	s.mux.HandleFunc("POST /logout", s.member(s.logout))
	s.mux.HandleFunc("POST /watch", s.member(s.watch))
	s.mux.HandleFunc("POST /confirm", s.member(s.confirm))
	s.mux.HandleFunc("POST /v1/command", s.member(s.command))
	s.mux.HandleFunc("/v1/", s.member(s.api))
	return s
}

// invite returns the URL with which a browser gets a session, and shows place.
func (s *site) invite(place string, direct bool, life time.Duration) (string, error) {
	if direct {
		return s.direct(s.issue("", time.Now(), life), place), nil
	}
	file := redirectName(s.cfg.Dir)
	if err := writeRedirect(file, s.direct(s.issue(file, time.Now(), life), place)); err != nil {
		return "", err
	}
	time.AfterFunc(life, func() { removeRedirect(file) })
	return fileURL(file), nil
}

// direct returns the URL of the page, with a code where no server or log sees it:
// behind the #.
func (s *site) direct(c secret, place string) string {
	return "http://" + s.host + "/#code=" + string(c) + "&to=" + url.QueryEscape(place)
}

// logout ends the session.
func (s *site) logout(w http.ResponseWriter, _ *http.Request, held *session) {
	s.mu.Lock()
	s.revoke(held)
	s.mu.Unlock()
	respond(w, struct{}{})
}

// api passes on what is asked of the door. Its streams are not among that: the
// page has its own.
func (s *site) api(w http.ResponseWriter, r *http.Request, _ *session) {
	if r.URL.Path == "/v1/watch" || r.URL.Query().Has("follow") {
		http.NotFound(w, r)
		return
	}
	s.cfg.API.ServeHTTP(w, r)
}

func (s *site) touch(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used = now
}

// idle reports whether nobody looked at the page for a while.
func (s *site) idle(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.streams) == 0 && now.Sub(s.used) > idleStop
}

// close ends all sessions, and takes back what was given out.
func (s *site) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, held := range s.sessions {
		held.end()
	}
	for _, c := range s.codes {
		removeRedirect(c.file)
	}
	s.sessions, s.codes = nil, nil
}

func respond(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(value) // if it fails, nobody is left to be told
}
