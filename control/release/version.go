package release

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
)

// version is what a text such as 1.2.3, 1.2.3~rc1 or 1.2.3+4.gabcdef0 says.
type version struct {
	numbers [3]uint64
	before  string // rc1: it comes before the version proper
	since   uint64 // commits after it
}

var form = regexp.MustCompile(`^([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})(?:~([0-9A-Za-z.]+))?(?:\+([0-9A-Za-z.]+))?$`)

func parse(text string) (version, bool) {
	m := form.FindStringSubmatch(text)
	if m == nil {
		return version{}, false
	}
	v := version{before: m[4]}
	for i := range v.numbers {
		v.numbers[i], _ = strconv.ParseUint(m[i+1], 10, 64) // it has at most nine digits
	}
	count, _, _ := strings.Cut(m[5], ".")
	v.since, _ = strconv.ParseUint(count, 10, 64) // none: it is not between two releases
	return v, true
}

// Newer reports whether version a comes after version b. What is no version, such
// as that of a program somebody built at home, comes neither before nor after.
func Newer(a, b string) bool {
	x, known := parse(a)
	y, comparable := parse(b)
	return known && comparable && x.compare(y) > 0
}

// Comparable reports whether a text is a version at all.
func Comparable(text string) bool {
	_, ok := parse(text)
	return ok
}

func (v version) compare(w version) int {
	for i := range v.numbers {
		if c := cmp.Compare(v.numbers[i], w.numbers[i]); c != 0 {
			return c
		}
	}
	switch {
	case v.before == w.before:
		return cmp.Compare(v.since, w.since)
	case v.before == "":
		return 1
	case w.before == "":
		return -1
	}
	return compareNames(v.before, w.before)
}

// compareNames orders rc2 before rc10: by the letters, then by the number after them.
func compareNames(a, b string) int {
	split := func(s string) (string, uint64) {
		letters := strings.TrimRight(s, "0123456789")
		n, _ := strconv.ParseUint(s[len(letters):], 10, 64)
		return letters, n
	}
	x, m := split(a)
	y, n := split(b)
	return cmp.Or(cmp.Compare(x, y), cmp.Compare(m, n), cmp.Compare(a, b))
}
