package cli

import (
	"fmt"
	"strings"
	"time"

	"kith/control"
)

// The words of the door are those of every face.
var (
	size   = control.Size
	number = control.Number
	things = control.Things
	span   = control.Span
)

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
