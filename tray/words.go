package tray

import (
	"strings"
	"time"
	"unicode"

	"kith/control"
)

// maxName is how much of a name is shown, in characters: a menu is as wide as
// its widest line.
const maxName = 32

// name makes a name fit for a line of a menu, whoever chose it: it stays one
// line, characters that cannot be seen are marked, a long one is shortened in the
// middle, and one that is written from right to left turns nothing but itself.
func name(s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return unicode.ReplacementChar
		}
		return r
	}, s))
	if runes := []rune(s); len(runes) > maxName {
		head, tail := maxName*2/3, maxName-maxName*2/3-1
		s = string(runes[:head]) + "…" + string(runes[len(runes)-tail:])
	}
	if strings.ContainsFunc(s, rightToLeft) {
		const isolate, pop = "\u2068", "\u2069"
		s = isolate + s + pop
	}
	return s
}

func rightToLeft(r rune) bool {
	return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam)
}

func quoted(s string) string { return "“" + name(s) + "”" }

// clock says when something is or was, as short as can be.
func clock(t, now time.Time) string {
	t = t.In(now.Location())
	day := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	}
	switch days := int(day(t).Sub(day(now)).Hours()) / 24; {
	case days == 0:
		return t.Format("15:04")
	case days == 1:
		return "tomorrow " + t.Format("15:04")
	case days == -1:
		return "yesterday"
	}
	return t.Format("2 Jan")
}

// tomorrow returns the next morning at eight, at least some hours away: who
// works until after midnight means the morning after sleep.
func tomorrow(now time.Time) time.Time {
	const begin, night = 8, 4
	t := time.Date(now.Year(), now.Month(), now.Day(), begin, 0, 0, 0, now.Location())
	if now.Hour() >= night {
		t = t.AddDate(0, 0, 1)
	}
	return t
}

func rate(bps int64) string { return control.Size(bps) + "/s" }

// code writes six digits so that they can be compared.
func code(digits string) string {
	if len(digits) != 6 {
		return digits
	}
	return digits[:3] + " " + digits[3:]
}

// join puts parts that are not empty behind one another.
func join(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, " · ")
}
