package planted

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"kith/sim/museum"
	"kith/sim/results"
	"kith/sim/waits"
)

// root is the top of the repository, as seen from here.
const root = "../.."

// TestPlanted plants each bug by itself, and runs the test that has to fail.
func TestPlanted(t *testing.T) {
	if testing.Short() {
		t.Skip("each bug takes a build of the program")
	}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no bugs: %v", err)
	}
	found := 0
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			read(t, file).notices(t)
			if !t.Failed() {
				found++
			}
		})
	}
	if err := results.Report("planted-source", map[string]any{"planted": len(files), "found": found}); err != nil {
		t.Error(err)
	}
}

// TestStoriesFindTheirBugs plants the bugs that stories of the museum are about, where
// that has to be done in the source, and expects those very stories to end badly.
func TestStoriesFindTheirBugs(t *testing.T) {
	if testing.Short() {
		t.Skip("each bug takes a build of the program")
	}
	for _, s := range museum.Stories {
		if s.Plant == "" {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			b := read(t, filepath.Join("testdata", s.Plant+".txt"))
			b.room, b.tests, b.env = "sim/museum", "^TestStories$/^"+regexp.QuoteMeta(strings.ReplaceAll(s.Name, " ", "_"))+"$", nil
			b.notices(t)
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
		t.Fatal(err)
	}
	return b
}

// bug is what a file says: lines of a source file, what stands there instead, and
// the tests of a room, as a pattern, of which at least one has to fail.
type bug struct {
	file, room, tests string
	env               []string
	right, wrong      string
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

// within is how long the build and the tests may take together.
const within = 5 * time.Minute

var (
	failed  = regexp.MustCompile(`(?m)^--- FAIL: (\w+)`)
	unbuilt = regexp.MustCompile(`\[(build|setup) failed\]`)
)

// notices plants a bug and makes sure that one of its tests fails, and not for
// another reason.
func (b bug) notices(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-failfast", "-vet=off", "-timeout=2m",
		"-run="+b.tests, "./"+b.room)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), results.Dir+"=", waits.Variable+"=10s",
		"GOFLAGS=-overlay="+b.plant(t, t.TempDir())) // for what a test builds, too
	cmd.Env = append(cmd.Env, b.env...)
	said, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	switch by := failed.FindSubmatch(said); {
	case err == nil:
		t.Errorf("nobody noticed\n%s", said)
	case !errors.As(err, &ended) || unbuilt.Match(said):
		t.Errorf("%v\n%s", err, said)
	case by == nil:
		t.Errorf("something else than a test failed: %v\n%s", err, said)
	default:
		t.Logf("noticed by %s", by[1])
	}
}

// plant writes the source file with the bug in it, and the overlay that puts it in
// the place of the right one.
func (b bug) plant(t *testing.T, dir string) (overlay string) {
	place, err := filepath.Abs(filepath.Join(root, filepath.FromSlash(b.file)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(place)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), b.right); n != 1 {
		t.Fatalf("the lines to be replaced are %d times in %s: they have to be there once", n, b.file)
	}
	planted, overlay := filepath.Join(dir, filepath.Base(place)), filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{place: planted}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{planted: strings.Replace(string(text), b.right, b.wrong, 1), overlay: string(list)} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return overlay
}
