package planted

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// lives names the variable that says which of the planted bugs lives.
const lives = "KITH_PLANTED"

// program is the tests of a room with all bugs planted that they have to notice. It
// is built once, when the first of them is tried.
type program struct {
	room    string
	dir     string // for what it is made of, and itself
	overlay string
	bugs    []bug
	once    sync.Once
	err     error
	lost    map[string]error // bugs that could not be planted, by name

	mu    sync.Mutex // guards sound
	sound map[string]*verdict
}

// verdict is what came of tests where no bug lives.
type verdict struct {
	once sync.Once
	said []byte
	err  error
}

// without runs tests of a bug with no bug alive, once for all bugs that they notice.
func (p *program) without(t *testing.T, b bug, tests string) (said []byte, err error) {
	of := strings.Join(slices.Concat(b.env, []string{tests}), " ")
	p.mu.Lock()
	v := p.sound[of]
	if v == nil {
		v = new(verdict)
		if p.sound == nil {
			p.sound = make(map[string]*verdict)
		}
		p.sound[of] = v
	}
	p.mu.Unlock()
	v.once.Do(func() { v.said, v.err = b.try(t, p, "", tests) })
	return v.said, v.err
}

// programs returns a program for each room whose tests have to notice some bugs.
func programs(t *testing.T, bugs []bug) map[string]*program {
	all := make(map[string]*program)
	for _, b := range bugs {
		if all[b.room] == nil {
			all[b.room] = &program{room: b.room, dir: t.TempDir()}
		}
		all[b.room].bugs = append(all[b.room].bugs, b)
	}
	return all
}

// built returns the program, and the overlay by which it was built, once a bug is in it.
func (p *program) built(t *testing.T, b bug) (tests, overlay string) {
	p.once.Do(func() { p.err = p.build() })
	if err := p.lost[b.name]; err != nil {
		t.Fatal(err)
	}
	if p.err != nil {
		t.Fatal(p.err)
	}
	return p.tests(), p.overlay
}

func (p *program) tests() string { return filepath.Join(p.dir, "room.test") }

func (p *program) build() error {
	if err := p.plant(); err != nil {
		return err
	}
	cmd := exec.Command("go", "test", "-c", "-vet=off", "-ldflags=-s -w", "-o", p.tests(), "./"+p.room)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOFLAGS=-overlay="+p.overlay)
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s with its bugs: %w\n%s", p.room, err, said)
	}
	return nil
}

// plant writes the source files with the bugs in them, and the overlay that puts them
// in the place of the right ones.
func (p *program) plant() error {
	files := make(map[string][]bug)
	for _, b := range p.bugs {
		files[b.file] = append(files[b.file], b)
	}
	replace := make(map[string]string)
	p.lost = make(map[string]error)
	put := func(file, text string) error {
		place, err := filepath.Abs(filepath.Join(root, filepath.FromSlash(file)))
		if err != nil {
			return err
		}
		replace[place] = filepath.Join(p.dir, strings.ReplaceAll(file, "/", "-"))
		return os.WriteFile(replace[place], []byte(text), 0o600)
	}
	for file, bugs := range files {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
		if err != nil {
			for _, b := range bugs {
				p.lost[b.name] = err
			}
			continue
		}
		s, err := open(file, string(text))
		if err != nil {
			return err
		}
		for _, b := range bugs {
			if err := s.plant(b); err != nil {
				p.lost[b.name] = fmt.Errorf("%s: %w", file, err)
			}
		}
		if err := put(file, s.text()); err != nil {
			return err
		}
		if err := put(path.Join(path.Dir(file), "the_bug_that_lives.go"), s.choice()); err != nil {
			return err
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	p.overlay = filepath.Join(p.dir, "overlay.json")
	return os.WriteFile(p.overlay, list, 0o600)
}
