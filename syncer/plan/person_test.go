package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"kith/index"
)

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
	case "get":
		d.get(n)
	case "drop":
		d.letGo(n)
	case "keep":
		d.browses(s.paths[n])
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

// pending returns the actions that wait at d to take something away, and what
// is lost by them: what only goes elsewhere is not.
func (s *story) pending(d *device) (taking map[int]Action, losses Losses) {
	taking, losses = map[int]Action{}, Losses{}
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
			losses[a.Want.Path] = Toll{Deleted: 1}
		default:
			losses[a.Want.Path] = Toll{Replaced: 1}
		}
	}
	return taking, losses
}

func (s *story) weigh(d *device) {
	_, losses := s.pending(d)
	files := 0
	for _, o := range d.tree {
		if o.kind == index.Regular {
			files++
		}
	}
	verdict := "let through"
	if !new(Brake).Lets(0, losses, files) {
		verdict = "held"
	}
	toll := losses.Toll()
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
