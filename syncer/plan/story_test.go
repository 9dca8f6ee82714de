package plan

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kith/index"
)

// Commit a rewritten story only if you understand what caused the difference.
var update = flag.Bool("update", false, "rewrite the stories in testdata to what happens now")

// TestStories plays the stories in testdata. A story is commands, a line of
// dashes, and what came of them, until an empty line; then more commands:
//
//	devices NAME[:receive]…      who there is; all are connected
//	apart | together             nobody is connected; everybody is
//	connect NAME NAME            these two are, too
//	quiet | loud                 what happens is not told; it is
//	NAME: save PATH TEXT [HH.MM[.SS]]
//	NAME: link PATH TARGET · mkdir PATH · delete PATH · move FROM TO · chmod PATH MODE
//	NAME: fill DIR COUNT         that many files at once
//	NAME: hear NAME [COUNT]      what NAME has to tell, or so many changes of it
//	NAME: act                    decide, and carry it out
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
	for _, arg := range args {
		name, receive := strings.CutSuffix(arg, ":receive")
		role := index.Both
		if receive {
			role = index.Receive
		}
		names, roles = append(names, name), append(roles, role)
	}
	s.world = newWorld(names, roles)
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

// person does what somebody, or the engine, does at one device.
func (s *story) person(d *device, verb string, args []string) error {
	n := -1
	if len(args) > 0 && verb != "hear" {
		n = s.number(index.MustPath(args[0]))
	}
	switch verb {
	case "save":
		d.save(n, s.file(args[1], args[2:]))
	case "link":
		d.save(n, object{kind: index.Symlink, target: args[1], modified: s.clock(args[2:])})
	case "mkdir":
		d.save(n, object{kind: index.Directory, mode: 0o755})
	case "chmod":
		mode, err := strconv.ParseUint(args[1], 8, 32)
		if err != nil {
			return err
		}
		o := d.tree[n]
		o.mode = uint32(mode)
		d.save(n, o)
	case "delete":
		d.remove(n)
	case "move":
		s.move(d, n, s.number(index.MustPath(args[1])))
	case "fill":
		return s.fill(d, args[0], args[1])
	case "hear":
		return s.hear(d, args)
	case "act":
		d.act(never)
	case "weigh":
		s.weigh(d)
	case "undo":
		s.undo(d)
	default:
		return fmt.Errorf("nobody can %q", verb)
	}
	return nil
}

// file makes a file of a text. Without a time, every save is a minute later.
func (s *story) file(text string, at []string) object {
	root := index.Sum([]byte(text))
	s.text[root] = text
	return object{kind: index.Regular, size: int64(len(text)), modified: s.clock(at), mode: 0o644, root: root}
}

func (s *story) clock(at []string) int64 {
	if len(at) == 0 {
		s.saves++
		return noon + int64(s.saves)*int64(time.Minute)
	}
	for _, layout := range []string{"15.04.05", "15.04"} {
		if t, err := time.Parse(layout, at[0]); err == nil {
			return noon + int64(t.Sub(t.Truncate(24*time.Hour))-12*time.Hour)
		}
	}
	panic("not a time: " + at[0])
}

// move renames n to m as a scan finds it: what is new before what is gone.
func (s *story) move(d *device, n, m int) {
	from, to := s.paths[n].String(), s.paths[m].String()
	d.save(m, d.tree[n])
	for k := n + 1; k < len(d.tree); k++ {
		if d.tree[k].kind != index.Absent && s.within(k, n) {
			d.save(s.number(index.MustPath(to+strings.TrimPrefix(s.paths[k].String(), from))), d.tree[k])
		}
	}
	d.remove(n)
}

func (s *story) fill(d *device, dir, count string) error {
	files, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	d.save(s.number(index.MustPath(dir)), object{kind: index.Directory, mode: 0o755})
	for i := range files {
		name := fmt.Sprintf("%s/%03d", dir, i)
		d.save(s.number(index.MustPath(name)), s.file(name, []string{"9.00"}))
	}
	d.say("%d files in %s", files, dir)
	return nil
}

func (s *story) hear(d *device, args []string) error {
	e, err := s.device(args[0])
	if err != nil {
		return err
	}
	limit := len(e.log)
	if len(args) > 1 {
		if limit, err = strconv.Atoi(args[1]); err != nil {
			return err
		}
	}
	d.say("hears %d changes of %s", d.hear(e, limit), e.name)
	return nil
}

// pending returns the actions that wait at d to take something away, and their
// toll: what only goes elsewhere costs nothing.
func (s *story) pending(d *device) (taking map[int]Action, toll Toll) {
	taking = map[int]Action{}
	arrives := map[index.Hash]bool{}
	for _, n := range d.news {
		a := d.w.decide(d.folder, d.about(n))
		if a.Verb != Take {
			continue
		}
		taking[n] = a
		arrives[a.Want.Root] = arrives[a.Want.Root] || a.Want.Live()
	}
	for n, a := range taking {
		switch {
		case a.Have.Kind != index.Regular || a.Have.SameContent(a.Want) || arrives[a.Have.Root]:
			delete(taking, n)
		case a.Want.Kind == index.Deleted:
			toll.Deleted++
		default:
			toll.Replaced++
		}
	}
	return taking, toll
}

func (s *story) weigh(d *device) {
	_, toll := s.pending(d)
	files := 0
	for _, o := range d.tree {
		if o.kind == index.Regular {
			files++
		}
	}
	verdict := "let through"
	if !new(Brake).Lets(0, toll, files) {
		verdict = "held"
	}
	d.say("%d deleted, %d replaced, of %d files: %s", toll.Deleted, toll.Replaced, files, verdict)
}

func (s *story) undo(d *device) {
	taking, _ := s.pending(d)
	for n := range d.tree {
		if _, ok := taking[n]; ok {
			d.commit(n, d.folder.Reassert(d.about(n)))
		}
	}
	d.say("reasserts %d files", len(taking))
}

// tree writes down what lies where, once for all who have the same.
func (s *story) tree() {
	var names, trees []string
	for _, d := range s.world.devices {
		tree := s.treeOf(d)
		if i := slices.Index(trees, tree); i >= 0 {
			names[i] += ", " + d.name
			continue
		}
		names, trees = append(names, d.name), append(trees, tree)
	}
	for i := range names {
		if len(names) == 1 {
			names[i] = "all"
		}
		fmt.Fprintf(&s.said, "%s:\n%s", names[i], trees[i])
	}
}

func (s *story) treeOf(d *device) string {
	order := make([]int, len(s.paths))
	for n := range order {
		order[n] = n
	}
	slices.SortFunc(order, func(n, m int) int { return s.paths[n].Compare(s.paths[m]) })
	var b strings.Builder
	for _, n := range order {
		switch o := d.tree[n]; o.kind {
		case index.Regular:
			fmt.Fprintf(&b, "  %s %q\n", s.paths[n], s.text[o.root])
		case index.Symlink:
			fmt.Fprintf(&b, "  %s -> %s\n", s.paths[n], o.target)
		case index.Directory:
			fmt.Fprintf(&b, "  %s/\n", s.paths[n])
		}
	}
	if b.Len() == 0 {
		return "  nothing\n"
	}
	return b.String()
}

// versions writes down which changes of whom everybody's version contains.
func (s *story) versions(n int) {
	for _, d := range s.world.devices {
		fmt.Fprintf(&s.said, "%s: %s", d.name, d.have[n].Kind)
		for _, e := range s.world.devices {
			if k := d.have[n].Version.Count(e.folder.Self); k > 0 {
				fmt.Fprintf(&s.said, " %s:%d", e.name, k)
			}
		}
		fmt.Fprintln(&s.said)
	}
}
