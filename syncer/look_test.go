package syncer_test

import (
	"fmt"
	"slices"
	"testing"

	"kith/index"
	"kith/syncer"
)

// look writes what a device knows of a folder: of each path what lies here, and
// who else holds it.
func (d *device) look(found []syncer.Found, err error) []string {
	d.w.t.Helper()
	must(d.w.t, err)
	var out []string
	for _, f := range found {
		line := fmt.Sprintf("%s %s", f.Path, f.Here)
		for _, m := range d.w.members {
			if slices.Contains(f.Holders, m.Device) {
				line += " " + m.Name
			}
		}
		out = append(out, line)
	}
	return out
}

func (d *device) search(text string) []string {
	d.w.t.Helper()
	return d.look(d.engine.Search(d.w.t.Context(), d.w.folder, text, index.Path{}, index.Path{}, 100))
}

func TestWhatASleepingDeviceHoldsIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben", "carl:receive")
	a, b, c := w.devices[0], w.devices[1], w.devices[2]
	connect(a, b)
	connect(a, c)
	a.write("docs/Plan.txt", "one")
	a.write("docs/other.txt", "two")
	w.settle()
	c.write("docs/plan of carl's", "a receiver's own is nobody's")
	c.scan()
	a.write("docs/Plan.txt", "one and a half")
	a.scan()
	a.until("told", func(s syncer.Status) bool { return s.Members[0].InStep && s.Members[1].InStep })
	disconnect(a, b)
	disconnect(a, c)
	b.write("docs/plan b.txt", "three") // not told yet
	b.scan()
	if got, want := a.search("PLAN"), []string{"docs/Plan.txt yes ben carl"}; !slices.Equal(got, want) {
		t.Errorf("anna finds %q, want %q", got, want)
	}
	if got, want := b.search("plan"), []string{"docs/Plan.txt yes anna", "docs/plan b.txt yes"}; !slices.Equal(got, want) {
		t.Errorf("ben finds %q, want %q", got, want)
	}
	got := b.look(b.engine.Children(t.Context(), w.folder, index.MustPath("docs"), index.Path{}, 100))
	if want := []string{"docs/Plan.txt yes anna", "docs/other.txt yes anna", "docs/plan b.txt yes"}; !slices.Equal(got, want) {
		t.Errorf("ben lists %q, want %q", got, want)
	}
	if f, err := b.engine.Stat(t.Context(), w.folder, index.MustPath("docs/nothing")); err != nil || f.Live() {
		t.Errorf("what is nowhere is %+v, %v", f, err)
	}
}
