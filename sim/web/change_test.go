//go:build linux

package web

import (
	"context"
	"net/url"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// TestThePageComesThoughTheNetworkChanges drops, as a browser does when an address
// of the machine changes, the first request for each of a style, two scripts and
// the login, and of what the page then asks for: it is shown whole all the same.
func TestThePageComesThoughTheNetworkChanges(t *testing.T) {
	w := newWorld(t, "anna")
	anna := w.machine("anna", "Anna")
	anna.write("docs/a.txt", "the text")
	anna.kith("share", filepath.Join(anna.user, "docs"))
	b := anna.browserAt("about:blank")
	var mu sync.Mutex
	left := map[string]bool{"/base.css": true, "/words.js": true, "/main.js": true, "/login": true, "/v1/command": true, "/v1/content": true}
	chromedp.ListenTarget(b.ctx, func(event any) {
		paused, ok := event.(*fetch.EventRequestPaused)
		if !ok {
			return
		}
		u, _ := url.Parse(paused.Request.URL) // what has no path is not dropped
		mu.Lock()
		drop := u != nil && left[u.Path]
		if drop {
			delete(left, u.Path)
		}
		mu.Unlock()
		go chromedp.Run(b.ctx, chromedp.ActionFunc(func(ctx context.Context) error {
			if drop {
				return fetch.FailRequest(paused.RequestID, network.ErrorReasonInternetDisconnected).Do(ctx)
			}
			return fetch.ContinueRequest(paused.RequestID).Do(ctx)
		}))
	})
	b.run(fetch.Enable(), chromedp.Navigate(anna.login("/settings")))
	b.sees("Name of this device")
	b.until("the style", `getComputedStyle(document.body).margin === "0px"`)
	b.goTo("/browse/" + anna.folderID("docs") + "/a.txt")
	b.sees("the text")
	mu.Lock()
	defer mu.Unlock()
	if len(left) > 0 {
		t.Errorf("the page did without %v", left)
	}
}
