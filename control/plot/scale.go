package plot

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/go-analyze/charts/chartdraw"
)

// scale is the axis of rates: up for what came in, down for what went out.
type scale struct {
	step    float64 // bytes per second between two marks
	in, out float64 // how far the axis reaches above and below nought
}

const (
	leastRate = 10e3 // the smallest rate an axis reaches to: less is no news
	headroom  = 1.08 // above the highest
	markEvery = 42   // pixels between two marks, about
)

// scaleOf chooses an axis that holds all rates, with marks at round ones.
func scaleOf(t Traffic, height int) scale {
	in, out := t.peaks()
	if in > 0 || out == 0 {
		in = max(in, leastRate)
	}
	if out > 0 {
		out = max(out, leastRate)
	}
	s := scale{in: in * headroom, out: out * headroom}
	least := (s.in + s.out) * markEvery / float64(height)
	s.step = math.Pow(10, math.Floor(math.Log10(least)))
	for _, m := range []float64{2, 2.5, 2} { // 2, 5, 10
		if s.step < least {
			s.step *= m
		}
	}
	return s
}

// marks returns the rates that are marked, from the lowest.
func (s scale) marks() []float64 {
	var out []float64
	for i := math.Ceil(-s.out / s.step); i*s.step <= s.in; i++ {
		out = append(out, i*s.step)
	}
	return out
}

func (s scale) ticks() []chartdraw.Tick {
	out := []chartdraw.Tick{{Value: -s.out}}
	for _, m := range s.marks() {
		label := "0"
		if m != 0 {
			label = size(math.Abs(m)) + "/s"
		}
		out = append(out, chartdraw.Tick{Value: m, Label: label})
	}
	return append(out, chartdraw.Tick{Value: s.in})
}

// peaks returns the highest sums of rates.
func (t Traffic) peaks() (in, out float64) {
	for k := range t.Parts {
		var d, u float64
		for _, s := range t.Sources {
			d, u = d+s.Down[k], u+s.Up[k]
		}
		in, out = max(in, d), max(out, u)
	}
	return in, out
}

// middle returns the middle of a part on the axis of time, which counts seconds
// since From.
func (t Traffic) middle(k int) float64 { return (float64(k) + 0.5) * t.Part.Seconds() }

// timeSteps are the distances between marks of time that people find round.
var timeSteps = []time.Duration{
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

const labelEvery = 70 // pixels between two labels of time, at least

// timeTicks marks round times of day, and, without a label, both ends.
func timeTicks(t Traffic, width int) []chartdraw.Tick {
	span := t.Part * time.Duration(t.Parts)
	step := timeSteps[len(timeSteps)-1]
	for _, s := range timeSteps {
		if int(span/s)*labelEvery <= width-120 {
			step = s
			break
		}
	}
	end := t.From.Add(span)
	out := []chartdraw.Tick{{Value: 0}}
	for at := roundUp(t.From, step); at.Before(end); at = roundUp(at.Add(step/2), step) {
		out = append(out, chartdraw.Tick{Value: at.Sub(t.From).Seconds(), Label: at.Format("15:04")})
	}
	return append(out, chartdraw.Tick{Value: span.Seconds()})
}

// roundUp returns the first multiple of step since midnight that is not before t.
func roundUp(t time.Time, step time.Duration) time.Time {
	y, m, d := t.Date()
	midnight := time.Date(y, m, d, 0, 0, 0, 0, t.Location())
	since := t.Sub(midnight)
	return midnight.Add((since + step - 1) / step * step)
}

// size says a number of bytes in decimal units, with two digits at least.
func size(n float64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB"}
	for n >= 999.5 && len(units) > 1 {
		n, units = n/1000, units[1:]
	}
	if n < 9.95 {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", n), ".0") + " " + units[0]
	}
	return fmt.Sprintf("%.0f %s", n, units[0])
}
