package tray

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// board is a menu as the libraries have it: lines are added at the end, and hidden.
type board struct {
	t     *testing.T
	lines []*chalk
	made  int
	calls int
}

// chalk is a line of it. As in the libraries, a hidden line that gets a title is
// seen again.
type chalk struct {
	b                   *board
	shape               shape
	title               string
	hidden, dim, ticked bool
	lines               []*chalk
	clicked             func()
}

func (c *chalk) SetTitle(s string) { c.b.calls++; c.title, c.hidden = s, false }
func (c *chalk) Enable()           { c.b.calls++; c.dim = false }
func (c *chalk) Disable()          { c.b.calls++; c.dim = true }
func (c *chalk) Check()            { c.b.calls++; c.ticked = true }
func (c *chalk) Uncheck()          { c.b.calls++; c.ticked = false }
func (c *chalk) Show()             { c.b.calls++; c.hidden = false }
func (c *chalk) Hide()             { c.b.calls++; c.hidden = true }

func (b *board) make(below line, s shape, title string, clicked func()) line {
	b.made++
	b.calls++
	c := &chalk{b: b, shape: s, title: title, clicked: clicked}
	if parent, ok := below.(*chalk); ok {
		if s == separator {
			b.t.Error("a line between groups in a sub-menu")
		}
		parent.lines = append(parent.lines, c)
		return c
	}
	b.lines = append(b.lines, c)
	if s == separator {
		return nil
	}
	return c
}

func seen(lines []*chalk, indent string) string {
	var out strings.Builder
	for _, c := range lines {
		if c.hidden {
			continue
		}
		fmt.Fprintf(&out, "%s%s dim=%v ticked=%v\n%s", indent, c.title, c.dim, c.ticked, seen(c.lines, indent+"  "))
	}
	return out.String()
}

func wanted(items []Item, indent string) string {
	var out strings.Builder
	for _, i := range items {
		dim := i.shape() == leaf && i.Do == nil
		fmt.Fprintf(&out, "%s%s dim=%v ticked=%v\n%s", indent, i.Title, dim, i.Mark == Ticked, wanted(i.Items, indent+"  "))
	}
	return out.String()
}

// Whatever was shown before, the menu shows what it should; it does not grow for
// ever; and what stays the same is not touched.
func TestTheMenuShowsWhatItShould(t *testing.T) {
	names := make([]string, 0, len(stories))
	for name := range stories {
		names = append(names, name)
	}
	slices.Sort(names)
	const seed = 1
	random := rand.New(rand.NewPCG(seed, seed))
	b := &board{t: t}
	p := newPainter(b.make, func(s string) string { return s }, nil)
	half := 0
	const rounds = 1000
	for round := range rounds {
		name := names[random.IntN(len(names))]
		s := stories[name]
		s.Picture.Device, s.Now = self, noon
		v := Picture(s)
		p.draw(v.Menu)
		if got, want := seen(b.lines, ""), wanted(v.Menu, ""); got != want {
			t.Fatalf("seed %d, round %d, %s: the menu shows\n%s\nwant\n%s", seed, round, name, got, want)
		}
		before := b.calls
		p.draw(v.Menu)
		if b.calls != before {
			t.Fatalf("%s: drawn again it makes %d changes", name, b.calls-before)
		}
		if round == rounds/2 {
			half = b.made
		}
	}
	if b.made > half+half/10 || len(b.lines) != len(widest()) {
		t.Errorf("%d lines were made, %d of them in the first half; %d at the top, of which there shall be %d",
			b.made, half, len(b.lines), len(widest()))
	}
}

// A line that is chosen does what it shows, also when it showed something else.
func TestALineDoesWhatItShows(t *testing.T) {
	b := &board{t: t}
	chosen := make(chan *slot, 1)
	p := newPainter(b.make, func(s string) string { return s }, chosen)
	p.draw([]Item{{Title: "one", Do: Show{Search}}})
	p.draw([]Item{{Title: "two", Do: Show{Check}}})
	b.lines[0].clicked()
	if s := <-chosen; b.lines[0].title != "two" || s.item.Do != (Show{Check}) {
		t.Errorf("%q does %v", b.lines[0].title, s.item.Do)
	}
}
