package planted

import (
	"context"
	"errors"
	"flag"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kith/sim/museum"
	"kith/sim/results"
	"kith/sim/waits"
)

// root is the top of the repository, as seen from here.
const root = "../.."

// Many a test waits in vain for what a bug keeps from coming: others run meanwhile.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "5"); err != nil {
		log.Fatal(err)
	}
	os.Exit(m.Run())
}

// TestPlanted plants each bug by itself, and runs the test that has to fail.
func TestPlanted(t *testing.T) {
	if testing.Short() {
		t.Skip("each room takes a build of its tests")
	}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no bugs: %v", err)
	}
	bugs := make([]bug, len(files))
	for i, file := range files {
		bugs[i] = read(t, file)
	}
	var found atomic.Int64
	t.Cleanup(func() { // after all of them
		if err := results.Report("planted-source", map[string]any{"planted": len(bugs), "found": found.Load()}); err != nil {
			t.Error(err)
		}
	})
	in := programs(t, bugs)
	for _, b := range bugs {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			b.notices(t, in[b.room])
			if !t.Failed() {
				found.Add(1)
			}
		})
	}
}

// TestStoriesFindTheirBugs plants the bugs that stories of the museum are about, where
// that has to be done in the source, and expects those very stories to end badly.
func TestStoriesFindTheirBugs(t *testing.T) {
	if testing.Short() {
		t.Skip("each room takes a build of its tests")
	}
	bugs := make(map[string]bug)
	for _, s := range museum.Stories {
		if s.Plant == "" {
			continue
		}
		b := read(t, filepath.Join("testdata", s.Plant+".txt"))
		b.room, b.tests, b.env = "sim/museum", "^TestStories$/^"+regexp.QuoteMeta(strings.ReplaceAll(s.Name, " ", "_"))+"$", nil
		bugs[s.Name] = b
	}
	in := programs(t, slices.Collect(maps.Values(bugs)))
	for story, b := range bugs {
		t.Run(story, func(t *testing.T) {
			t.Parallel()
			b.notices(t, in[b.room])
		})
	}
}

// read reads the bug of a file.
func read(t *testing.T, file string) bug {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b, err := parse(string(text))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	b.name = strings.TrimSuffix(filepath.Base(file), ".txt")
	return b
}

// bug is what a file says: lines of a source file, what stands there instead, and
// the tests of a room, as a pattern, of which at least one has to fail.
type bug struct {
	name, file, room, tests string
	env                     []string
	right, wrong            string
}

// parse reads a bug. Lines that begin with # say what it is; "in" names the source
// file, "caught by" the room and its tests, "with" a variable for them; then come
// the right lines, each after a minus, and the wrong ones, each after a plus.
func parse(text string) (b bug, err error) {
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "" || word == "#":
		case word == "in":
			b.file = rest
		case word == "with":
			b.env = append(b.env, rest)
		case strings.HasPrefix(line, "caught by "):
			b.room, b.tests, _ = strings.Cut(strings.TrimPrefix(rest, "by "), " ")
			b.tests = "^(" + b.tests + ")$"
		case line[0] == '-':
			b.right += line[1:] + "\n"
		case line[0] == '+':
			b.wrong += line[1:] + "\n"
		default:
			return b, errors.New("what is this: " + line)
		}
	}
	if b.file == "" || b.room == "" || b.tests == "" || b.right == "" || b.right == b.wrong {
		return b, errors.New("something is missing")
	}
	return b, nil
}

// within is how long the tests may take.
const within = 5 * time.Minute

var (
	failed = regexp.MustCompile(`(?m)^--- FAIL: (\w+)`)
	// brokeOff is what a program says that did not come to the end of its tests: whatever
	// failed by then, that is no test's word about a bug.
	brokeOff = regexp.MustCompile(`(?m)^(panic|fatal error|signal|unexpected fault)\b.*`)
)

// notices lets a bug live, and makes sure that one of its tests fails, and not for
// another reason: it passes where no bug lives.
func (b bug) notices(t *testing.T, p *program) {
	said, err := b.try(t, p, b.name, b.tests)
	var ended *exec.ExitError
	switch by, off := failed.FindSubmatch(said), brokeOff.Find(said); {
	case err == nil:
		t.Errorf("nobody noticed\n%s", said)
	case !errors.As(err, &ended):
		t.Errorf("%v\n%s", err, said)
	case by == nil:
		t.Errorf("something else than a test failed: %v\n%s", err, said)
	case off != nil:
		t.Errorf("the tests were broken off: %s\n%s", off, said)
	default:
		tests := "^" + string(by[1]) + "$"
		if strings.Contains(b.tests, "/") {
			tests = b.tests
		}
		if said, err := p.without(t, b, tests); err != nil {
			t.Errorf("%s fails where no bug lives, too: %v\n%s", by[1], err, said)
		}
		t.Logf("noticed by %s", by[1])
	}
}

// try runs tests with one bug alive, or none, and returns what they say.
func (b bug) try(t *testing.T, p *program, name, tests string) ([]byte, error) {
	program, overlay := p.built(t, b)
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "-test.paniconexit0", "-test.failfast", "-test.timeout=2m", "-test.run="+tests)
	cmd.Dir, cmd.WaitDelay = filepath.Join(root, filepath.FromSlash(b.room)), 10*time.Second
	cmd.Env = append(os.Environ(), results.Dir+"=", waits.Variable+"=10s", lives+"="+name,
		"GOFLAGS=-overlay="+overlay) // for what a test builds
	cmd.Env = append(cmd.Env, b.env...)
	return cmd.CombinedOutput()
}
