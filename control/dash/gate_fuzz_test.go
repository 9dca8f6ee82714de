package dash

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzGate bends a request in all ways at once. What passes was meant for us, and
// came from our own page, or was a mere look at the bare shell.
func FuzzGate(f *testing.F) {
	const own = "127.0.0.1:4242"
	f.Add("POST", "/do", own, "http://"+own, "same-origin", "cors", "empty", "application/json")
	f.Add("GET", "/", own, "", "cross-site", "navigate", "document", "")
	f.Add("POST", "/do", "evil.test:4242", "http://evil.test:4242", "same-origin", "", "", "text/plain")
	f.Add("GET", "/events", "localhost:4242", "null", "none", "", "", "")
	f.Fuzz(func(t *testing.T, method, path, host, origin, from, mode, dest, kind string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Method, r.URL.Path, r.Host = method, path, host
		for key, value := range map[string]string{"Origin": origin, "Sec-Fetch-Site": from, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest, "Content-Type": kind} {
			if value != "" {
				r.Header[http.CanonicalHeaderKey(key)] = []string{value}
			}
		}
		s := &site{host: own, alias: "localhost:4242"}
		s.cfg.Log = slog.New(slog.DiscardHandler)
		s.cross = http.NewCrossOriginProtection()
		if s.judge(r) != nil {
			return
		}
		ours := origin == "http://127.0.0.1:4242" && host == own || origin == "http://localhost:4242" && host == "localhost:4242"
		shell := method == "GET" && path == "/" && mode == "navigate" && dest == "document"
		switch {
		case host != own && host != "localhost:4242":
			t.Fatalf("host %q passes", host)
		case method != "GET" && method != "POST":
			t.Fatalf("method %q passes", method)
		case method == "POST" && (!ours || !strings.HasPrefix(strings.ToLower(strings.TrimSpace(kind)), "application/json")):
			t.Fatalf("a POST of origin %q, kind %q passes", origin, kind)
		case origin != "" && !ours:
			t.Fatalf("origin %q passes", origin)
		case from != "" && from != "same-origin" && from != "none" && !shell:
			t.Fatalf("site %q passes for %s %s", from, method, path)
		}
	})
}
