package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"kith/control"
)

// size says a number of bytes as people do, in decimal units.
func size(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	v, units := float64(n)/1000, "kMGTPE"
	for v >= 999.5 && len(units) > 1 {
		v, units = v/1000, units[1:]
	}
	if v < 9.95 {
		return fmt.Sprintf("%.1f %cB", v, units[0])
	}
	return fmt.Sprintf("%.0f %cB", v, units[0])
}

// number writes n with a comma between thousands.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// things says "1 file", "2 files".
func things(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(n) + " " + noun + "s"
}

// span says how long something will take.
func span(seconds int64) string {
	switch {
	case seconds < 60:
		return fmt.Sprintf("%d s", seconds)
	case seconds < 90*60:
		return fmt.Sprintf("%d min", int64(math.Round(float64(seconds)/60)))
	}
	return fmt.Sprintf("%d h", int64(math.Round(float64(seconds)/3600)))
}

// ago says when something was.
func ago(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	if d := int64(now.Sub(t).Seconds()); d < 48*3600 {
		if d < 10 {
			return "now"
		}
		return span(d) + " ago"
	}
	return t.Local().Format("2006-01-02")
}

// state says what a folder is doing.
func state(f control.Folder) string {
	switch f.State {
	case control.InStep:
		return "in step"
	case control.Paused:
		if !f.Until.IsZero() {
			return "paused until " + f.Until.Local().Format("15:04")
		}
		return "paused"
	case control.Syncing:
		out := []string{fmt.Sprintf("%d %%", percent(f))}
		if f.ETA != nil {
			out = append(out, span(*f.ETA))
		}
		return strings.Join(out, " · ")
	case control.Held:
		return "held"
	case control.Scanning:
		return "looking"
	}
	return string(f.State)
}

// percent says how much of what the folder shall hold is here, never 100 while
// something is missing.
func percent(f control.Folder) int64 {
	all := f.Bytes + f.NeedBytes
	if f.NeedFiles > 0 && f.NeedBytes == 0 || all == 0 {
		return 99
	}
	return min(99, f.Bytes*100/all)
}
