package plot

import "github.com/go-analyze/charts/chartdraw"

// series is the part that all series here have in common.
type series struct{}

func (series) GetName() string               { return "" }
func (series) GetYAxis() chartdraw.YAxisType { return chartdraw.YAxisPrimary }
func (series) GetStyle() chartdraw.Style     { return chartdraw.Style{} }
func (series) Validate() error               { return nil }

// band is the area between two lines: a source, on top of those before it.
type band struct {
	series
	class        string
	times        []float64 // the middle of each part
	inner, outer []float64
}

// bands stacks what came in upwards, and what went out downwards.
func bands(t Traffic) []chartdraw.Series {
	var out []chartdraw.Series
	above, below := make([]float64, t.Parts), make([]float64, t.Parts)
	for _, s := range t.Sources {
		for _, side := range []struct {
			base  []float64
			rates []float64
			sign  float64
		}{{above, s.Down, 1}, {below, s.Up, -1}} {
			b := band{class: class(s)}
			for k := range side.rates {
				next := side.base[k] + side.sign*side.rates[k]
				b.times = append(b.times, t.middle(k))
				b.inner = append(b.inner, side.base[k])
				b.outer = append(b.outer, next)
				side.base[k] = next
			}
			if t.bytes(side.rates) > 0 {
				out = append(out, b)
			}
		}
	}
	return out
}

// Render draws each stretch in which the band has a height.
func (b band) Render(r chartdraw.Renderer, box chartdraw.Box, x, y chartdraw.Range, _ chartdraw.Style) {
	at := func(k int, line []float64) (int, int) {
		return box.Left + x.Translate(b.times[k]), box.Bottom - y.Translate(line[k])
	}
	for from := 0; from < len(b.times); from++ {
		if b.outer[from] == b.inner[from] {
			continue
		}
		to := from
		for to+1 < len(b.times) && b.outer[to+1] != b.inner[to+1] {
			to++
		}
		first, last := max(from-1, 0), min(to+1, len(b.times)-1)
		r.SetClassName(b.class)
		r.MoveTo(at(first, b.outer))
		for k := first + 1; k <= last; k++ {
			r.LineTo(at(k, b.outer))
		}
		for k := last; k >= first; k-- {
			r.LineTo(at(k, b.inner))
		}
		r.Close()
		r.FillStroke()
		r.ResetStyle()
		from = to
	}
}

// grid draws a line at each mark of the rates, the one at nought stronger.
type grid struct {
	series
	scale scale
}

func (g grid) Render(r chartdraw.Renderer, box chartdraw.Box, _, y chartdraw.Range, _ chartdraw.Style) {
	for _, mark := range g.scale.marks() {
		r.SetClassName("grid")
		if mark == 0 {
			r.SetClassName("nought")
		}
		h := box.Bottom - y.Translate(mark)
		r.MoveTo(box.Left, h)
		r.LineTo(box.Right, h)
		r.Stroke()
		r.ResetStyle()
	}
}
