package tray

// shape is what a library has to know of an item when it makes it; all else can
// be changed later.
type shape int

const (
	separator shape = iota
	leaf
	box // that can be ticked
	branch
)

func (i Item) shape() shape {
	switch {
	case len(i.Items) > 0:
		return branch
	case i.Title == "":
		return separator
	case i.Mark != NoMark:
		return box
	}
	return leaf
}

// line is a line of a menu as the libraries have it.
type line interface {
	SetTitle(string)
	Enable()
	Disable()
	Check()
	Uncheck()
	Show()
	Hide()
}

// maker makes lines at the end of a menu; below nil is the menu itself. clicked
// is called when a person chooses the line, on a goroutine of its own.
type maker func(below line, s shape, title string, clicked func()) line

// slot is a line that was made, and what it shows. The libraries can add lines at
// the end and hide them, but neither insert nor move them.
type slot struct {
	shape shape
	line  line // nil: a separator
	shown bool
	item  Item
	subs  []*slot
}

// painter makes a menu look as it should, with as few changes as will do: a menu
// that stands open is not torn down. It is used by one goroutine.
type painter struct {
	make   maker
	label  func(string) string // how a library wants a title to be written
	chosen chan<- *slot
	top    []*slot
}

// newPainter makes the lines of the menu in its greatest extent, so that those
// which come and go have their place among those that stay.
func newPainter(m maker, label func(string) string, chosen chan<- *slot) *painter {
	p := &painter{make: m, label: label, chosen: chosen}
	p.draw(widest())
	return p
}

// widest is a menu into which every menu fits by leaving lines out.
func widest() []Item {
	one := func(s shape) Item {
		switch s {
		case separator:
			return Item{}
		case box:
			return Item{Title: " ", Mark: Unticked}
		case branch:
			return Item{Title: " ", Items: []Item{{Title: " "}}}
		}
		return Item{Title: " "}
	}
	var out []Item
	add := func(n int, s shape) {
		for range n {
			out = append(out, one(s))
		}
	}
	add(2, leaf) // headline, rates
	add(1, separator)
	add(maxFolders, branch)
	add(2, leaf) // all folders, share
	add(1, separator)
	add(3, branch) // nearby, requests, recent
	add(1, separator)
	add(1, leaf)   // search
	add(1, branch) // pause
	add(3, leaf)   // resume, open, check
	add(1, branch) // start at login?
	add(1, box)
	add(2, leaf) // a newer version, quit
	return out
}

// draw makes the menu show items.
func (p *painter) draw(items []Item) { p.top = p.fit(p.top, nil, items) }

// fit lets each item take the next slot of its shape; slots passed over are hidden.
func (p *painter) fit(slots []*slot, below line, items []Item) []*slot {
	at := 0
	for _, item := range items {
		for at < len(slots) && slots[at].shape != item.shape() {
			slots[at].hide()
			at++
		}
		if at == len(slots) {
			slots = append(slots, p.newSlot(below, item))
		}
		p.show(slots[at], item)
		at++
	}
	for _, s := range slots[at:] {
		s.hide()
	}
	return slots
}

func (p *painter) newSlot(below line, item Item) *slot {
	s := &slot{shape: item.shape(), shown: true, item: item}
	s.line = p.make(below, s.shape, p.label(item.Title), func() { p.chosen <- s })
	p.state(s, Item{Do: Show{}}, item)
	return s
}

func (p *painter) show(s *slot, item Item) {
	if s.shape == separator {
		return
	}
	old := s.item
	s.item = item
	if old.Title != item.Title {
		s.line.SetTitle(p.label(item.Title))
	}
	p.state(s, old, item)
	if !s.shown {
		s.line.Show() // after its title: some libraries show it with that
		s.shown = true
	}
	s.subs = p.fit(s.subs, s.line, item.Items)
}

// state makes a line look as one that can be chosen, or only read; and ticked, or
// not. A line that opens a menu can always be chosen.
func (p *painter) state(s *slot, old, item Item) {
	if s.shape == leaf && (old.Do == nil) != (item.Do == nil) {
		if item.Do == nil {
			s.line.Disable()
		} else {
			s.line.Enable()
		}
	}
	if s.shape == box && old.Mark != item.Mark {
		if item.Mark == Ticked {
			s.line.Check()
		} else {
			s.line.Uncheck()
		}
	}
}

func (s *slot) hide() {
	if s.shape == separator || !s.shown {
		return
	}
	s.line.Hide()
	s.shown = false
}
