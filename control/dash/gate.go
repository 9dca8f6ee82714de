package dash

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"mime"
	"net/http"
	"slices"
	"sync"
	"time"
)

// The names of what proves a session: a cookie, which a script cannot read, and
// a header, which no other page can send. Both are needed: cookies are shared by
// all ports of a host, so another server on this machine may see or set one.
const (
	tokenHeader   = "X-Kith-Token"
	confirmHeader = "X-Kith-Confirm"
)

// refusal is why a request does not pass the gate.
type refusal struct {
	status int
	why    string
}

// policy is what a browser may do with the page. Scripts and styles come from
// files of ours alone, but for the one script that stands in the shell, nothing
// can be framed or sent elsewhere, and text cannot become markup by any way a
// script has (Trusted Types, with no exception).
var policy = "default-src 'none'; script-src 'self' " + shellScript() + "; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// shellScript returns the script in the shell as a policy allows it: by its hash.
func shellScript() string {
	shell, err := files.ReadFile("page/index.html")
	if err != nil {
		panic(err) // what is embedded is known when the program is built
	}
	_, rest, _ := bytes.Cut(shell, []byte("<script>"))
	script, _, found := bytes.Cut(rest, []byte("</script>"))
	if !found {
		panic("the shell has no script")
	}
	sum := sha256.Sum256(script)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func harden(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

// ServeHTTP lets through what passes the gate.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	harden(w.Header())
	if no := s.judge(r); no != nil {
		s.refusals.note(s.cfg.Log.Warn, no.why, "method", r.Method, "path", r.URL.Path, "host", r.Host, "origin", r.Header.Get("Origin"))
		http.Error(w, no.why, no.status)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	s.mux.ServeHTTP(w, r)
}

// judge decides about a request before anything is done for it, in this order:
// that it is meant for us, that it does not come from another site, that it comes
// from our own page, and that its body is what it says. Whether it belongs to a
// session is asked where there is something to be had (member).
func (s *site) judge(r *http.Request) *refusal {
	if r.Host != s.host && r.Host != s.alias {
		return &refusal{http.StatusMisdirectedRequest, "this address is not that of the page"}
	}
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return &refusal{http.StatusMethodNotAllowed, "only GET and POST are answered"}
	}
	if !sameSite(r) {
		return &refusal{http.StatusForbidden, "requests of other sites are not answered"}
	}
	origins := r.Header.Values("Origin")
	own := len(origins) == 1 && origins[0] == "http://"+r.Host
	if !own && (len(origins) > 0 || r.Method != http.MethodGet) {
		return &refusal{http.StatusForbidden, "requests of other pages are not answered"}
	}
	if err := s.cross.Check(r); err != nil {
		return &refusal{http.StatusForbidden, "requests of other origins are not answered"}
	}
	if r.Method == http.MethodPost && !isJSON(r) {
		return &refusal{http.StatusUnsupportedMediaType, "a request's body must be application/json"}
	}
	return nil
}

// sameSite reports whether the browser, if it says, names our own page, or the
// person's own doing, as the origin of the request. To be led to the bare shell,
// which is the same for everybody, is allowed from anywhere: the file that a
// login begins with is another site to a browser.
func sameSite(r *http.Request) bool {
	said, ok := r.Header["Sec-Fetch-Site"]
	if !ok {
		return true
	}
	if len(said) == 1 && (said[0] == "same-origin" || said[0] == "none") {
		return true
	}
	return r.Method == http.MethodGet && r.URL.Path == "/" &&
		slices.Equal(r.Header["Sec-Fetch-Mode"], []string{"navigate"}) &&
		slices.Equal(r.Header["Sec-Fetch-Dest"], []string{"document"})
}

func isJSON(r *http.Request) bool {
	said := r.Header.Values("Content-Type")
	if len(said) != 1 {
		return false
	}
	kind, params, err := mime.ParseMediaType(said[0])
	return err == nil && kind == "application/json" && len(params) == 0
}

// seldom logs each kind of thing at most once a minute: who knocks at the gate
// again and again must not fill the log.
type seldom struct {
	mu   sync.Mutex
	last map[string]time.Time
}

func (s *seldom) note(log func(string, ...any), what string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		s.last = make(map[string]time.Time)
	}
	if now := time.Now(); now.Sub(s.last[what]) > time.Minute {
		s.last[what] = now
		log("the page refused a request", append([]any{"reason", what}, args...)...)
	}
}
