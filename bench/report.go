//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// The measures, each with its unit.
const (
	mSeconds   = "time, s"
	mFlush     = "left to flush, s"
	mCPU       = "CPU, s"
	mCPUPerGiB = "CPU per GiB, s"
	mWire      = "on the wire, MiB"
	mWritten   = "written to disk, MiB"
	mMemory    = "peak memory, MiB"
	mEarly     = "said done too early"
	mP50       = "p50, ms"
	mP99       = "p99, ms"
	mIdle      = "CPU, % of a core"
)

// measures is the order in which they are reported.
var measures = []string{mSeconds, mP50, mP99, mIdle, mFlush, mCPU, mCPUPerGiB, mWire, mMemory, mWritten, mEarly}

// negligible is up to where a measure is left out of the table, if no program
// goes beyond.
var negligible = map[string]float64{mFlush: 0.02, mWritten: 0.1, mEarly: 0}

// titles says in words what the steps are.
func (z sizes) titles() map[string]string {
	big := fmt.Sprintf("one file of %s", amount(z.Big))
	small := fmt.Sprintf("%d files, %s", z.Small, amount(int64(z.Small)*int64(z.Mean)))
	return map[string]string{
		stepIndexBig:   big + ": sender takes stock",
		stepCopyBig:    big + ": first copy",
		stepFreshBig:   big + ": stock and first copy",
		stepInsert:     "1 KiB put in front of it",
		stepPages:      fmt.Sprintf("%d pages of 4 KiB changed in it", z.Pages),
		stepIndexSmall: small + ": sender takes stock",
		stepCopySmall:  small + ": first copy",
		stepFreshSmall: small + ": stock and first copy",
		stepSave:       fmt.Sprintf("save of 4 KiB until it is there (%d files)", z.Saves),
		stepResave:     fmt.Sprintf("the same file saved again and again (%d)", z.resaves()),
		stepRename:     fmt.Sprintf("directories with %d files renamed", z.Renames),
		stepIdle:       fmt.Sprintf("idle for %v, %d files watched", z.Idle, z.Small),
	}
}

// order is the order in which steps are reported.
var order = []string{stepIndexBig, stepCopyBig, stepFreshBig, stepInsert, stepPages,
	stepIndexSmall, stepCopySmall, stepFreshSmall, stepSave, stepResave, stepRename, stepIdle}

// amount writes a number of bytes for people.
func amount(n int64) string {
	if n >= 1<<30 {
		return fmt.Sprintf("%.3g GiB", float64(n)/(1<<30))
	}
	return fmt.Sprintf("%.3g MiB", float64(n)/(1<<20))
}

// brief writes one step's values in a line.
func brief(values map[string]float64) string {
	var parts []string
	for _, m := range measures {
		if v, ok := values[m]; ok && (v != 0 || m == mSeconds) {
			name, unit, _ := strings.Cut(m, ", ")
			parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s %s %s", name, number(v), unit)))
		}
	}
	return strings.Join(parts, "; ")
}

// number writes a value with three digits that count.
func number(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 0.01:
		return fmt.Sprintf("%.2f", v)
	}
	return "<0.01"
}

// median returns the middle one of the values; the mean of two.
func median(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

// writeTable writes the medians of all runs: a row for each step, place and
// measure, a column for each subject, and how many times as much the others need
// as kith does.
func writeTable(w io.Writer, results []result, titles map[string]string, subjects, places []string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	header := append([]string{"work", "where", "measure"}, subjects...)
	for _, other := range subjects {
		if other != subjectKith {
			header = append(header, other+"/kith")
		}
	}
	fmt.Fprintln(tw, strings.Join(header, "\t"))
	for _, step := range order {
		title := titles[step]
		for _, p := range places {
			where := p
			for _, row := range rowsOf(results, step, p, subjects) {
				fmt.Fprintln(tw, strings.Join(append([]string{title, where}, row...), "\t"))
				title, where = "", ""
			}
		}
	}
	return tw.Flush()
}

// rowsOf makes the rows of one step at one place.
func rowsOf(results []result, step, place string, subjects []string) [][]string {
	var rows [][]string
	for _, m := range measures {
		medians := map[string]float64{}
		for _, s := range subjects {
			if values := valuesOf(results, step, place, s, m); len(values) > 0 {
				medians[s] = median(values)
			}
		}
		limit, small := negligible[m]
		if len(medians) == 0 || small && !someAbove(medians, limit) {
			continue
		}
		rows = append(rows, rowOf(m, medians, subjects))
	}
	return rows
}

// valuesOf collects a measure of all runs of one subject.
func valuesOf(results []result, step, place, subject, measure string) (values []float64) {
	for _, r := range results {
		if v, ok := r.Values[measure]; ok && r.Step == step && r.Place == place && r.Subject == subject {
			values = append(values, v)
		}
	}
	return values
}

func someAbove(medians map[string]float64, limit float64) bool {
	for _, v := range medians {
		if v > limit {
			return true
		}
	}
	return false
}

func rowOf(measure string, medians map[string]float64, subjects []string) []string {
	row := []string{measure}
	for _, s := range subjects {
		if v, ok := medians[s]; ok {
			row = append(row, number(v))
		} else {
			row = append(row, "-")
		}
	}
	for _, s := range subjects {
		if s == subjectKith {
			continue
		}
		ours, ok := medians[subjectKith]
		theirs, ok2 := medians[s]
		if ok && ok2 && ours > 0 {
			row = append(row, fmt.Sprintf("%.3gx", theirs/ours))
		} else {
			row = append(row, "-")
		}
	}
	return row
}

// rules says how it was measured; it stands above every table.
const rules = `How it was measured: sender and receiver are two network namespaces of this machine, joined by a bridge;
both share its processors. Programs take turns, each run in fresh directories; figures are medians of the runs.
"First copy": the files lie ready, both ends run and know each other, the sender has taken stock of its files
(a row of its own); the clock runs from the receiver's yes (for rsync: from the start of its command) until
the program says it is done and names, sizes and times are equal. "Stock and first copy": from the moment the folder
is shared, stock-taking included. After every step the trees are compared byte for byte, outside the clock.
"Left to flush" is how long it then takes the file system to make durable what the program left unwritten.
rsync pulls from a daemon, unencrypted. syncthing watches with a delay of 1 s instead of its usual 10 s; relays,
discovery and reports are off. CPU is that of both ends together, memory that of the larger one. Wire: both directions, with headers.`

// report is all that is written with -json.
type report struct {
	Machine  machine           `json:"machine"`
	Versions map[string]string `json:"versions"`
	Sizes    sizes             `json:"sizes"`
	Rate     string            `json:"rate,omitempty"` // of the link, in the words of tc
	Results  []result          `json:"results"`
}

func (r report) write(name string) error {
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(b, '\n'), 0o644)
}
