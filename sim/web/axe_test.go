//go:build linux

package web

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// axe returns the source of axe-core, the usual judge of accessibility, where
// .ci/setup put it; nothing if it is not here.
func axe() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	source, _ := os.ReadFile(filepath.Join(cache, "kith-tests", "node_modules", "axe-core", "axe.min.js")) // not there: nothing
	return string(source)
}

// accessible lets axe judge what is shown now.
func (b *browser) accessible(what string) {
	b.Helper()
	source := axe()
	if source == "" {
		return
	}
	var loaded bool
	b.eval(`typeof axe === "object"`, &loaded)
	if !loaded {
		b.eval(source+"; 0", new(int))
	}
	var found string
	b.eval(`axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
		.then((r) => JSON.stringify(r.violations.map((v) => [v.id, v.help, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + " " + n.failureSummary.split("\n")[1])])))`, &found)
	var all []json.RawMessage
	if err := json.Unmarshal([]byte(found), &all); err != nil {
		b.Fatalf("axe said %q", found)
	}
	for _, v := range all {
		b.Errorf("%s: %s", what, v)
	}
}
