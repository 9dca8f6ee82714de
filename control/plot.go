package control

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"kith/control/plot"
	"kith/index"
)

// PlotRequest says what a plot of the traffic shall show. Its zero fields mean
// the usual.
type PlotRequest struct {
	Folder string   // as in a Command; nothing: all
	Device string   // as in a Command; nothing: all
	Span   PlotSpan // ten minutes
	Width  int      // in pixels: 720
	Height int      // in pixels: 260
	Theme  string   // auto, light or dark; auto
}

// PlotSpan is a stretch of time that ends now.
type PlotSpan string

// The spans.
const (
	TenMinutes PlotSpan = "10m"
	OneHour    PlotSpan = "1h"
	OneDay     PlotSpan = "1d"
)

// plotSpans says in which parts each is drawn.
var plotSpans = map[PlotSpan]struct {
	part  time.Duration
	parts int
	words string
}{
	TenMinutes: {4 * time.Second, 150, "ten minutes"},
	OneHour:    {time.Minute, 60, "hour"},
	OneDay:     {10 * time.Minute, 144, "day"},
}

// Query returns the request as the query of an address.
func (r PlotRequest) Query() url.Values {
	q := make(url.Values)
	for name, value := range map[string]string{
		"folder": r.Folder, "device": r.Device, "span": string(r.Span), "theme": r.Theme,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for name, value := range map[string]int{"width": r.Width, "height": r.Height} {
		if value != 0 {
			q.Set(name, strconv.Itoa(value))
		}
	}
	return q
}

// ParsePlotRequest reads what Query wrote.
func ParsePlotRequest(q url.Values) (PlotRequest, error) {
	r := PlotRequest{
		Folder: q.Get("folder"), Device: q.Get("device"),
		Span: cmp.Or(PlotSpan(q.Get("span")), TenMinutes), Theme: cmp.Or(q.Get("theme"), string(plot.Auto)),
		Width: 720, Height: 260,
	}
	if _, ok := plotSpans[r.Span]; !ok {
		return r, usage("there is no plot of %q", string(r.Span)).Hint("say 10m, 1h or 1d")
	}
	if !slices.Contains([]plot.Theme{plot.Auto, plot.Light, plot.Dark}, plot.Theme(r.Theme)) {
		return r, usage("there is no theme %q", r.Theme).Hint("say auto, light or dark")
	}
	for _, side := range []struct {
		name        string
		value       *int
		least, most int
	}{
		{"width", &r.Width, plot.MinWidth, plot.MaxWidth}, {"height", &r.Height, plot.MinHeight, plot.MaxHeight},
	} {
		text := q.Get(side.name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < side.least || n > side.most {
			return r, usage("%s %q is not a number from %d to %d", side.name, text, side.least, side.most)
		}
		*side.value = n
	}
	return r, nil
}

// Plot draws what moved lately, as SVG.
func (d *Desk) Plot(ask PlotRequest) ([]byte, error) {
	ask, err := ParsePlotRequest(ask.Query())
	if err != nil {
		return nil, err
	}
	keep, err := d.plotted(ask)
	if err != nil {
		return nil, err
	}
	span := plotSpans[ask.Span]
	now := time.Now()
	last := now.Truncate(span.part)
	t := plot.Traffic{
		From: last.Add(-span.part * time.Duration(span.parts-1)),
		Part: span.part, Parts: span.parts, Last: max(now.Sub(last), time.Second),
		Nothing: fmt.Sprintf("Nothing moved in the last %s", span.words),
	}
	t.Sources = d.sources(d.rates.lately(now, span.part, span.parts, keep), t, ask.Height)
	svg, err := plot.SVG(t, ask.Width, ask.Height, plot.Theme(ask.Theme))
	if err != nil {
		return nil, failed("%w", err)
	}
	return svg, nil
}

// plotted returns what selects the sources that a plot shall show.
func (d *Desk) plotted(ask PlotRequest) (func(source) bool, error) {
	var folder index.FolderID
	var device index.DeviceID
	if ask.Folder != "" {
		f, err := findFolder(d.Settings(), "", ask.Folder)
		if err != nil {
			return nil, err
		}
		folder = f.ID
	}
	if ask.Device != "" {
		dev, err := d.hub.Latest().FindDevice(ask.Device, false)
		if err != nil {
			return nil, err
		}
		device = dev.ID
	}
	return func(s source) bool {
		return (ask.Folder == "" || s.folder == folder) && (ask.Device == "" || s.device == device)
	}, nil
}

// sources adds up what moved by device: those that moved most by name, in an
// order and in colours that do not change with what moves, and all others
// together.
func (d *Desk) sources(moved map[source][]amount, t plot.Traffic, height int) []plot.Source {
	sums := make(map[index.DeviceID]*plot.Source)
	total := make(map[index.DeviceID]int64)
	for key, parts := range moved {
		s := sums[key.device]
		if s == nil {
			s = &plot.Source{Name: Escape(d.nameOf(key.device)), Color: d.colorOf(key.device), Down: make([]float64, len(parts)), Up: make([]float64, len(parts))}
			sums[key.device] = s
		}
		for i, a := range parts {
			s.Down[i] += float64(a.down) / t.Length(i).Seconds()
			s.Up[i] += float64(a.up) / t.Length(i).Seconds()
			total[key.device] += a.down + a.up
		}
	}
	most := slices.SortedFunc(maps.Keys(sums), func(a, b index.DeviceID) int {
		return cmp.Or(cmp.Compare(total[b], total[a]), a.Compare(b))
	})
	most = slices.DeleteFunc(most, index.DeviceID.IsZero) // those that nobody told apart
	named := min(plot.Colors, max(3, height/60), len(most))
	slices.SortFunc(most[:named], index.DeviceID.Compare)
	var out []plot.Source
	for _, id := range most[:named] {
		out = append(out, *sums[id])
		delete(sums, id)
	}
	if len(sums) == 0 {
		return out
	}
	return append(out, together(slices.Collect(maps.Values(sums))))
}

// colorOf returns the colour of a device, which it keeps while nobody is paired
// or unpaired.
func (d *Desk) colorOf(device index.DeviceID) int {
	before := 0
	for _, p := range d.Settings().Devices {
		if p.ID.Compare(device) < 0 {
			before++
		}
	}
	return before % plot.Colors
}

// together adds up several sources.
func together(all []*plot.Source) plot.Source {
	sum := plot.Source{Name: "others", Color: plot.Grey}
	for _, s := range all {
		if sum.Down == nil {
			sum.Down, sum.Up = make([]float64, len(s.Down)), make([]float64, len(s.Up))
		}
		for i := range s.Down {
			sum.Down[i] += s.Down[i]
			sum.Up[i] += s.Up[i]
		}
	}
	return sum
}
