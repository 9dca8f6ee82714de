package disk

import (
	"strings"
	"testing"
	"time"

	"kith/index"
	"kith/syncer/plan"
)

func TestStoredNamesAreReversible(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 30, 0, 5e6, time.UTC)
	long := strings.Repeat("ä", 127)
	kept := map[string]string{}
	whole := func(digest string) (string, error) { return kept[digest], nil }
	seen := map[string]string{}
	for _, name := range []string{
		"a", "a.txt", "a~d", "a~20261122-103000.005", "a~20261122-103000.005~d", "a~#", "a~#b", long, long + "x",
		strings.Repeat("x", 255), strings.Repeat("x", 254) + "y", strings.Repeat("~d", 127), cut("a"),
	} {
		for _, dir := range []bool{false, true} {
			stored, cutOff := storedFile(name, at)
			if dir {
				stored, cutOff = storedDirectory(name)
			}
			if cutOff != "" {
				kept[digest(cutOff)] = cutOff
			}
			if len(stored) > index.MaxName {
				t.Errorf("%q is stored as %q, %d bytes", name, stored, len(stored))
			}
			if other, taken := seen[stored]; taken {
				t.Errorf("%q and %q are both stored as %q", name, other, stored)
			}
			seen[stored] = name
			got, stamp, err := parseStored(stored, dir, whole)
			if err != nil || got != name || (stamp == "") != dir {
				t.Errorf("%q, stored as %q, reads as %q, %q, %v", name, stored, got, stamp, err)
			}
		}
	}
	if s, _ := storedFile("a.txt", at); s != "a.txt~20261122-103000.005" {
		t.Errorf("stored as %q", s)
	}
}

func TestVersionsOfLongNames(t *testing.T) {
	p := newPlace(t)
	name := strings.Repeat("long", 60) + ".txt"
	dir := strings.Repeat("d", 255)
	p.Put(t.Context(), []plan.Step{{Want: index.File{Path: index.MustPath(dir), Kind: index.Directory, Mode: 0o755}}})
	for _, path := range []string{name, dir + "/" + name} {
		p.save(path, "old")
		if out := p.one(plan.Step{Have: p.have(path), Want: p.wanted(path, "new")}); out.Err != nil {
			t.Fatal(out.Err)
		}
		kept, err := p.Versions(index.MustPath(path))
		if err != nil || len(kept) != 1 || kept[0].Path.String() != path {
			t.Fatalf("kept %+v, %v", kept, err)
		}
		if err := p.Restore(kept[0], index.Path{}); err != nil || p.text(path) != "old" {
			t.Errorf("%q, %v", p.text(path), err)
		}
	}
	if kept, err := p.Versions(index.Path{}); err != nil || len(kept) != 4 {
		t.Errorf("in all: %d, %v", len(kept), err)
	}
}

func TestWindowsNames(t *testing.T) {
	for _, name := range []string{"CON", "con.txt", "nul", "Com1", "lpt9.x.y", "COM¹", "a:b", `a\b`, "a?", "a.", "a ", "tab\t", "NUL .txt"} {
		if windowsName(name) == nil {
			t.Errorf("%q is taken for a good name", name)
		}
	}
	for _, name := range []string{"console", "com", "com10", "a.b", ".hidden", "nul-", "LPTx", "ä", "a b"} {
		if err := windowsName(name); err != nil {
			t.Error(err)
		}
	}
}
