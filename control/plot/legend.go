package plot

import (
	"github.com/go-analyze/charts/chartdraw"
)

const (
	margin   = 8    // around the whole, in pixels
	fontSize = 12   // pixels
	line     = 20   // height of a line of the legend
	swatch   = 10   // width and height of a source's colour
	dpi      = 72   // a point is a pixel
	longest  = 28   // letters of a name
	wider    = 1.18 // how much wider the system's letters may be than those measured
)

// legend says which colour is which source, and how much it moved.
type legend struct {
	height int
	items  []item
}

type item struct {
	x, y  int
	class string
	words string
}

// layLegend sets the sources side by side, in as many lines as they need.
func layLegend(t Traffic, width int) legend {
	var l legend
	r, style := chartdraw.SVG(width, line), text("name")
	r.SetDPI(dpi)
	style.Font = chartdraw.GetDefaultFont()
	x, y := margin, margin
	for _, s := range t.Sources {
		words := short(s.Name) + "  " + t.sums(s)
		w := swatch + 6 + int(wider*float64(chartdraw.Draw.MeasureText(r, words, style).Width())) + 16
		if x > margin && x+w > width-margin {
			x, y = margin, y+line
		}
		l.items = append(l.items, item{x, y, class(s), words})
		x += w
	}
	if len(l.items) > 0 {
		l.height = y + line - margin
	}
	return l
}

func (l legend) draw(r chartdraw.Renderer, _ chartdraw.Box, defaults chartdraw.Style) {
	for _, i := range l.items {
		top := i.y + (line-swatch)/2
		chartdraw.Draw.Box(r, chartdraw.Box{IsSet: true, Left: i.x, Top: top, Right: i.x + swatch, Bottom: top + swatch},
			chartdraw.Style{ClassName: i.class})
		chartdraw.Draw.Text(r, i.words, i.x+swatch+6, i.y+line/2+fontSize/3, text("name").InheritFrom(defaults))
	}
}

// notes writes into the picture which side is which, or that there is nothing.
func notes(t Traffic, s scale) chartdraw.Renderable {
	return func(r chartdraw.Renderer, box chartdraw.Box, defaults chartdraw.Style) {
		style := text("note").InheritFrom(defaults)
		if len(t.Sources) == 0 {
			style.ClassName = "nothing"
			chartdraw.Draw.Text(r, t.Nothing, box.Left+box.Width()/2, box.Top+box.Height()/2, style)
			return
		}
		if s.in > 0 {
			chartdraw.Draw.Text(r, "↓ received", box.Left+4, box.Top+2*fontSize, style)
		}
		if s.out > 0 {
			chartdraw.Draw.Text(r, "↑ sent", box.Left+4, box.Bottom-fontSize, style)
		}
	}
}

func text(class string) chartdraw.Style {
	return chartdraw.Style{ClassName: class, FontStyle: chartdraw.FontStyle{FontSize: fontSize}}
}

// short shortens a name that would leave no room.
func short(name string) string {
	if r := []rune(name); len(r) > longest {
		return string(r[:longest-1]) + "…"
	}
	return name
}
