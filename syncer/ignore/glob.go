package ignore

import (
	"errors"
	"strings"
)

// glob matches one component of a path.
type glob struct {
	// Every match starts with prefix. Without a star it goes on with middle and
	// that is all of it. With one it ends with suffix, and middle, which ends with
	// a star, matches what lies between.
	prefix string
	middle []token
	star   bool
	suffix string
}

// token matches one byte, or with star any number of them.
type token struct {
	star bool
	set  *set
}

// set is a set of byte values.
type set [4]uint64

func (t *set) add(c byte)      { t[c>>6] |= 1 << (c & 63) }
func (t *set) has(c byte) bool { return t[c>>6]>>(c&63)&1 != 0 }

func (g *glob) matches(name string) bool {
	if len(name) < len(g.prefix)+len(g.suffix) || !strings.HasPrefix(name, g.prefix) {
		return false
	}
	name = name[len(g.prefix):]
	if g.star && !strings.HasSuffix(name, g.suffix) {
		return false
	}
	return matchTokens(g.middle, name[:len(name)-len(g.suffix)])
}

// ends returns how a name must begin and end to match g.
func (g *glob) ends() (e ends) {
	if g.prefix != "" {
		e.first = g.prefix[0]
	}
	if tail := g.prefix + g.suffix; g.suffix != "" || len(g.middle) == 0 {
		e.last = tail[len(tail)-1]
	}
	return e
}

// matchTokens matches all of s. As with **, only the last star met is tried
// again, so the time is at most the product of the lengths.
func matchTokens(tokens []token, s string) bool {
	i, n := 0, 0
	star, from := -1, 0
	for n < len(s) {
		switch {
		case i < len(tokens) && tokens[i].star:
			if i == len(tokens)-1 {
				return true
			}
			star, from = i, n
			i++
		case i < len(tokens) && tokens[i].set.has(s[n]):
			i++
			n++
		case star >= 0:
			from++
			i, n = star+1, from
		default:
			return false
		}
	}
	for i < len(tokens) && tokens[i].star {
		i++
	}
	return i == len(tokens)
}

// compile makes a pattern into the parts between its slashes.
func compile(text string) ([]part, error) {
	var parts []part
	for {
		tokens, deep, n, err := compilePart(text)
		if err != nil {
			return nil, err
		}
		if len(tokens) == 0 {
			return nil, errors.New("the pattern has an empty name: it matches nothing")
		}
		parts = append(parts, part{deep, newGlob(tokens)})
		if n == len(text) {
			return parts, nil
		}
		text = text[n+1:]
	}
}

// compilePart reads text up to a slash or its end, which is at n. deep: it was
// nothing but two stars or more.
func compilePart(text string) (tokens []token, deep bool, n int, err error) {
	for ; n < len(text) && text[n] != '/'; n++ {
		switch text[n] {
		case '*':
			if len(tokens) == 0 || !tokens[len(tokens)-1].star {
				tokens = append(tokens, token{star: true})
			}
			continue
		case '?':
			tokens = append(tokens, token{set: &set{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}})
			continue
		case '[':
			s, size, err := parseSet(text[n:])
			if err != nil {
				return nil, false, 0, err
			}
			tokens = append(tokens, token{set: s})
			n += size - 1
			continue
		case '\\':
			if n++; n == len(text) {
				return nil, false, 0, errors.New("the pattern ends with a backslash: it matches nothing")
			}
			if text[n] == '/' {
				return tokens, false, n, nil
			}
		}
		s := new(set)
		s.add(text[n])
		tokens = append(tokens, token{set: s})
	}
	deep = n > 1 && strings.Trim(text[:n], "*") == ""
	return tokens, deep, n, nil
}

// newGlob takes the plain bytes at both ends of tokens out into strings, which
// compare faster.
func newGlob(tokens []token) glob {
	var g glob
	g.prefix, tokens = literal(tokens)
	last := len(tokens) - 1
	for last >= 0 && !tokens[last].star {
		last--
	}
	g.middle = tokens
	if last < 0 {
		return g
	}
	if suffix, rest := literal(tokens[last+1:]); len(rest) == 0 {
		g.star, g.suffix, g.middle = true, suffix, tokens[:last+1]
	}
	return g
}

// literal splits tokens into the plain bytes at their beginning and the rest.
func literal(tokens []token) (string, []token) {
	var b strings.Builder
	for i, t := range tokens {
		c, single := t.single()
		if !single {
			return b.String(), tokens[i:]
		}
		b.WriteByte(c)
	}
	return b.String(), nil
}

// single returns the one byte that t matches, if it is one.
func (t token) single() (c byte, ok bool) {
	if t.star {
		return 0, false
	}
	n := 0
	for i := range 256 {
		if t.set.has(byte(i)) {
			c = byte(i)
			n++
		}
	}
	return c, n == 1
}
