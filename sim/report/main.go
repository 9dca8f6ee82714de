// Command report writes what test runs left in a directory of results into the
// table of docs/reliability.md, so that no figure there was written by hand. What no
// run left anything of stays as it is there: a cell is the latest run of its layer.
//
//	go run ./sim/report            dist/results, dist/results/soak → docs/reliability.md
//	go run ./sim/report -results DIR -longer DIR -page FILE
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	from := flag.String("results", filepath.Join("dist", "results"), "`directory` with the figures of a run of all tests, one file for each layer")
	longer := flag.String("longer", filepath.Join("dist", "results", "soak"), "`directory` with those of make soak")
	page := flag.String("page", filepath.Join("docs", "reliability.md"), "`file` with the table")
	flag.Parse()
	if err := write(*from, *longer, *page); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

// The table stands between these two lines.
const (
	begin = "<!-- figures: written by go run ./sim/report -->"
	end   = "<!-- end of figures -->"
)

// write puts the table of all results into the page.
func write(from, longer, page string) error {
	old, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(old, []byte(begin))
	was, after, closed := bytes.Cut(rest, []byte(end))
	if !ok || !closed {
		return fmt.Errorf("%s: the table should stand between the lines %q and %q", page, begin, end)
	}
	table, err := tableOf(from, longer, string(was))
	if err != nil {
		return err
	}
	text := slices.Concat(before, []byte(begin+"\n"+table+end), after)
	return os.WriteFile(page, text, 0o644)
}

// tableOf makes the table: a row for each layer, with what it came to in a run of
// all tests and in a longer one, and the days of those; or what the table was, where
// these left nothing.
func tableOf(from, longer, was string) (string, error) {
	rows, found := rowsOf(was), false
	for i, dir := range []string{from, longer} {
		cells, err := cellsOf(dir)
		if err != nil {
			return "", err
		}
		for layer, cell := range cells {
			row := rows[words(layer)]
			row[i], found = cell, true
			rows[words(layer)] = row
		}
	}
	if !found {
		return "", fmt.Errorf("no results in %s and %s: make test and make soak leave them there", from, longer)
	}
	var b strings.Builder
	b.WriteString("\n| layer | in CI | in a longer run |\n|---|---|---|\n")
	for _, layer := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", layer, cmp.Or(rows[layer][0], "–"), cmp.Or(rows[layer][1], "–"))
	}
	b.WriteString("\n")
	return b.String(), nil
}

// rowsOf returns the cells of a table, by layer.
func rowsOf(table string) map[string][2]string {
	rows := map[string][2]string{}
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if layer := strings.TrimSpace(cells[0]); len(cells) == 3 && layer != "layer" {
			rows[layer] = [2]string{strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2])}
		}
	}
	return rows
}

// cellsOf returns what stands in a directory of results, by layer.
func cellsOf(dir string) (map[string]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	cells := map[string]string{}
	for _, f := range files {
		cell, err := cellOf(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		cells[strings.TrimSuffix(filepath.Base(f), ".json")] = cell
	}
	return cells, nil
}

// cellOf tells the figures of one file, and its day.
func cellOf(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var figures map[string]any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // a seed is not to be rounded
	if err := decoder.Decode(&figures); err != nil {
		return "", err
	}
	var told []string
	for _, name := range slices.Sorted(maps.Keys(figures)) {
		told = append(told, words(name)+" **"+value(name, figures[name])+"**")
	}
	return info.ModTime().UTC().Format(time.DateOnly) + ": " + strings.Join(told, ", "), nil
}

func words(name string) string { return strings.ReplaceAll(name, "_", " ") }

// value writes a figure as people read it: thousands apart, but for names such as
// a seed.
func value(name string, v any) string {
	switch v := v.(type) {
	case json.Number:
		if strings.Contains(name, "seed") {
			return v.String()
		}
		return thousands(v.String())
	case []any:
		var all []string
		for _, e := range v {
			all = append(all, value(name, e))
		}
		return strings.Join(all, ", ")
	}
	return strings.ReplaceAll(fmt.Sprint(v), "|", `\|`)
}

// thousands puts commas into a whole number.
func thousands(n string) string {
	if strings.ContainsAny(n, ".eE") {
		return n
	}
	sign := ""
	if strings.HasPrefix(n, "-") {
		sign, n = "-", n[1:]
	}
	for i := len(n) - 3; i > 0; i -= 3 {
		n = n[:i] + "," + n[i:]
	}
	return sign + n
}
