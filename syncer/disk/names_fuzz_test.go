package disk

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kith/index"
)

// FuzzStoredNames: under whatever name a version is set aside, it is found again
// as the one it was; no two names share a place, and none leads anywhere.
func FuzzStoredNames(f *testing.F) {
	for _, s := range []string{"a", "a~d", "a~20261122-103000.000", "x~#0123456789abcdef0123456789abcdef", strings.Repeat("ä", 127), "~d~d"} {
		f.Add(s, int64(1764000000123))
	}
	f.Fuzz(func(t *testing.T, name string, ms int64) {
		if p, err := index.ParsePath(name); err != nil || p.Name() != name {
			return
		}
		at := time.UnixMilli(ms % 4e12).UTC()
		if at.Year() < 1970 {
			return
		}
		for _, dir := range []bool{false, true} {
			stored, whole := storedFile(name, at)
			if dir {
				stored, whole = storedDirectory(name)
			}
			if len(stored) > index.MaxName || strings.ContainsAny(stored, "/\x00") || stored == "." || stored == ".." {
				t.Fatalf("%q is stored as %q", name, stored)
			}
			look := func(d string) (string, error) {
				if whole == "" || d != digest(whole) {
					return "", errors.New("no such digest")
				}
				return whole, nil
			}
			got, stamp, err := parseStored(stored, dir, look)
			if err != nil || got != name {
				t.Fatalf("%q was stored as %q and comes back as %q, %v", name, stored, got, err)
			}
			if !dir {
				if back, err := stampTime(stamp); err != nil || !back.Equal(at) {
					t.Fatalf("%v comes back as %v, %v", at, back, err)
				}
			}
		}
	})
}

// FuzzWindowsName: no name that Windows would take for another one passes.
func FuzzWindowsName(f *testing.F) {
	for _, s := range []string{"a", "NUL", "nul.txt", "com1 .x", "a:b", "a ", "a.", `..\x`, "CONIN$", "lpt¹"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if p, err := index.ParsePath(name); err != nil || p.Name() != name || windowsName(name) != nil {
			return
		}
		if strings.ContainsAny(name, "\\/:*?\"<>|") || strings.TrimRight(name, ". ") != name {
			t.Fatalf("%q passes", name)
		}
		stem, _, _ := strings.Cut(strings.ToUpper(name), ".")
		for _, device := range []string{"CON", "PRN", "AUX", "NUL", "COM1", "LPT9", "CONIN$"} {
			if strings.TrimSpace(stem) == device && !strings.HasPrefix(stem, " ") {
				t.Fatalf("%q passes", name)
			}
		}
	})
}
