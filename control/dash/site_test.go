package dash

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"kith/control"
)

// world is a page that is served, and what it passed on.
type world struct {
	t        *testing.T
	page     *Page
	activity *control.Activity
	hub      *control.Hub
	passed   chan string // method, path and body of what reached the door
	dir      string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	home, err := control.FindHome(dir)
	if err != nil {
		t.Fatal(err)
	}
	activity, err := control.OpenActivity(home)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, activity: activity, hub: control.NewHub(), passed: make(chan string, 100), dir: dir}
	w.page = New(Config{
		Dir: dir, Hub: w.hub, Activity: activity, Log: slog.New(slog.DiscardHandler),
		API: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.passed <- r.Method + " " + r.URL.Path + " " + string(body)
			rw.Write([]byte("{}"))
		}),
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.page.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		activity.Close()
	})
	return w
}

// open asks for a login and returns the page's base URL and the code.
func (w *world) open() (base, code string) {
	w.t.Helper()
	link, err := w.page.Login(w.t.Context(), "/conflicts", true, codeLife)
	if err != nil {
		w.t.Fatal(err)
	}
	u, err := url.Parse(link)
	if err != nil {
		w.t.Fatal(err)
	}
	given, err := url.ParseQuery(u.Fragment)
	if err != nil || given.Get("to") != "/conflicts" || u.RawQuery != "" {
		w.t.Fatalf("login URL %q", link)
	}
	return "http://" + u.Host, given.Get("code")
}

// browser is somebody with a session, whose requests can be bent.
type browser struct {
	*world
	base, token string
	cookie      *http.Cookie
}

func (w *world) browser() *browser {
	w.t.Helper()
	base, code := w.open()
	b := &browser{world: w, base: base}
	res := b.login(code)
	if res.StatusCode != http.StatusOK {
		w.t.Fatalf("login: %s", res.Status)
	}
	return b
}

func (b *browser) login(code string) *http.Response {
	b.t.Helper()
	req := b.request("POST", "/login", `{"code":"`+code+`"}`)
	req.Header.Del(tokenHeader)
	res := b.send(req)
	var answer loginAnswer
	if res.StatusCode == http.StatusOK {
		if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
			b.t.Fatal(err)
		}
		b.token = string(answer.Token)
		if set := res.Cookies(); len(set) == 1 {
			b.cookie = set[0]
		}
	}
	return res
}

// request is what the page itself would send.
func (b *browser) request(method, path, body string) *http.Request {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if method != http.MethodGet {
		req.Header.Set("Origin", b.base)
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set(tokenHeader, b.token)
	if b.cookie != nil {
		req.AddCookie(b.cookie)
	}
	return req
}

func (b *browser) send(req *http.Request) *http.Response {
	b.t.Helper()
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { res.Body.Close() })
	return res
}

func (b *browser) nothingPassed() {
	b.t.Helper()
	select {
	case got := <-b.passed:
		b.t.Errorf("the door was reached: %s", got)
	default:
	}
}

const codeLife = time.Minute

const pauseAll = `{"verb":"pause"}`

func TestAPageWithASessionReachesTheDoor(t *testing.T) {
	b := newWorld(t).browser()
	if res := b.send(b.request("GET", "/v1/picture", "")); res.StatusCode != http.StatusOK {
		t.Errorf("picture: %s", res.Status)
	}
	if res := b.send(b.request("POST", "/v1/command", pauseAll)); res.StatusCode != http.StatusOK {
		t.Errorf("command: %s", res.Status)
	}
	for _, want := range []string{"GET /v1/picture ", "POST /v1/command " + pauseAll} {
		if got := <-b.passed; got != want {
			t.Errorf("passed %q, want %q", got, want)
		}
	}
}

// TestTheGateRefuses bends one thing at a request that would pass.
func TestTheGateRefuses(t *testing.T) {
	b := newWorld(t).browser()
	other := func(host string) func(*http.Request) { return func(r *http.Request) { r.Host = host } }
	port := regexp.MustCompile(`\d+$`).FindString(b.base)
	header := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[http.CanonicalHeaderKey(name)] = values }
	}
	for _, tt := range []struct {
		name   string
		method string
		bend   func(*http.Request)
		want   int
	}{
		{"a name that was rebound to 127.0.0.1", "GET", other("evil.test:" + port), 421},
		{"our name without a port", "GET", other("127.0.0.1"), 421},
		{"another port", "GET", other("127.0.0.1:1"), 421},
		{"localhost with a dot", "GET", other("localhost.:" + port), 421},
		{"LOCALHOST", "GET", other("LOCALHOST:" + port), 421},
		{"0.0.0.0", "GET", other("0.0.0.0:" + port), 421},
		{"127.1", "GET", other("127.1:" + port), 421},
		{"an IPv6 spelling", "GET", other("[::ffff:127.0.0.1]:" + port), 421},
		{"a read by another site", "GET", header("Sec-Fetch-Site", "cross-site"), 403},
		{"a read by another port of this machine", "GET", header("Sec-Fetch-Site", "same-site"), 403},
		{"two words about the site", "GET", header("Sec-Fetch-Site", "same-origin", "cross-site"), 403},
		{"a command by another site", "POST", header("Sec-Fetch-Site", "cross-site"), 403},
		{"a command from another origin", "POST", header("Origin", "http://evil.test"), 403},
		{"a command from another port", "POST", header("Origin", "http://127.0.0.1:1"), 403},
		{"a command from our other name", "POST", header("Origin", "http://localhost:"+port), 403},
		{"a command from a file or a sandbox", "POST", header("Origin", "null"), 403},
		{"a command without an origin", "POST", header("Origin"), 403},
		{"two origins", "POST", header("Origin", b.base, b.base), 403},
		{"a read with another origin", "GET", header("Origin", "http://evil.test"), 403},
		{"what a form can send", "POST", header("Content-Type", "text/plain"), 415},
		{"a form", "POST", header("Content-Type", "application/x-www-form-urlencoded"), 415},
		{"JSON with more to it", "POST", header("Content-Type", "application/json; charset=utf-8"), 415},
		{"no content type", "POST", header("Content-Type"), 415},
		{"another method", "PUT", nil, 405},
		{"a preflight", "OPTIONS", nil, 405},
		{"no token", "POST", header(tokenHeader), 401},
		{"a guessed token", "POST", header(tokenHeader, strings.Repeat("A", 43)), 401},
		{"two tokens", "POST", header(tokenHeader, b.token, b.token), 401},
		{"the token without the cookie", "POST", header("Cookie"), 401},
		{"a cookie of another name", "POST", header("Cookie", "kith="+b.cookie.Value), 401},
		{"a second cookie, tossed in by another server here", "POST", header("Cookie", b.cookie.Name+"=x; "+b.cookie.Name+"="+b.cookie.Value), 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := "/v1/command"
			if tt.method == "GET" {
				path = "/v1/picture"
			}
			req := b.request(tt.method, path, pauseAll)
			if tt.bend != nil {
				tt.bend(req)
			}
			res := b.send(req)
			if res.StatusCode != tt.want {
				t.Errorf("%s, want %d", res.Status, tt.want)
			}
			for name := range res.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("says %s to other origins", name)
				}
			}
			b.nothingPassed()
		})
	}
}

// TestTheHostIsNamedOnce sends what no browser does, and what stands in its way.
func TestTheHostIsNamedOnce(t *testing.T) {
	b := newWorld(t).browser()
	host := strings.TrimPrefix(b.base, "http://")
	ask := func(version, headers string) string {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET /v1/picture HTTP/%s\r\n%s%s: %s\r\nCookie: %s=%s\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\r\n",
			version, headers, tokenHeader, b.token, b.cookie.Name, b.cookie.Value)
		answer, err := io.ReadAll(conn)
		if err != nil {
			t.Fatal(err)
		}
		return string(answer)
	}
	if got := ask("1.1", "Host: "+host+"\r\n"); !strings.Contains(got, " 200 OK") {
		t.Fatalf("as it should be: %q", got)
	}
	<-b.passed
	for name, c := range map[string][2]string{
		"no host":          {"1.1", ""},
		"none, as of old":  {"1.0", ""},
		"an empty one":     {"1.1", "Host:\r\n"},
		"two, ours first":  {"1.1", "Host: " + host + "\r\nHost: evil.test\r\n"},
		"two, ours last":   {"1.1", "Host: evil.test\r\nHost: " + host + "\r\n"},
		"ours and another": {"1.1", "Host: " + host + ", evil.test\r\n"},
		"one with a user":  {"1.1", "Host: x@" + host + "\r\n"},
	} {
		if got := ask(c[0], c[1]); strings.Contains(got, " 200 OK") {
			t.Errorf("%s: %q", name, got)
		}
	}
	b.nothingPassed()
}

func TestTheStreamIsForOurOwnPage(t *testing.T) {
	b := newWorld(t).browser()
	for name, bend := range map[string]func(*http.Request){
		"another origin": func(r *http.Request) { r.Header.Set("Origin", "http://evil.test") },
		"no origin":      func(r *http.Request) { r.Header.Del("Origin") },
		"no token":       func(r *http.Request) { r.Header.Del(tokenHeader) },
	} {
		req := b.request("POST", "/watch", "{}")
		bend(req)
		if res := b.send(req); res.StatusCode == http.StatusOK {
			t.Errorf("%s: %s", name, res.Status)
		}
	}
	for _, path := range []string{"/watch", "/v1/watch", "/v1/log?follow"} {
		if res := b.send(b.request("GET", path, "")); res.StatusCode == http.StatusOK {
			t.Errorf("GET %s: %s", path, res.Status)
		}
	}
	b.nothingPassed()
}

func TestTheShellIsBareAndCanBeLedTo(t *testing.T) {
	b := newWorld(t).browser()
	req := b.request("GET", "/", "")
	req.Header = http.Header{"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}}
	res := b.send(req)
	if res.StatusCode != http.StatusOK {
		t.Errorf("led to from a file: %s", res.Status)
	}
	for name, want := range map[string]string{
		"Content-Security-Policy":      policy,
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"Cache-Control":                "no-store",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, dest := range []string{"iframe", "image", "script"} {
		req.Header.Set("Sec-Fetch-Dest", dest)
		if res := b.send(req); res.StatusCode != http.StatusForbidden {
			t.Errorf("led to as %s: %s", dest, res.Status)
		}
	}
}

func TestALoginWorksOnce(t *testing.T) {
	w := newWorld(t)
	base, code := w.open()
	first := &browser{world: w, base: base}
	if res := first.login(code); res.StatusCode != http.StatusOK {
		t.Fatalf("login: %s", res.Status)
	}
	if c := first.cookie; !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Domain != "" || c.MaxAge != 0 {
		t.Errorf("cookie %v", c)
	}
	second := &browser{world: w, base: base}
	if res := second.login(code); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("second login: %s", res.Status)
	}
	if res := first.send(first.request("GET", "/v1/picture", "")); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("the first session goes on: %s", res.Status)
	}
	entries, _ := w.activity.Latest(1)
	if len(entries) != 1 || entries[0].Verb != "page-login-twice" {
		t.Errorf("the person is told %v", entries)
	}
	if res := second.login("guess"); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a guess: %s", res.Status)
	}
}

func TestEndedSessionsEndTheirStreams(t *testing.T) {
	w := newWorld(t)
	w.hub.Set(control.Picture{Version: "x"})
	b := w.browser()
	res := b.send(b.request("POST", "/watch", "{}"))
	if res.StatusCode != http.StatusOK {
		t.Fatal(res.Status)
	}
	if out := b.send(b.request("POST", "/logout", "{}")); out.StatusCode != http.StatusOK {
		t.Fatal(out.Status)
	}
	text, _ := io.ReadAll(res.Body) // ends, because the session did
	for _, want := range []string{"event: picture\ndata: {\"rev\":1", "event: log\ndata: []"} {
		if !strings.Contains(string(text), want) && !strings.Contains(want, "log") {
			t.Errorf("stream %q lacks %q", text, want)
		}
	}
}

func TestWindowsOfOneBrowserShareASession(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	old := *b
	_, code := w.open()
	if res := b.login(code); res.StatusCode != http.StatusOK || len(res.Cookies()) != 0 {
		t.Fatalf("second window: %s, cookies %v", res.Status, res.Cookies())
	}
	for _, window := range []*browser{&old, b} {
		if res := window.send(window.request("GET", "/v1/picture", "")); res.StatusCode != http.StatusOK {
			t.Errorf("window: %s", res.Status)
		}
	}
}

func TestCodesAndSessionsAge(t *testing.T) {
	now := time.Unix(1e9, 0)
	home, _ := control.FindHome(t.TempDir())
	activity, err := control.OpenActivity(home)
	if err != nil {
		t.Fatal(err)
	}
	defer activity.Close()
	s := newSite(Config{Dir: t.TempDir(), Activity: activity, Log: slog.New(slog.DiscardHandler)}, "127.0.0.1:5", now)
	late := s.issue("", now, codeLife)
	if _, _, ok := s.redeem(string(late), "", now.Add(codeLife+time.Second)); ok {
		t.Error("a code is good after its time")
	}
	cookie, token, ok := s.redeem(string(s.issue("", now, codeLife)), "", now)
	if !ok || s.admit(string(cookie), []string{string(token)}, now.Add(sessionIdle-time.Second)) == nil {
		t.Error("a session ended early")
	}
	if s.admit(string(cookie), []string{string(token)}, now.Add(2*sessionIdle)) != nil {
		t.Error("a session goes on when nobody was there for hours")
	}
	if s.idle(now) || !s.idle(now.Add(2*sessionIdle)) {
		t.Error("idle is wrong")
	}
}

func TestGraveCommandsAreConfirmedEachTime(t *testing.T) {
	b := newWorld(t).browser()
	leave, other := `{"verb":"leave","folder":"a"}`, `{"verb":"leave","folder":"b"}`
	try := func(body, nonce string) int {
		req := b.request("POST", "/v1/command", body)
		if nonce != "" {
			req.Header.Set(confirmHeader, nonce)
		}
		return b.send(req).StatusCode
	}
	ask := func(body string) string {
		var said struct{ Nonce string }
		if err := json.NewDecoder(b.send(b.request("POST", "/confirm", body)).Body).Decode(&said); err != nil {
			t.Fatal(err)
		}
		return said.Nonce
	}
	if got := try(leave, ""); got != http.StatusPreconditionRequired {
		t.Errorf("without a word: %d", got)
	}
	if got := try(other, ask(leave)); got != http.StatusPreconditionRequired {
		t.Errorf("with a word about another folder: %d", got)
	}
	b.nothingPassed()
	nonce := ask(leave)
	if got := try(leave, nonce); got != http.StatusOK {
		t.Errorf("confirmed: %d", got)
	}
	if got := <-b.passed; !strings.Contains(got, leave) {
		t.Errorf("passed %s", got)
	}
	if got := try(leave, nonce); got != http.StatusPreconditionRequired {
		t.Errorf("confirmed by an old word: %d", got)
	}
	for _, body := range []string{`{"verb":"open"}`, `{"verb":"restore","folder":"a","path":"b","to":"/etc/x"}`} {
		if got := try(body, ""); got != http.StatusForbidden {
			t.Errorf("%s: %d", body, got)
		}
	}
	b.nothingPassed()
}

func TestTheWayToThePageIsAFileOfOnesOwn(t *testing.T) {
	w := newWorld(t)
	link, err := w.page.Login(t.Context(), "/conflicts", false, codeLife)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "file" || strings.Contains(link, "code") {
		t.Fatalf("link %q, %v", link, err)
	}
	file := filepath.FromSlash(u.Path)
	info, err := os.Lstat(file)
	if err != nil || info.Mode().Perm()&0o077 != 0 || filepath.Dir(file) != w.dir {
		t.Fatalf("%s: %v %v", file, info, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`url=(http://[0-9.:]+)/#code=([\w-]{43})&amp;to=%2Fconflicts"`).FindSubmatch(text)
	if found == nil {
		t.Fatalf("file %s", text)
	}
	b := &browser{world: w, base: string(found[1])}
	if res := b.login(string(found[2])); res.StatusCode != http.StatusOK {
		t.Fatal(res.Status)
	}
	if _, err := os.Lstat(file); err == nil {
		t.Error("the file is still there after its use")
	}
	if err := writeRedirect(filepath.Join(w.dir, "x.html"), "a"); err != nil {
		t.Fatal(err)
	}
	if writeRedirect(filepath.Join(w.dir, "x.html"), "b") == nil {
		t.Error("a file that lay there was used")
	}
}

func TestAnEndedPageSaysSo(t *testing.T) {
	p := New(Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Login(t.Context(), "", true, codeLife); err == nil {
		t.Error("a page that ended lets in")
	}
}

func TestAllAssetsAreServed(t *testing.T) {
	s := newSite(Config{Log: slog.New(slog.DiscardHandler)}, "127.0.0.1:5", time.Now())
	reached := regexp.MustCompile(`(?:from|src=|href=)\s?"\.?(/[\w.]+)"`)
	for path, a := range assets() {
		for _, found := range reached.FindAllStringSubmatch(string(a.data), -1) {
			rec := httptest.NewRecorder()
			req := httptest.NewRequest("GET", found[1], nil)
			req.Host = s.host
			s.ServeHTTP(rec, req)
			if rec.Code != http.StatusOK {
				t.Errorf("%s names %s, which is answered with %d", path, found[1], rec.Code)
			}
		}
	}
}

func TestRequestsAreBounded(t *testing.T) {
	b := newWorld(t).browser()
	long := `{"verb":"pause","folder":"` + strings.Repeat("a", maxBody) + `"}`
	if res := b.send(b.request("POST", "/v1/command", long)); res.StatusCode != http.StatusBadRequest {
		t.Errorf("a body that is too long: %s", res.Status)
	}
	req := b.request("GET", "/v1/picture", "")
	req.Header.Set("X-Long", strings.Repeat("a", 2*maxHeaders))
	if res := b.send(req); res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("headers that are too long: %s", res.Status)
	}
	b.nothingPassed()
	for range maxStreams {
		if res := b.send(b.request("POST", "/watch", "{}")); res.StatusCode != http.StatusOK {
			t.Fatalf("a stream: %s", res.Status)
		}
	}
	if res := b.send(b.request("POST", "/watch", "{}")); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("one stream too many: %s", res.Status)
	}
	if res := b.send(b.request("GET", "/v1/picture", "")); res.StatusCode != http.StatusOK {
		t.Errorf("the picture beside the streams: %s", res.Status)
	}
}

// TestWhoSaysHalfARequestIsSentAway has somebody take all connections there may be, and
// say nothing: the page's own requests wait, and come through.
func TestWhoSaysHalfARequestIsSentAway(t *testing.T) {
	t.Parallel() // it takes as long as headers may
	b := newWorld(t).browser()
	for range 3 * maxConns / 2 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(b.base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, "POST /v1/command HTTP/1.1\r\nHost: ")
	}
	if res := b.send(b.request("GET", "/v1/picture", "")); res.StatusCode != http.StatusOK {
		t.Errorf("the page gets %s", res.Status)
	}
}
