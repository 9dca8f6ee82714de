//go:build linux

package web

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
	for _, v := range b.violations() {
		b.Errorf("%s: %s", what, v)
	}
}

// violations returns what axe finds wrong; nothing where there is no axe.
func (b *browser) violations() []json.RawMessage {
	b.Helper()
	source := axe()
	if source == "" {
		return nil
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
	return all
}

// TestTheJudgeSeesPlantedFaults makes sure that its silence means something.
func TestTheJudgeSeesPlantedFaults(t *testing.T) {
	if axe() == "" {
		t.Skip("axe-core is not here")
	}
	w := newWorld(t, "anna")
	b := w.machine("anna", "Anna").browser("/settings")
	b.sees("Name of this device")
	for fault, js := range map[string]string{
		"button-name":    `document.querySelector("main").append(document.createElement("button"))`,
		"label":          `document.querySelector("main").append(Object.assign(document.createElement("input"), { type: "text" }))`,
		"color-contrast": `document.querySelector("main p").style.color = "#ccc"`,
	} {
		b.eval(js+", 0", new(int))
		var found string
		for _, v := range b.violations() {
			found += string(v)
		}
		if !strings.Contains(found, `"`+fault+`"`) {
			t.Errorf("%s is not seen, only %s", fault, found)
		}
	}
}
