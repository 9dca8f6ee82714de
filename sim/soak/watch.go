//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"kith/sim/drive"
)

// watch looks, after each round, at the program that runs from beginning to end:
// what it uses must not grow.
type watch struct {
	device *drive.Device
	seen   []use
}

// use is what a process uses, at rest.
type use struct{ rss, files, threads int } // rss in MiB

func (u use) String() string {
	return fmt.Sprintf("%d MiB, %d descriptors, %d threads", u.rss, u.files, u.threads)
}

func (w *watch) String() string {
	if len(w.seen) == 0 {
		return "nothing seen"
	}
	return w.device.Name + " uses " + w.seen[len(w.seen)-1].String()
}

func (w *watch) look() error {
	u, err := useOf(w.device.PID())
	if err == nil {
		w.seen = append(w.seen, u)
	}
	return err
}

func (w *watch) peak() int {
	most := 0
	for _, u := range w.seen {
		most = max(most, u.rss)
	}
	return most
}

// By so much may the least use of the last third of a run lie above the most of
// the first third, as caches and the collector have it.
const (
	rssSlack     = 48 // MiB
	filesSlack   = 32
	threadsSlack = 8
)

// judge tells whether the use is flat.
func (w *watch) judge() (bad []string) {
	if len(w.seen) < 4 {
		return nil // too short to tell
	}
	third := len(w.seen) / 3
	early, late := w.seen[:third], w.seen[len(w.seen)-third:]
	most, least := early[0], late[0]
	for _, u := range early {
		most = use{max(most.rss, u.rss), max(most.files, u.files), max(most.threads, u.threads)}
	}
	for _, u := range late {
		least = use{min(least.rss, u.rss), min(least.files, u.files), min(least.threads, u.threads)}
	}
	if least.rss > most.rss+rssSlack || least.files > most.files+filesSlack || least.threads > most.threads+threadsSlack {
		bad = append(bad, fmt.Sprintf("%s grows: at most %v, later at least %v", w.device.Name, most, least))
	}
	return bad
}

// goroutinesSlack is by how many goroutines a program may differ from another one
// that is at rest too.
const goroutinesSlack = 16

// goroutines ends the program, and one that was started anew not long ago, and tells
// whether it had more goroutines than that one, by many.
func (w *watch) goroutines(young *drive.Device) (had int, bad []string) {
	had, err := w.device.Goroutines()
	fresh, err2 := young.Goroutines()
	if err := errors.Join(err, err2); err != nil {
		return had, []string{err.Error()}
	}
	if had > fresh+goroutinesSlack {
		bad = append(bad, fmt.Sprintf("%s grows: %d goroutines, and %s, started anew, has %d", w.device.Name, had, young.Name, fresh))
	}
	return had, bad
}

// useOf reads what a process uses from /proc.
func useOf(pid int) (u use, err error) {
	dir := fmt.Sprintf("/proc/%d/", pid)
	files, err := os.ReadDir(dir + "fd")
	if err != nil {
		return u, err
	}
	status, err := os.ReadFile(dir + "status")
	if err != nil {
		return u, err
	}
	u.files = len(files)
	for line := range strings.Lines(string(status)) {
		name, rest, _ := strings.Cut(line, ":")
		fields := strings.Fields(rest)
		if len(fields) == 0 {
			continue
		}
		n, _ := strconv.Atoi(fields[0])
		switch name {
		case "VmRSS":
			u.rss = n >> 10
		case "Threads":
			u.threads = n
		}
	}
	return u, nil
}
