package control

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"kith/index"
	"kith/syncer"
)

func counted(folder byte, device byte, down, up int64) syncer.Status {
	return syncer.Status{
		Folder:  index.FolderID{folder},
		Traffic: []syncer.Traffic{{Device: index.DeviceID{device}, Down: down, Up: up}},
	}
}

func all(source) bool { return true }

func TestTheRecorderKeepsWhatMovedWhen(t *testing.T) {
	r := newRecorder()
	start := time.Unix(1_700_000_000, 0) // a multiple of four
	key := source{index.FolderID{1}, index.DeviceID{7}}
	r.take(start, []syncer.Status{counted(1, 7, 100, 0)})
	r.take(start.Add(2*time.Second), []syncer.Status{counted(1, 7, 150, 5)})
	r.take(start.Add(4*time.Second), []syncer.Status{counted(1, 7, 150, 5)}) // nothing
	r.take(start.Add(6*time.Second), []syncer.Status{counted(1, 7, 10, 0)})  // started anew
	r.take(start.Add(8*time.Second), []syncer.Status{counted(1, 7, 11, 0)})
	got := r.lately(start.Add(9*time.Second), 4*time.Second, 4, all)[key]
	if want := []amount{{}, {150, 5}, {10, 0}, {1, 0}}; !slices.Equal(got, want) {
		t.Errorf("kept %v, not %v", got, want)
	}
	if got := r.lately(start.Add(2*time.Minute), time.Minute, 60, all)[key]; sum(got) != (amount{161, 5}) {
		t.Errorf("in the hour %v", sum(got))
	}
	none := func(s source) bool { return s.folder != index.FolderID{1} }
	if got := r.lately(start.Add(9*time.Second), 4*time.Second, 3, none); len(got) > 0 {
		t.Errorf("what is not selected moved: %v", got)
	}
}

func sum(all []amount) (s amount) {
	for _, a := range all {
		s.down, s.up = s.down+a.down, s.up+a.up
	}
	return s
}

func TestTheRecorderForgetsAndStaysSmall(t *testing.T) {
	r := newRecorder()
	now := time.Unix(1_699_999_800, 0) // a multiple of ten minutes
	for i := range int64(coarseSlots + 100) {
		var st []syncer.Status
		for d := range byte(150) {
			st = append(st, counted(1, d, 10*(i+1), 0))
		}
		now = now.Add(time.Minute)
		r.take(now, st)
	}
	for _, ring := range []ring{r.fine, r.coarse} {
		if len(ring.slots) > coarseSlots+1 {
			t.Errorf("%d slots", len(ring.slots))
		}
		for _, s := range ring.slots {
			if len(s.moved) > maxSources+1 {
				t.Errorf("%d sources in a slot", len(s.moved))
			}
		}
	}
	moved := r.lately(now.Add(9*time.Minute), 10*time.Minute, 144, all)
	var total int64
	for _, parts := range moved {
		total += sum(parts).down
	}
	if want := int64(coarseSlots-9) * 150 * 10; total != want {
		t.Errorf("%d bytes in a day, not %d", total, want)
	}
	if s := sum(moved[source{}]); s.down == 0 {
		t.Error("those beyond the limit are not counted together")
	}
}

func TestPlotRequests(t *testing.T) {
	for query, want := range map[string]string{
		"span=1h&width=320&height=200&theme=dark&folder=f&device=d": "",
		"":            "",
		"span=2h":     "say 10m, 1h or 1d",
		"theme=pink":  "say auto",
		"width=1e3":   "width",
		"width=10":    "width",
		"height=9999": "height",
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		ask, err := ParsePlotRequest(q)
		if got := fmt.Sprint(err); want == "" && err != nil || want != "" && !strings.Contains(got+hint(err), want) {
			t.Errorf("%q: %v", query, err)
		}
		if again, err2 := ParsePlotRequest(ask.Query()); err == nil && (again != ask || err2 != nil) {
			t.Errorf("%q comes back as %+v, %v", query, again, err2)
		}
	}
}

func hint(err error) string {
	if f, ok := err.(*Fault); ok {
		return f.Next
	}
	return ""
}

func TestAPlotComesThroughTheDoor(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	door := serve(t, d)
	r, err := door.Do(t.Context(), Command{Verb: Share, Dir: d.mkdir("docs")})
	if err != nil {
		t.Fatal(err)
	}
	ben := keyOf(2)
	if err := d.Paired(ben.ID(), "Ben <b>", nil); err != nil {
		t.Fatal(err)
	}
	if err := d.Paired(keyOf(3).ID(), "Cleo", nil); err != nil {
		t.Fatal(err)
	}
	d.paint()
	d.rates.take(time.Now().Add(-time.Minute), []syncer.Status{{
		Folder: *r.Folder, Traffic: []syncer.Traffic{{Device: ben.ID(), Down: 3e6}},
	}})
	for _, c := range []struct {
		ask  PlotRequest
		want string
	}{
		{PlotRequest{}, "Ben &lt;b&gt;: ↓ 3 MB"},
		{PlotRequest{Folder: "docs", Device: "Ben <b>", Width: 320, Height: 200, Theme: "dark"}, "Ben &lt;b&gt;: ↓ 3 MB"},
		{PlotRequest{Span: OneDay}, "Ben &lt;b&gt;: ↓ 3 MB"},
		{PlotRequest{Device: "Cleo"}, "Nothing moved in the last ten minutes"},
	} {
		if svg, err := door.Plot(t.Context(), c.ask); err != nil || !strings.Contains(string(svg), c.want) {
			t.Errorf("%+v: %v, %.300s", c.ask, err, svg)
		}
	}
	if _, err := door.Plot(t.Context(), PlotRequest{Folder: "no"}); err == nil || !strings.Contains(err.Error(), `no folder "no"`) {
		t.Errorf("a folder there is none of: %v", err)
	}
}
