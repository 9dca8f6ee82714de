package plan

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kith/index"
)

// Commit a rewritten story only if you understand what caused the difference.
var update = flag.Bool("update", false, "rewrite the stories in testdata to what happens now")

// TestStories plays the stories in testdata. A story is commands, a line of
// dashes, and what came of them, until an empty line; then more commands:
//
//	devices NAME[:receive|:browse]…  who there is; all are connected
//	apart | together             nobody is connected; everybody is
//	connect NAME NAME            these two are, too
//	quiet | loud                 what happens is not told; it is
//	NAME: save PATH TEXT [HH.MM[.SS]]
//	NAME: link PATH TARGET · mkdir PATH · delete PATH · move FROM TO · chmod PATH MODE
//	NAME: fill DIR COUNT         that many files at once
//	NAME: hear NAME [COUNT]      what NAME has to tell, or so many changes of it
//	NAME: act                    decide, and carry it out
//	NAME: get PATH · drop PATH   bring it here; leave it to others
//	NAME: keep PATH              of all there is, this has its place here
//	NAME: weigh                  what acting would take away, and whether the brake lets it
//	NAME: undo                   outlive all that acting would take away
//	exchange                     all hear and act until nothing changes
//	tree                         what lies where
//	versions PATH                which changes everybody's version contains
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no stories", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := play(string(want))
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != string(want) {
				t.Errorf("the story now goes:\n%s", got)
			}
		})
	}
}

// story is a world whose happenings are written down.
type story struct {
	*world
	text  map[index.Hash]string
	saves int
	quiet bool
	said  strings.Builder
}

// play plays a story, and returns it with what came of its commands.
func play(script string) (string, error) {
	s := &story{text: map[index.Hash]string{}}
	var out strings.Builder
	lines := strings.Split(strings.TrimRight(script, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if line != "----" {
			fmt.Fprintln(&out, line)
			if err := s.do(fields(line)); err != nil {
				return "", fmt.Errorf("line %d: %s: %w", i+1, line, err)
			}
			continue
		}
		for i+1 < len(lines) && lines[i+1] != "" {
			i++ // what came of it last time
		}
		fmt.Fprintf(&out, "----\n%s", s.said.String())
		s.said.Reset()
	}
	if s.world != nil && s.broken != nil {
		return "", s.broken
	}
	return out.String(), nil
}

// fields parts a line at spaces, but not within quotes; after # comes nothing.
func fields(line string) (out []string) {
	quoted, open := false, false
	for _, r := range line {
		switch {
		case r == '"':
			quoted = !quoted
		case r == '#' && !quoted && !open:
			return out
		case r == ' ' && !quoted:
			open = false
			continue
		}
		if !open {
			out = append(out, "")
			open = true
		}
		if r != '"' {
			out[len(out)-1] += string(r)
		}
	}
	return out
}

func (s *story) do(words []string) error {
	if len(words) == 0 {
		return nil
	}
	args := words[1:]
	if name, ok := strings.CutSuffix(words[0], ":"); ok && len(args) > 0 {
		d, err := s.device(name)
		if err != nil {
			return err
		}
		return s.person(d, args[0], args[1:])
	}
	switch words[0] {
	case "devices":
		s.devices(args)
	case "apart":
		s.link(func(int, int) bool { return false })
	case "together":
		s.link(func(int, int) bool { return true })
	case "connect":
		return s.connect(args)
	case "quiet", "loud":
		s.quiet = words[0] == "quiet"
	case "exchange":
		if s.settle(maxRounds) == maxRounds {
			return fmt.Errorf("no peace after %d rounds", maxRounds)
		}
	case "tree":
		s.tree()
	case "versions":
		s.versions(s.number(index.MustPath(args[0])))
	default:
		return fmt.Errorf("no such command")
	}
	return nil
}

func (s *story) devices(args []string) {
	var names []string
	var roles []index.Role
	var some []bool
	for _, arg := range args {
		arg, browse := strings.CutSuffix(arg, ":browse")
		some = append(some, browse)
		name, receive := strings.CutSuffix(arg, ":receive")
		role := index.Both
		if receive {
			role = index.Receive
		}
		names, roles = append(names, name), append(roles, role)
	}
	s.world = newWorld(names, roles)
	for i, d := range s.world.devices {
		if some[i] {
			d.browses()
		}
	}
	s.world.say = func(d *device, format string, args ...any) {
		if !s.quiet {
			fmt.Fprintf(&s.said, d.name+": "+format+"\n", args...)
		}
	}
}

func (s *story) connect(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("connect whom?")
	}
	d, err := s.device(args[0])
	if err != nil {
		return err
	}
	e, err := s.device(args[1])
	if err != nil {
		return err
	}
	d.linked[e.nth], e.linked[d.nth] = true, true
	return nil
}

func (s *story) device(name string) (*device, error) {
	i := slices.IndexFunc(s.world.devices, func(d *device) bool { return d.name == name })
	if i < 0 {
		return nil, fmt.Errorf("no device %q", name)
	}
	return s.world.devices[i], nil
}
