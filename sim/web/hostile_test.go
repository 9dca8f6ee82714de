//go:build linux

package web

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// hostile are names that try to be more than names.
var hostile = []string{
	`<img src=x onerror=alert(1)>`,
	`"><svg onload=alert(1)>`,
	`javascript:alert(1)`,
	"a\u202egnp.exe",
	`{{constructor.constructor('alert(1)')()}}`,
	`%3Cscript%3Ealert(1)%3C%2Fscript%3E`,
	`';alert(1);'`,
}

// TestNamesAreOnlyNames shows names of devices, folders and files that would run
// something, turn the writing around, or break the page if they could.
func TestNamesAreOnlyNames(t *testing.T) {
	w := newWorld(t, "anna", "ben")
	anna, ben := w.machine("anna", "Anna"), w.machine("ben", hostile[0][:32-4])
	w.pair(anna, ben)
	for i, name := range hostile {
		ben.write("evil/"+strings.ReplaceAll(name, "/", "_"), "<script>alert(1)</script>")
		if i < 3 {
			dir := filepath.Join(ben.user, fmt.Sprint("share", i))
			w.must(os.MkdirAll(dir, 0o755))
			ben.kith("share", dir, "--name", name, "--with", "Anna")
		}
	}
	w.share(ben, anna, "evil")
	w.must(os.Remove(filepath.Join(ben.user, "evil", hostile[0])))
	ben.kith("scan", "evil")
	b := anna.browser("/")
	b.eval(`window.alert = () => { window.broken = true }, document.addEventListener("securitypolicyviolation", (e) => { window.violated = e.violatedDirective + " " + e.sample }), 0`, new(int))
	id := anna.folderID("evil")
	for _, place := range []string{"/", "/devices", "/activity", "/folder/" + id, "/browse/" + id, "/versions/" + id,
		"/versions/" + id + "/" + url.PathEscape(hostile[0]), "/browse/" + id + "/" + url.PathEscape(strings.ReplaceAll(hostile[1], "/", "_")),
		"/offer/" + url.PathEscape(hostile[1]), "/search", "/" + url.PathEscape(hostile[0])} {
		b.goTo(place)
		b.until("the place "+place, `document.querySelector("main h1")`)
		var bad string
		b.eval(`[window.broken && "ran", window.violated, document.querySelector("main img[src=x], main svg[onload], body script") && "became markup"].filter(Boolean).join()`, &bad)
		if bad != "" {
			t.Errorf("%s: %s", place, bad)
		}
	}
	b.goTo("/browse/" + id)
	b.sees("a⟨U+202E⟩gnp.exe")
	b.sees(hostile[3][:1])
	b.until("names apart from their surroundings", `[...document.querySelectorAll("main li a bdi")].length >= 5`)
}

// TestOtherPagesAreKeptOut has a page of another origin, in the same browser in
// which ours is open, try what such a page can.
func TestOtherPagesAreKeptOut(t *testing.T) {
	w := newWorld(t, "anna")
	anna := w.machine("anna", "Anna")
	anna.write("docs/a.txt", "a")
	anna.kith("share", filepath.Join(anna.user, "docs"))
	b := anna.browser("/settings")
	b.sees("Name of this device")
	var origin, token string
	b.eval("location.origin", &origin)
	b.eval(`sessionStorage.getItem("kith-token")`, &token)

	var l net.Listener
	var err error
	anna.host.Exec(func() { l, err = net.Listen("tcp", "127.0.0.1:0") })
	w.must(err)
	defer l.Close()
	var leaked atomic.Value
	go http.Serve(l, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if c := r.Header.Get("Cookie"); c != "" {
			leaked.Store(c)
		}
		rw.Header().Set("Content-Type", "text/html")
		fmt.Fprint(rw, "<!doctype html><title>evil</title><form id=f method=post enctype=text/plain></form>")
	}))
	_, port, _ := net.SplitHostPort(l.Addr().String())
	ctx, cancel := chromedp.NewContext(b.ctx) // another tab of the same browser
	defer cancel()
	evil := &browser{T: t, m: anna, ctx: ctx, faults: &[]string{}}
	for _, host := range []string{"127.0.0.1", "localhost"} {
		evil.run(evil.load("http://" + host + ":" + port + "/"))
		for name, js := range map[string]string{
			"reads":              `fetch(O + "/v1/picture", { credentials: "include" }).then((r) => r.text())`,
			"reads blindly":      `fetch(O + "/v1/picture", { credentials: "include", mode: "no-cors" }).then((r) => r.type === "opaque" ? Promise.reject("opaque") : r.text())`,
			"with the token":     `fetch(O + "/v1/picture", { credentials: "include", headers: { "X-Kith-Token": TOKEN } }).then((r) => r.text())`,
			"streams":            `fetch(O + "/watch", { method: "POST", credentials: "include", headers: { "Content-Type": "application/json", "X-Kith-Token": TOKEN }, body: "{}" }).then((r) => r.text())`,
			"event source":       `new Promise((ok, no) => { const s = new EventSource(O + "/v1/watch", { withCredentials: true }); s.onmessage = (e) => ok(e.data); s.onerror = () => no("closed") })`,
			"a command":          `fetch(O + "/v1/command", { method: "POST", credentials: "include", mode: "no-cors", headers: { "Content-Type": "text/plain" }, body: '{"verb":"pause"}' }).then(() => Promise.reject("opaque"))`,
			"a script":           `new Promise((ok, no) => { const s = document.createElement("script"); s.src = O + "/main.js"; s.type = "module"; s.onload = () => ok("loaded"); s.onerror = () => no("refused"); document.head.append(s) })`,
			"a login that fails": `fetch(O + "/login", { method: "POST", credentials: "include", headers: { "Content-Type": "application/json" }, body: '{"code":"x"}' }).then((r) => r.text())`,
		} {
			js = strings.ReplaceAll(strings.ReplaceAll(js, "TOKEN", quote(token)), "O +", quote(origin)+" +")
			var got string
			evil.eval(`Promise.resolve().then(() => `+js+`).then((t) => "got " + t, (e) => "no: " + e)`, &got)
			if !strings.HasPrefix(got, "no:") {
				t.Errorf("from %s, %s: %.200s", host, name, got)
			}
		}
		evil.eval(`(() => { const f = document.createElement("iframe"); f.src = `+quote(origin+"/")+`; f.id = "frame"; document.body.append(f); return new Promise((ok) => { f.onload = () => ok(0); setTimeout(() => ok(0), 1500) }) })()`, new(int))
		var framed bool
		evil.eval(`(() => { try { return !!document.getElementById("frame").contentDocument?.getElementById("app") } catch { return false } })()`, &framed)
		if framed {
			t.Error("the page lets itself be framed")
		}
	}
	if c := leaked.Load(); c != nil {
		t.Logf("our cookie alone goes to other ports, as cookies do: %s…; without the token it opens nothing", fmt.Sprint(c)[:12])
	}
	if p, err := anna.Status(w.ctx); err != nil || p.Folders[0].State == "paused" {
		t.Errorf("another page gave a command: %v, %v", p.Folders, err)
	}
	b.goTo("/activity")
	b.sees("Activity") // ours goes on
}

// TestOtherUsersAreKeptOut has another user of the machine try the port.
func TestOtherUsersAreKeptOut(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("to be another user needs root")
	}
	w := newWorld(t, "anna")
	anna := w.machine("anna", "Anna")
	link := anna.login("/")
	u, err := url.Parse(link)
	w.must(err)
	ask := fmt.Sprintf(`exec 3<>/dev/tcp/127.0.0.1/%s; printf 'GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' >&3; timeout 5 cat <&3`, u.Port(), u.Host)
	ctx, cancel := context.WithTimeout(w.ctx, 20*time.Second)
	defer cancel()
	for user, want := range map[string]bool{"0": true, "65534": false} {
		cmd := anna.host.Command("setpriv", "--reuid="+user, "--clear-groups", "bash", "-c", ask)
		stop := context.AfterFunc(ctx, func() { cmd.Process.Kill() })
		out, _ := cmd.Output() // refused: nothing comes, and bash says so
		stop()
		if got := strings.Contains(string(out), "200 OK"); got != want {
			t.Errorf("user %s gets %.80q", user, out)
		}
	}
}

// TestALoginLeavesNoTrace looks where others could: the address, the history and
// what a browser is started with.
func TestALoginLeavesNoTrace(t *testing.T) {
	w := newWorld(t, "anna")
	anna := w.machine("anna", "Anna")
	b := anna.browser("/devices")
	var at string
	b.eval("location.href + ' ' + document.referrer + ' ' + document.cookie", &at)
	if strings.Contains(at, "code=") || !strings.HasSuffix(strings.Fields(at)[0], "/#/devices") || strings.Contains(at, "kith-") {
		t.Errorf("the page knows %q", at)
	}
	var length int
	b.eval("history.length", &length)
	if length > 2 {
		t.Errorf("%d entries in the history", length)
	}
	again := anna.browser("/")
	link := anna.login("/")
	first := anna.browserAt(link)
	first.until("the page", `document.querySelector(".frame")`)
	second := anna.browserAt(link)
	second.sees("no longer open to Kith")
	first.sees("no longer open to Kith") // it might have been the thief
	again.goTo("/activity")
	again.sees("A link to this page was used twice")
}

// TestTheBrowserIsStartedWithAFile has `kith open` start a browser, and opens in
// a real one what it was started with.
func TestTheBrowserIsStartedWithAFile(t *testing.T) {
	w := newWorld(t, "anna")
	anna := w.machine("anna", "Anna")
	anna.write("docs/a.txt", "a")
	anna.kith("share", filepath.Join(anna.user, "docs"))
	bin, told := t.TempDir(), filepath.Join(t.TempDir(), "told")
	w.must(os.WriteFile(filepath.Join(bin, "xdg-open"), []byte("#!/bin/sh\nprintf %s \"$*\" > "+told+".new && mv "+told+".new "+told+"\n"), 0o755))
	cmd := anna.Command("open", "/settings")
	cmd.Env = append(cmd.Env, "PATH="+bin+":/usr/sbin:/usr/bin:/sbin:/bin", "DISPLAY=:0")
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("kith open: %v, %s", err, out)
	}
	var link []byte
	for link == nil {
		link, _ = os.ReadFile(told) // not there yet: once more
		select {
		case <-w.ctx.Done():
			t.Fatal("no browser was started")
		case <-time.After(20 * time.Millisecond):
		}
	}
	u, err := url.Parse(string(link))
	if err != nil || u.Scheme != "file" || strings.Contains(string(link), "code") || u.Fragment != "" {
		t.Fatalf("started with %q", link)
	}
	info, err := os.Stat(u.Path)
	w.must(err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v", info.Mode())
	}
	b := anna.browserAt(string(link))
	b.sees("Name of this device")
	if _, err := os.Stat(u.Path); err == nil {
		t.Error("the file is still there")
	}
	var at string
	b.eval("location.href", &at)
	if !strings.HasSuffix(at, "/#/settings") {
		t.Errorf("the browser is at %q", at)
	}
}
