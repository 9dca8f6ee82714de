package ignore

import (
	"errors"
	"strings"
)

var errSet = errors.New("the pattern has a [ that is not closed or a class that is unknown: it matches nothing")

// parseSet reads the bracket expression that s begins with and returns its
// length. It reads what git's wildmatch reads: ! or ^ first negates, ] first is
// itself, a backslash takes the next byte as it is, ranges, and the POSIX
// classes of ASCII. The slash is in no set, as no name has one.
func parseSet(s string) (*set, int, error) {
	var out set
	i := 1
	negated := i < len(s) && (s[i] == '!' || s[i] == '^')
	if negated {
		i++
	}
	low := -1 // the byte before, where a range may start
	for first := true; ; first = false {
		if i >= len(s) {
			return nil, 0, errSet
		}
		c := s[i]
		switch {
		case c == ']' && !first:
			if negated {
				out.invert()
			}
			return &out, i + 1, nil
		case c == '-' && low >= 0 && i+1 < len(s) && s[i+1] != ']':
			high, size, err := unescape(s[i+1:])
			if err != nil {
				return nil, 0, err
			}
			out.addRange(low, int(high))
			i += 1 + size
			low = -1
			continue
		case c == '[' && strings.HasPrefix(s[i:], "[:"):
			size, err := out.addClass(s[i:])
			if err != nil {
				return nil, 0, err
			}
			if size > 0 {
				i += size
				low = -1
				continue
			}
		}
		c, size, err := unescape(s[i:])
		if err != nil {
			return nil, 0, err
		}
		out.add(c)
		low = int(c)
		i += size
	}
}

// unescape returns the byte that s begins with, or the one after a backslash.
func unescape(s string) (c byte, size int, err error) {
	if s[0] != '\\' {
		return s[0], 1, nil
	}
	if len(s) < 2 {
		return 0, 0, errSet
	}
	return s[1], 2, nil
}

// addClass adds the class that s begins with, as in "[:digit:]", and returns its
// length; zero if it is not of that form.
func (t *set) addClass(s string) (int, error) {
	end := strings.IndexByte(s[2:], ']')
	if end < 0 {
		return 0, errSet
	}
	name, ok := strings.CutSuffix(s[2:2+end], ":")
	if !ok {
		return 0, nil
	}
	class, ok := classes[name]
	if !ok {
		return 0, errSet
	}
	for c := range 128 {
		if class(byte(c)) {
			t.add(byte(c))
		}
	}
	return end + 3, nil
}

func (t *set) addRange(low, high int) {
	for c := low; c <= high; c++ {
		t.add(byte(c))
	}
}

func (t *set) invert() {
	for i := range t {
		t[i] = ^t[i]
	}
}

// classes are the POSIX classes; nothing writes to it.
var classes = map[string]func(byte) bool{
	"alnum":  func(c byte) bool { return digit(c) || letter(c) },
	"alpha":  letter,
	"blank":  func(c byte) bool { return c == ' ' || c == '\t' },
	"cntrl":  func(c byte) bool { return c < ' ' || c == 0x7f },
	"digit":  digit,
	"graph":  func(c byte) bool { return c > ' ' && c < 0x7f },
	"lower":  lower,
	"print":  func(c byte) bool { return c >= ' ' && c < 0x7f },
	"punct":  func(c byte) bool { return c > ' ' && c < 0x7f && !digit(c) && !letter(c) },
	"space":  func(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' },
	"upper":  upper,
	"xdigit": func(c byte) bool { return digit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' },
}

func digit(c byte) bool  { return '0' <= c && c <= '9' }
func lower(c byte) bool  { return 'a' <= c && c <= 'z' }
func upper(c byte) bool  { return 'A' <= c && c <= 'Z' }
func letter(c byte) bool { return lower(c) || upper(c) }
