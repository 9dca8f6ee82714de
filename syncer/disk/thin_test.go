package disk

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kith/index"
	"kith/syncer/plan"
)

func TestDue(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).UnixNano()
	const always = int64(1) << 60
	for _, c := range []struct {
		name  string
		ages  []string // of versions of one path of 100 bytes each, the latest first
		limit int64
		want  string // the ages of those that go
	}{
		{"all of the last 30 days stay", []string{"0h", "1h", "2h", "719h"}, always, ""},
		{"then the latest of each day", []string{"800h", "801h", "802h", "830h"}, always, "801h 802h"},
		{"then the latest of each week", []string{"3000h", "3001h", "3200h"}, always, "3001h"},
		{"none is kept for more than a year", []string{"1h", "8700h", "8800h"}, always, "8800h"},
		{"beyond the share the oldest go", []string{"1h", "200h", "300h", "400h"}, 250, "400h 300h"},
		{"but none of the last 7 days", []string{"1h", "2h", "3h", "167h", "169h"}, 100, "169h"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var kept []index.Kept
			for _, age := range c.ages {
				d, _ := time.ParseDuration(age)
				kept = append(kept, index.Kept{ID: age, Path: index.MustPath("f"), Size: 100, Replaced: now - int64(d)})
			}
			var got []string
			for _, k := range due(kept, now, c.limit) {
				got = append(got, k.ID)
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("go %q, want %q", s, c.want)
			}
		})
	}
}

func TestThin(t *testing.T) {
	p := newPlace(t)
	start := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	os.Mkdir(filepath.Join(p.root, "d"), 0o755)
	for i := range 3 {
		p.clock = func() time.Time { return start.AddDate(0, 0, 100*i) }
		p.save("d/f", fmt.Sprint(i))
		if out := p.one(plan.Step{Have: p.have("d/f"), Want: index.File{Path: index.MustPath("d/f"), Kind: index.Deleted}}); out.Err != nil {
			t.Fatal(out.Err)
		}
	}
	old := p.wanted("left", "behind")
	p.open.forget(draftName(old))
	busy, err := p.use(p.wanted("under way", "still"), true)
	if err != nil {
		t.Fatal(err)
	}
	defer p.open.release(busy)
	for _, c := range []struct{ day, left int }{{200, 3}, {366 + 50, 2}, {366 + 300, 0}} {
		if err := p.Thin(t.Context(), start.AddDate(0, 0, c.day).UnixNano()); err != nil {
			t.Fatal(err)
		}
		if kept, err := p.Versions(index.Path{}); err != nil || len(kept) != c.left {
			t.Errorf("after %d days there are %d, %v", c.day, len(kept), err)
		}
	}
	if err := p.Thin(t.Context(), time.Now().AddDate(0, 1, 0).UnixNano()); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]int{"versions": 0, "drafts": 1} {
		if names, _ := os.ReadDir(filepath.Join(p.root, ".kith", dir)); len(names) != want {
			t.Errorf("%s holds %v", dir, names)
		}
	}
}
