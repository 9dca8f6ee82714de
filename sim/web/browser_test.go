//go:build linux

package web

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"kith/sim/netlab"
)

// atHome is a host on which programs find the person's home directory.
type atHome struct {
	*netlab.Host
	user string
}

// Command prepares a program to run there.
func (h atHome) Command(name string, args ...string) *exec.Cmd {
	cmd := h.Host.Command(name, args...)
	cmd.Env = append(os.Environ(), "HOME="+h.user, "LANG=C.UTF-8")
	return cmd
}

func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func needBrowser(t *testing.T) {
	t.Helper()
	if chromium() == "" {
		t.Skip("there is no Chromium here")
	}
}

// browser is a window of a browser on a machine.
type browser struct {
	*testing.T
	m      *machine
	ctx    context.Context
	faults *[]string // what the page complained of
}

// browser starts a browser on the machine and opens the page in it.
func (m *machine) browser(place string) *browser {
	m.w.Helper()
	b := m.browserAt(m.login(place))
	b.until("the page", `document.querySelector(".frame")`)
	return b
}

// browserAt starts a browser on the machine with an address.
func (m *machine) browserAt(url string) *browser {
	m.w.Helper()
	ctx, cancel := chromedp.NewRemoteAllocator(m.w.ctx, m.startBrowser(), chromedp.NoModifyURL)
	m.w.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {})) // it tells of events newer than itself
	m.w.Cleanup(cancel)
	b := &browser{T: m.w.T, m: m, ctx: ctx, faults: &[]string{}}
	chromedp.ListenTarget(ctx, b.listen)
	b.run(runtime.Enable(), b.size(1280, 900), b.scheme("light"), b.load(url))
	m.w.Cleanup(func() {
		for _, f := range *b.faults {
			m.w.Errorf("the page on %s: %s", m.Name, f)
		}
		if m.w.Failed() {
			b.keep("failed-" + strings.ReplaceAll(m.w.Name(), "/", "-") + "-" + m.Name)
		}
	})
	return b
}

func (m *machine) login(place string) string {
	return strings.TrimSpace(m.kith("open", "--print", place))
}

// startBrowser runs a browser on the machine, and returns where it takes orders:
// the port is one of the machine's own network, and is brought into ours.
func (m *machine) startBrowser() string {
	m.w.Helper()
	cmd := m.Host.Command(chromium(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--remote-debugging-port=0", "--remote-allow-origins=*", "--hide-scrollbars", "--lang=en-GB", "--user-data-dir="+m.w.TempDir(), "about:blank")
	said, err := cmd.StderrPipe()
	m.w.must(err)
	m.w.must(cmd.Start())
	ended := make(chan struct{})
	m.w.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
	})
	found := make(chan string, 1)
	go func() {
		defer close(ended)
		lines := bufio.NewScanner(said)
		for lines.Scan() {
			if at := listening.FindStringSubmatch(lines.Text()); at != nil {
				found <- at[1]
			}
		}
		io.Copy(io.Discard, said)
		cmd.Wait()
	}()
	select {
	case at := <-found:
		host, path, _ := strings.Cut(strings.TrimPrefix(at, "ws://"), "/")
		return "ws://" + m.bring(host) + "/" + path
	case <-ended:
		m.w.Fatal("the browser ended at once")
	case <-m.w.ctx.Done():
		m.w.Fatal("the browser does not start")
	}
	return ""
}

var listening = regexp.MustCompile(`^DevTools listening on (\S+)`)

// bring makes an address of the machine's own network one of ours.
func (m *machine) bring(addr string) string {
	m.w.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	m.w.must(err)
	m.w.Cleanup(func() { l.Close() })
	go func() {
		for {
			here, err := l.Accept()
			if err != nil {
				return
			}
			var there net.Conn
			m.host.Exec(func() { there, err = net.Dial("tcp", addr) })
			if err != nil {
				here.Close()
				continue
			}
			go func() { io.Copy(there, here); there.Close() }()
			go func() { io.Copy(here, there); here.Close() }()
		}
	}()
	return l.Addr().String()
}

// listen notes what no page of ours should ever do: break, or be stopped by its
// own policy.
func (b *browser) listen(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		*b.faults = append(*b.faults, e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError {
			for _, a := range e.Args {
				*b.faults = append(*b.faults, "says "+string(a.Value)+a.Description)
			}
		}
	}
}

func (b *browser) run(actions ...chromedp.Action) {
	b.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.Fatal(err)
	}
}

// load opens an address; once more if just then the network of the machine changed,
// as a browser does by itself after a while.
func (b *browser) load(url string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		for {
			if err := chromedp.Navigate(url).Do(ctx); err == nil || !strings.Contains(err.Error(), "net::ERR_NETWORK_CHANGED") {
				return err
			}
		}
	})
}

func (b *browser) size(width, height int64) chromedp.Action {
	return emulation.SetDeviceMetricsOverride(width, height, 1, false)
}

func (b *browser) scheme(light string) chromedp.Action {
	return emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: light}, {Name: "prefers-reduced-motion", Value: "reduce"},
	})
}

// eval evaluates an expression in the page.
func (b *browser) eval(js string, into any) {
	b.Helper()
	b.run(chromedp.Evaluate(js, into, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
}

// shownWithin is how long anything may take until it is seen, on a busy machine.
const shownWithin = time.Minute

// until waits until an expression is true in the page.
func (b *browser) until(what, js string) {
	b.Helper()
	late := time.After(shownWithin)
	for {
		var ok bool
		err := chromedp.Run(b.ctx, chromedp.Evaluate("!!("+js+")", &ok)) // fails also while the page is just reloaded
		if b.ctx.Err() != nil {
			b.Fatalf("waited for %s: %v", what, b.ctx.Err())
		}
		if ok {
			return
		}
		select {
		case <-late:
			b.Fatalf("waited for %s (%v); the page shows:\n%s\nand had from Kith:\n%s", what, err, b.text(), b.fetched())
		case <-time.After(30 * time.Millisecond):
		}
	}
}

func (b *browser) text() string {
	var text string
	chromedp.Run(b.ctx, chromedp.Evaluate("document.body.innerText", &text)) // what can't be read isn't shown
	return text
}

// fetched lists what the page asked for, and what came.
func (b *browser) fetched() string {
	var list string
	chromedp.Run(b.ctx, chromedp.Evaluate(`performance.getEntriesByType("resource").map((r) => [r.responseStatus, r.encodedBodySize, r.name].join(" ")).join("\n")`, &list))
	return list
}

func (b *browser) sees(text string) {
	b.Helper()
	b.until(fmt.Sprintf("%q", text), fmt.Sprintf(`document.body?.innerText.includes(%s)`, quote(text)))
}

func (b *browser) gone(text string) {
	b.Helper()
	b.until(fmt.Sprintf("%q to go", text), fmt.Sprintf(`document.body && !document.body.innerText.includes(%s)`, quote(text)))
}

func quote(s string) string {
	q, _ := json.Marshal(s) // of a string: never fails
	return string(q)
}

// go shows another place of the page.
func (b *browser) goTo(place string) {
	b.Helper()
	b.eval(fmt.Sprintf("location.hash = %s, 0", quote(place)), new(int))
}

// press clicks what bears the given words, with the mouse, once it is there; again
// if it moved away under the pointer, as the page changes by itself.
func (b *browser) press(words string) {
	b.Helper()
	for !b.clicked(words) {
		if b.ctx.Err() != nil {
			b.Fatalf("%q could not be pressed", words)
		}
	}
}

// clicked clicks once, and reports whether that met what it was meant for; nothing
// else hears of it.
func (b *browser) clicked(words string) (met bool) {
	b.Helper()
	find := fmt.Sprintf(`(() => {
		const all = [...document.querySelectorAll("dialog[open] button, dialog[open] a, dialog[open] label, dialog[open] input")];
		if (!document.querySelector("dialog[open]")) all.push(...document.querySelectorAll("button, a, label, input, summary"));
		const words = %s;
		const said = (e) => (e.getAttribute("aria-label") || e.innerText || e.value || "").trim().replace(/\s+/g, " ");
		const e = all.find((e) => said(e) === words && e.checkVisibility() && !e.disabled) ?? all.find((e) => said(e).startsWith(words) && e.checkVisibility() && !e.disabled);
		if (!e) return null;
		e.scrollIntoView({ block: "center" });
		removeEventListener("click", window.guard, true);
		window.met = false;
		window.guard = (click) => {
			window.met = e.contains(click.target);
			if (!window.met) { click.preventDefault(); click.stopImmediatePropagation(); }
		};
		addEventListener("click", window.guard, { capture: true, once: true });
		const r = e.getBoundingClientRect();
		return [r.x + Math.min(r.width / 2, 60), r.y + r.height / 2];
	})()`, quote(words))
	what := fmt.Sprintf("something that says %q", words)
	b.until(what, find)
	var at, before []float64
	for at == nil || !slices.Equal(at, before) { // until it stays in its place
		before = at
		b.eval(`new Promise((ok) => setTimeout(ok, 50)).then(() => `+find+`)`, &at)
	}
	b.run(chromedp.MouseClickXY(at[0], at[1]))
	b.eval("window.met", &met)
	return met
}

// fill types into the field with that label, in place of what is there.
func (b *browser) fill(label, text string) {
	b.Helper()
	find := fmt.Sprintf(`(() => { const l = [...document.querySelectorAll("label")].find((l) => l.innerText.trim() === %s && l.checkVisibility());
		const e = l && document.getElementById(l.htmlFor); if (e) { e.focus(); e.select(); } return !!e; })()`, quote(label))
	b.until("the field "+label, find)
	b.run(chromedp.ActionFunc(func(ctx context.Context) error { return input.InsertText(text).Do(ctx) }))
}

// key presses keys, as on a keyboard.
func (b *browser) key(keys ...string) {
	b.Helper()
	for _, k := range keys {
		b.run(chromedp.KeyEvent(k))
	}
}

// tabTo goes from one control to the next by Tab until the one with those words
// has the focus.
func (b *browser) tabTo(words string) {
	b.Helper()
	var seen []string
	for range 120 {
		var said string
		b.eval(`(() => { const e = document.activeElement; return (e.getAttribute("aria-label") || e.innerText || [...(e.labels ?? [])].map((l) => l.innerText).join(" ") || e.value || "").trim().replace(/\s+/g, " "); })()`, &said)
		if said == words || strings.HasPrefix(said, words) {
			return
		}
		seen = append(seen, said)
		b.key(kb.Tab)
	}
	b.Fatalf("the keyboard does not reach %q, only %q", words, seen)
}

// keep writes a picture to where a person can look at it, if KITH_SHOTS says where.
func (b *browser) keep(name string) {
	dir := os.Getenv("KITH_SHOTS")
	if dir == "" {
		return
	}
	var png []byte
	err := chromedp.Run(b.ctx, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		png, err = page.CaptureScreenshot().Do(ctx)
		return err
	}))
	if err == nil {
		os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644)
	}
}
