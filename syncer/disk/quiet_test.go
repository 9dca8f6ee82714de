package disk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kith/index"
)

type change struct {
	at   time.Duration
	path string // "*": anything
}

func TestQuiet(t *testing.T) {
	ms := time.Millisecond
	for _, c := range []struct {
		name    string
		changes []change
		want    string // what is handed out, and when
	}{
		{"a path is handed out once it was quiet", []change{{0, "a"}}, "60ms a"},
		{"each change makes it wait anew", []change{{0, "a"}, {40 * ms, "a"}, {80 * ms, "a"}}, "140ms a"},
		{"paths wait by themselves", []change{{0, "a"}, {40 * ms, "b"}}, "60ms a, 100ms b"},
		{"what lies in a directory goes with it", []change{{0, "d/x"}, {0, "d"}, {0, "d/y/z"}, {0, "d-"}}, "60ms d d-"},
		{"anything comes at once, and alone", []change{{0, "a"}, {10 * ms, "*"}}, "10ms *"},
		{"a restless path waits longer", steadily("a", time.Second, 31*time.Second), each(time.Second, 30) + ", 35s a"},
		{"after a minute it is an ordinary one", append(steadily("a", time.Second, 30*time.Second), change{90 * time.Second, "a"}),
			each(time.Second, 30) + ", 1m30.06s a"},
		{"a path that is never quiet has its turn all the same", steadily("a", 50*ms, 11*time.Second), "10s a, 11.01s a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var q quiet
			start := time.Unix(1e9, 0)
			var got []string
			for now, i := start, 0; ; {
				for ; i < len(c.changes) && !start.Add(c.changes[i].at).After(now); i++ {
					if ch := c.changes[i]; ch.path == "*" {
						q.overflow()
					} else {
						q.hint(index.MustPath(ch.path), now)
					}
				}
				paths, everything := q.take(now)
				if everything || len(paths) > 0 {
					got = append(got, handed(now.Sub(start), paths, everything))
				}
				next, ok := q.next(now)
				if i < len(c.changes) && (!ok || start.Add(c.changes[i].at).Before(next)) {
					next, ok = start.Add(c.changes[i].at), true
				}
				if !ok {
					break
				}
				now = next
			}
			if s := strings.Join(got, ", "); s != c.want {
				t.Errorf("got %s, want %s", s, c.want)
			}
		})
	}
}

// steadily changes a path for a while.
// each writes that "a" is handed out after each of n changes.
func each(apart time.Duration, n int) string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprint(time.Duration(i)*apart+quietFor, " a"))
	}
	return strings.Join(out, ", ")
}

func steadily(path string, every, during time.Duration) (out []change) {
	for at := time.Duration(0); at < during; at += every {
		out = append(out, change{at, path})
	}
	return out
}

func handed(at time.Duration, paths []index.Path, everything bool) string {
	if everything {
		return fmt.Sprint(at, " *")
	}
	words := []string{at.String()}
	for _, p := range paths {
		words = append(words, p.String())
	}
	return strings.Join(words, " ")
}

func TestQuietRemembersLittle(t *testing.T) {
	var q quiet
	now := time.Unix(1e9, 0)
	for i := range 10 * memory {
		q.hint(index.MustPath(fmt.Sprintf("d%d/f%d", i%3, i)), now)
	}
	if len(q.stirring) > memory {
		t.Fatalf("remembers %d", len(q.stirring))
	}
	paths, everything := q.take(now.Add(time.Hour))
	if everything || len(paths) < 3 || handed(0, paths[:1], false) != "0s d0" {
		t.Errorf("handed out %d paths, everything %v", len(paths), everything)
	}
	for i := range 10 * memory {
		q.hint(index.MustPath(fmt.Sprintf("d%d/f", i)), now)
	}
	if _, everything := q.take(now); !everything {
		t.Error("so many directories, and not everything")
	}
}
