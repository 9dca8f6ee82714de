package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestTheTableIsWhatTheRunsLeft(t *testing.T) {
	dir := t.TempDir()
	results := map[string]string{
		"sim.json":         `{"scenarios":1234567,"first_seed":18446744073709551615}`,
		"crash.json":       `{"states":50000,"kinds":["a","b"],"rate":1.5,"broken":0}`,
		"longer/sim.json":  `{"scenarios":12345670}`,
		"longer/soak.json": `{"kills":1000}`,
	}
	if err := os.Mkdir(filepath.Join(dir, "longer"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range results {
		file := filepath.Join(dir, name)
		day := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, day, day); err != nil {
			t.Fatal(err)
		}
	}
	page := filepath.Join(dir, "page.md")
	want := "above\n" + begin + `

| layer | in CI | in a longer run |
|---|---|---|
| crash | 2026-03-01: broken **0**, kinds **a, b**, rate **1.5**, states **50,000** | – |
| sim | 2026-03-01: first seed **18446744073709551615**, scenarios **1,234,567** | 2026-03-01: scenarios **12,345,670** |
| soak | – | 2026-03-01: kills **1,000** |

` + end + "\nbelow\n"
	if err := os.WriteFile(page, []byte("above\n"+begin+"\nold\n"+end+"\nbelow\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time changes nothing
		if err := write(dir, filepath.Join(dir, "longer"), page); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(page); err != nil || string(got) != want {
			t.Errorf("%s\n%v", got, err)
		}
	}
}

func TestNoFiguresAreNoTable(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(page, []byte(begin+end), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := write(t.TempDir(), t.TempDir(), page); err == nil {
		t.Error("a table was written without results")
	}
	if _, err := replace([]byte("no markers"), "table"); err == nil {
		t.Error("a page without markers was written")
	}
}

// TestThePageNamesTestsThatExist holds docs/reliability.md to what there is.
func TestThePageNamesTestsThatExist(t *testing.T) {
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "docs", "reliability.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(page, []byte(begin)) || !bytes.Contains(page, []byte(end)) {
		t.Error("the page has no place for the table")
	}
	var sources strings.Builder
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		sources.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`\b(Test|Fuzz)[A-Z]\w*`).FindAllString(string(page), -1)
	if len(named) < 50 {
		t.Errorf("the page names %d tests only", len(named))
	}
	for _, name := range named {
		if !strings.Contains(sources.String(), "func "+name+"(") {
			t.Errorf("there is no test %s", name)
		}
	}
}
