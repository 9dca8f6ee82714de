// Package plot draws how much came in and went out over time, as SVG.
//
// It is pure: it is given figures and returns a picture. The picture holds no
// script and no link, and a style sheet of its own.
package plot

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"github.com/go-analyze/charts/chartdraw"
)

// Traffic is what a picture shows: rates in equal parts of a span of time.
type Traffic struct {
	From    time.Time // where the first part begins
	Part    time.Duration
	Parts   int
	Last    time.Duration // how long the last part is so far
	Sources []Source      // the first is drawn nearest to the axis
	Nothing string        // what to say when nothing moved
}

// Source is a device content came from or went to, or several together.
type Source struct {
	Name     string
	Down, Up []float64 // bytes per second in each of the parts
	Color    int       // below Colors, or Grey
}

// Theme says for which ground a picture is drawn.
type Theme string

// The themes.
const (
	Auto  Theme = "auto"  // no ground; light or dark as the system says
	Light Theme = "light" // on white
	Dark  Theme = "dark"  // on dark grey
)

// The sizes a picture may have, in pixels.
const (
	MinWidth, MaxWidth   = 240, 4000
	MinHeight, MaxHeight = 160, 2000
)

// SVG draws the traffic, so many pixels wide and high.
func SVG(t Traffic, width, height int, theme Theme) ([]byte, error) {
	s := scaleOf(t, height)
	head := layLegend(t, width)
	chart := chartdraw.Chart{
		Width: width, Height: height, DPI: dpi,
		Background: chartdraw.Style{
			ClassName: "ground",
			Padding:   chartdraw.Box{IsSet: true, Left: margin, Right: margin, Bottom: margin, Top: head.height + margin},
		},
		Canvas: chartdraw.Style{ClassName: "none"},
		XAxis: chartdraw.XAxis{
			Style: text("axis"), Ticks: timeTicks(t, width),
			GridMajorStyle: chartdraw.Hidden(), GridMinorStyle: chartdraw.Hidden(),
		},
		YAxis: chartdraw.YAxis{
			Style: text("axis"), Ticks: s.ticks(), Zero: chartdraw.GridLine{Style: chartdraw.Hidden()},
			GridMajorStyle: chartdraw.Hidden(), GridMinorStyle: chartdraw.Hidden(), // drawn by grid
		},
		YAxisSecondary: chartdraw.HideYAxis(),
		Series:         append([]chartdraw.Series{grid{scale: s}}, bands(t)...),
		Elements:       []chartdraw.Renderable{head.draw, notes(t, s)},
	}
	var b bytes.Buffer
	if err := chart.Render(chartdraw.SVGWithCSS(sheet(theme), ""), &b); err != nil {
		return nil, fmt.Errorf("draw plot: %w", err)
	}
	return label(b.Bytes(), t), nil
}

// label says in words what is to be seen, for those who listen to it.
func label(svg []byte, t Traffic) []byte {
	var words bytes.Buffer
	xml.EscapeText(&words, []byte(t.words())) // a buffer takes everything
	opening := fmt.Appendf(nil, `<svg class="kith-plot" role="img" aria-label="%s" `, words.Bytes())
	return bytes.Replace(svg, []byte("<svg "), opening, 1)
}

// words says what the picture shows.
func (t Traffic) words() string {
	if len(t.Sources) == 0 {
		return t.Nothing
	}
	var parts []string
	for _, s := range t.Sources {
		parts = append(parts, s.Name+": "+t.sums(s))
	}
	return strings.Join(parts, "; ")
}

// sums says how much came from a source and went to it.
func (t Traffic) sums(s Source) string {
	var parts []string
	if n := t.bytes(s.Down); n > 0 {
		parts = append(parts, "↓ "+size(n))
	}
	if n := t.bytes(s.Up); n > 0 {
		parts = append(parts, "↑ "+size(n))
	}
	return strings.Join(parts, " ")
}

func (t Traffic) bytes(rates []float64) float64 {
	var sum float64
	for k, r := range rates {
		sum += r * t.Length(k).Seconds()
	}
	return sum
}

// Length returns how long a part is.
func (t Traffic) Length(k int) time.Duration {
	if k == t.Parts-1 {
		return t.Last
	}
	return t.Part
}
