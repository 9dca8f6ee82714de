//go:build linux

package main

import (
	"os"
	"testing"

	"kith/sim/drive"
)

func TestGrowthIsNoticed(t *testing.T) {
	flat := use{rss: 60, files: 40, threads: 12}
	for _, c := range []struct {
		name string
		step use
		want int
	}{
		{"flat", use{}, 0},
		{"memory", use{rss: 20}, 1},
		{"descriptors", use{files: 10}, 1},
		{"threads", use{threads: 3}, 1},
	} {
		w := watch{device: &drive.Device{Name: "anna"}}
		for i := range 10 {
			w.seen = append(w.seen, use{flat.rss + i*c.step.rss, flat.files + i*c.step.files, flat.threads + i*c.step.threads})
		}
		w.seen[2].rss += 30 // a peak of a moment is no growth
		if got := w.judge(); len(got) != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

func TestUseOfThisProcess(t *testing.T) {
	u, err := useOf(os.Getpid())
	if err != nil || u.rss < 1 || u.files < 3 || u.threads < 1 {
		t.Errorf("%v, %v", u, err)
	}
}
