package main

import (
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
	// A run of one layer leaves all other cells as they are.
	if err := os.Remove(filepath.Join(dir, "crash.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "longer", "sim.json"), []byte(`{"scenarios":5}`), 0o644); err != nil {
		t.Fatal(err)
	}
	today := time.Now().UTC().Format(time.DateOnly)
	want = strings.Replace(want, "2026-03-01: scenarios **12,345,670**", today+": scenarios **5**", 1)
	if err := write(dir, filepath.Join(dir, "longer"), page); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(page); err != nil || string(got) != want {
		t.Errorf("%s\n%v", got, err)
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
	dir := t.TempDir()
	for name, text := range map[string]string{"page.md": "no markers", "sim.json": `{"scenarios":1}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := write(dir, t.TempDir(), filepath.Join(dir, "page.md")); err == nil {
		t.Error("a page without markers was written")
	}
}

// TestThePagesNameTestsThatExist holds docs/reliability.md and docs/faults.md to what
// there is.
func TestThePagesNameTestsThatExist(t *testing.T) {
	root := filepath.Join("..", "..")
	if page := read(t, root, "docs", "reliability.md"); !strings.Contains(page, begin) || !strings.Contains(page, end) {
		t.Error("the page has no place for the table")
	}
	sources := sources(t, root)
	for page, least := range map[string]int{"reliability.md": 50, "faults.md": 185} {
		named := regexp.MustCompile(`\b(Test|Fuzz)[A-Z]\w*`).FindAllString(read(t, root, "docs", page), -1)
		if len(named) < least {
			t.Errorf("%s names %d tests only", page, len(named))
		}
		for _, name := range named {
			if !strings.Contains(sources, "func "+name+"(") {
				t.Errorf("%s: there is no test %s", page, name)
			}
		}
	}
}

// TestEveryFaultIsTried verifies of each row of docs/faults.md that it is whole, and that
// it names a test, with what in it tries that, or says why there is none.
func TestEveryFaultIsTried(t *testing.T) {
	root := filepath.Join("..", "..")
	rows := 0
	for line := range strings.Lines(read(t, root, "docs", "faults.md")) {
		id := regexp.MustCompile(`^\| ([A-Z]\d+) `).FindStringSubmatch(line)
		if id == nil {
			continue
		}
		rows++
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 4 {
			t.Errorf("%s has %d cells", id[1], len(cells))
			continue
		}
		if !regexp.MustCompile("`(Test|Fuzz)[A-Z]|not tried: |does not arise: ").MatchString(cells[2] + cells[3]) {
			t.Errorf("%s names no test, and says nothing of why: %s", id[1], cells[3])
		}
		for _, named := range regexp.MustCompile("`(TestPlanted|TestScripts)` \\(([^)]*)\\)").FindAllStringSubmatch(cells[3], -1) {
			for name := range strings.SplitSeq(named[2], ", ") {
				file := filepath.Join(root, "testdata", "script", name)
				if named[1] == "TestPlanted" {
					file = filepath.Join(root, "sim", "planted", "testdata", name+".txt")
				}
				if _, err := os.Stat(file); err != nil {
					t.Errorf("%s: %v", id[1], err)
				}
			}
		}
	}
	if rows < 185 {
		t.Errorf("%d rows only", rows)
	}
}

func read(t *testing.T, path ...string) string {
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sources returns the text of all tests.
func sources(t *testing.T, root string) string {
	var all strings.Builder
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
