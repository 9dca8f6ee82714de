package plan

import (
	"encoding/binary"
	"math/rand/v2"
	"time"

	"kith/index"
)

// history is a random run of a world: people save, delete and move things while
// news travels late, in pieces and along whatever connections there are. Then
// everything heals, and the laws must hold.
type history struct {
	*world
	seed   uint64
	rng    *rand.Rand
	ledger ledger

	senders, receivers, browsers []*device // senders: those that keep everything

	mine map[[2]int]int // by browser and path: the content that its person put there last

	touched []uint8  // by path: which devices' people put their hands on it
	left    []object // by path: what the last hand left there
	stayed  []bool   // by path: a device kept it for what a browser had left to it there
	about   []int    // the names of which people think
	rounds  int      // until peace
}

// ledger knows what people wrote, and of which contents they knew when they
// overwrote or deleted them. It shares no thought with the planner.
type ledger struct {
	known   []bool // by content: somebody who saw it made it go
	written []int  // by content: how often it was put somewhere, or touched
	sent    []bool // by content: a sender did so
}

// The names that people think of; more come up by moving directories.
var baseNames = [...]string{"a", "b.txt", "d", "d/a", "d/e", "d/e/a"}

// What the people of a history think of, as numbers of baseNames.
var (
	everything   = []int{0, 1, 2, 3, 4, 5}
	oneName      = []int{0}
	oneDirectory = []int{2, 3, 4, 5}
)

const (
	kinds     = 8  // of worlds
	stock     = 2  // contents that are written again and again; all others once
	maxRounds = 16 // within which every history has to find its peace
)

// noon is when the people of a history begin to save.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).UnixNano()

// newHistories returns worlds of two to four devices that histories can be run
// in, one after the other. In one dora only receives; in some the last browse.
func newHistories() [kinds]*history {
	const b, r = index.Both, index.Receive
	return [kinds]*history{
		newHistory(0, b, b), newHistory(0, b, b, b), newHistory(0, b, b, b, b), newHistory(0, b, b, b, r),
		newHistory(1, b, b), newHistory(1, b, b, b), newHistory(2, b, b, b), newHistory(2, b, b, b, b),
	}
}

// newHistory returns a world in which the last so many devices browse.
func newHistory(browsers int, roles ...index.Role) *history {
	names := []string{"anna", "ben", "carl", "dora"}[:len(roles)]
	h := &history{world: newWorld(names, roles), rng: rand.New(rand.NewPCG(0, 0))}
	for _, name := range baseNames {
		h.number(index.MustPath(name))
	}
	h.redirected = func(from, to int) {
		hands := h.hands(from)
		h.grow(to)
		h.touched[to] |= hands
	}
	h.reasserted = func(d *device, dir int) {
		h.grow(dir)
		h.stayed[dir] = h.stayed[dir] || h.leftTo(d, dir)
	}
	for _, d := range h.devices {
		switch {
		case d.folder.Receive:
			h.receivers = append(h.receivers, d)
		case d.nth >= len(roles)-browsers:
			d.browses(index.MustPath("d/e"))
			h.browsers = append(h.browsers, d)
		default:
			h.senders = append(h.senders, d)
		}
	}
	return h
}

// run lives through the history of a seed and returns the first law it broke.
func (h *history) run(seed uint64) error {
	h.reset(seed)
	switch {
	case h.crowded():
		h.crowd()
	case len(h.about) > 1:
		h.live()
	default:
		h.quarrel()
	}
	h.heal()
	if err := h.judge(); err != nil {
		return err
	}
	if err := h.epilogue(); err != nil {
		return err
	}
	return h.farewell()
}

func (h *history) reset(seed uint64) {
	h.seed = seed
	h.rng = rand.New(rand.NewPCG(seed, 0x6b697468))
	h.broken = nil
	h.about = everything
	switch {
	case h.crowded() && h.rng.IntN(2) == 0:
		h.about = oneDirectory
	case h.crowded() || h.rng.IntN(4) == 0:
		h.about = oneName
	}
	h.forget(len(baseNames))
	for _, d := range h.devices {
		d.log = d.log[:0]
		d.news = d.news[:0]
		clear(d.upTo)
		clear(d.tree)
		clear(d.have)
		clear(d.newsful)
		for i := range d.heard {
			clear(d.heard[i])
		}
	}
	h.mine = map[[2]int]int{}
	h.touched = make([]uint8, len(baseNames), 32)
	h.left = make([]object, len(baseNames), 32)
	h.stayed = make([]bool, len(baseNames), 32)
	h.ledger.known = append(h.ledger.known[:0], make([]bool, stock)...)
	h.ledger.written = append(h.ledger.written[:0], make([]int, stock)...)
	h.ledger.sent = append(h.ledger.sent[:0], make([]bool, stock)...)
}

// forget drops all paths from number n on.
func (w *world) forget(n int) {
	for _, p := range w.paths[n:] {
		delete(w.numbers, p)
	}
	w.paths, w.parents = w.paths[:n], w.parents[:n]
	for _, d := range w.devices {
		d.tree, d.have, d.newsful = d.tree[:n], d.have[:n], d.newsful[:n]
		for i := range d.heard {
			d.heard[i] = d.heard[i][:n]
		}
	}
}

// live makes random things happen, under some of the connections.
func (h *history) live() {
	cut := h.rng.IntN(4) // in four
	h.link(func(int, int) bool { return h.rng.IntN(4) >= cut })
	skip := func() bool { return h.rng.IntN(4) == 0 }
	for range 3 + h.rng.IntN(24) {
		d := h.devices[h.rng.IntN(len(h.devices))]
		switch h.rng.IntN(3) {
		case 0:
			h.hand(d)
		case 1:
			e := h.devices[h.rng.IntN(len(h.devices))]
			if d.linked[e.nth] {
				d.hear(e, 1+h.rng.IntN(4))
			}
		case 2:
			d.act(skip)
		}
	}
}

// quarrel is a life about one name. What somebody does reaches each of the
// others at once or later: so versions meet along all the roads there are.
func (h *history) quarrel() {
	h.link(func(int, int) bool { return true })
	for range 3 + h.rng.IntN(4) {
		d := h.devices[h.rng.IntN(len(h.devices))]
		h.hand(d)
		for _, e := range h.devices {
			if e != d && h.rng.IntN(2) == 0 {
				h.meet(e, d)
			}
		}
	}
	for range h.rng.IntN(4) {
		h.meet(h.devices[h.rng.IntN(len(h.devices))], h.devices[h.rng.IntN(len(h.devices))])
	}
}

// meet has d hear all that e has to tell, and act on it.
func (h *history) meet(d, e *device) {
	d.hear(e, len(e.log))
	d.act(never)
}

// crowded reports whether all hands are at one place: so it is in every fourth
// history of each world.
func (h *history) crowded() bool { return h.seed/kinds%4 == 3 }

// crowd is a life about one name, or one directory and what is in it, in which who
// browses has left something to others, or deleted it.
func (h *history) crowd() {
	h.link(func(int, int) bool { return true })
	for _, d := range h.browsers {
		h.leave(d, h.about[h.rng.IntN(len(h.about))])
	}
	for range 4 + h.rng.IntN(12) {
		d, e := h.devices[h.rng.IntN(len(h.devices))], h.devices[h.rng.IntN(len(h.devices))]
		switch {
		case d == e:
			h.hand(d)
		case h.rng.IntN(2) == 0:
			h.hand(d)
			h.meet(e, d)
		default:
			h.meet(d, e)
		}
	}
}

// leave has who browses make something, and leave it to one who has it too, or delete it.
func (h *history) leave(d *device, n int) {
	e := h.senders[h.rng.IntN(len(h.senders))]
	if o := h.file(); h.rng.IntN(2) == 0 {
		h.write(d, n, o)
	} else {
		h.write(d, n, object{kind: index.Directory, mode: 0o755})
	}
	h.meet(e, d)
	h.meet(d, e)
	if h.rng.IntN(2) == 0 {
		d.letGo(n)
	} else {
		h.delete(d, n)
	}
}

// heal connects everybody, at times only along a tree, and waits for peace. What
// a receiver holds is not passed on: it is a leaf.
func (h *history) heal() {
	mesh := h.rng.IntN(2) == 0
	h.link(func(i, j int) bool { return mesh })
	for i, d := range h.devices[1:] {
		j := h.rng.IntN(min(i+1, len(h.senders)))
		d.linked[j], h.devices[j].linked[i+1] = true, true
	}
	h.rounds = h.settle(maxRounds)
}

// hand lets the person at d do one thing.
func (h *history) hand(d *device) {
	n := h.about[h.rng.IntN(len(h.about))]
	if len(h.about) > 1 && h.rng.IntN(3) == 0 {
		n = h.rng.IntN(len(h.paths))
	}
	if d.some && h.crowded() && h.rng.IntN(2) == 0 {
		if d.tree[n].kind == index.Absent {
			d.get(n)
		} else {
			d.letGo(n)
		}
		return
	}
	if d.some && h.rng.IntN(3) == 0 {
		if h.rng.IntN(2) == 0 {
			d.get(n)
		} else {
			d.letGo(n)
		}
		return
	}
	switch p := h.rng.IntN(100); {
	case p < 50 || len(h.about) == 1 && !h.crowded() && p < 85:
		h.write(d, n, h.file())
	case p < 58:
		h.write(d, n, object{kind: index.Directory, mode: 0o755})
	case p < 64:
		h.touch(d, n)
	case p < 82:
		h.delete(d, n)
	default:
		h.move(d, n, h.rng.IntN(len(baseNames)))
	}
}

// file thinks of a file: its content mostly new, its time one of few.
func (h *history) file() object {
	c := h.rng.IntN(stock * 6)
	if c >= stock {
		c = len(h.ledger.known)
		h.ledger.known = append(h.ledger.known, false)
		h.ledger.written = append(h.ledger.written, 0)
		h.ledger.sent = append(h.ledger.sent, false)
	}
	return object{kind: index.Regular, size: 1, modified: h.clock(), mode: 0o644, root: rootOf(c)}
}

// clock returns one of six instants in three minutes: nobody's clock is right.
func (h *history) clock() int64 {
	return noon + int64(h.rng.IntN(3))*int64(time.Minute) + int64(h.rng.IntN(2))*int64(time.Second)
}

// rootOf names content c; the order of roots is not the order of contents.
func rootOf(c int) (root index.Hash) {
	binary.BigEndian.PutUint32(root[:], uint32(c+1)*0x9e3779b1)
	binary.BigEndian.PutUint32(root[4:], uint32(c+1))
	return root
}

func contentOf(root index.Hash) int { return int(binary.BigEndian.Uint32(root[4:])) - 1 }

// write puts o at path n, if what lies on the way are directories or nothing.
func (h *history) write(d *device, n int, o object) {
	if !h.open(d, n) || d.tree[n] == o {
		return
	}
	if d.tree[n].kind == index.Directory {
		if o.kind == index.Directory || h.rng.IntN(3) > 0 {
			return
		}
		for m := n + 1; m < len(d.tree); m++ {
			if h.parents[m] == n {
				h.delete(d, m)
			}
		}
	}
	h.parentsOf(d, n)
	h.goes(d.tree[n])
	h.put(d, n, o)
}

// open reports whether nothing but directories lies above path n.
func (h *history) open(d *device, n int) bool {
	for n = h.parents[n]; n >= 0; n = h.parents[n] {
		if k := d.tree[n].kind; k != index.Absent && k != index.Directory {
			return false
		}
	}
	return true
}

func (h *history) parentsOf(d *device, n int) {
	if n = h.parents[n]; n >= 0 && d.tree[n].kind == index.Absent {
		h.parentsOf(d, n)
		h.put(d, n, object{kind: index.Directory, mode: 0o755})
	}
}

// goes notes that somebody who saw o made it go.
func (h *history) goes(o object) {
	if o.kind == index.Regular {
		h.ledger.known[contentOf(o.root)] = true
	}
}

func (h *history) put(d *device, n int, o object) {
	d.say("save %s", h.paths[n])
	if o.kind == index.Regular {
		c := contentOf(o.root)
		h.ledger.written[c]++
		h.ledger.sent[c] = h.ledger.sent[c] || !d.folder.Receive
	}
	if d.some {
		h.putAgain(d, n, o)
	}
	d.save(n, o)
	h.touches(d, n)
}

// putAgain notes that who browses, and had let go of what they put at a path,
// puts something else there: that they know of.
func (h *history) putAgain(d *device, n int, o object) {
	key := [2]int{d.nth, n}
	if last, ok := h.mine[key]; ok && d.have[n].Away() {
		h.ledger.known[last] = true
	}
	if delete(h.mine, key); o.kind == index.Regular {
		h.mine[key] = contentOf(o.root)
	}
}

// grow makes room for what is noted of path n.
func (h *history) grow(n int) {
	for len(h.touched) <= n {
		h.touched, h.left, h.stayed = append(h.touched, 0), append(h.left, object{}), append(h.stayed, false)
	}
}

func (h *history) touches(d *device, n int) {
	h.grow(n)
	h.touched[n] |= 1 << d.nth
	h.left[n] = d.tree[n]
	for n = h.parents[n]; n >= 0 && n < len(h.left); n = h.parents[n] {
		if d.tree[n].kind == index.Directory {
			h.left[n] = d.tree[n] // they see that it is there, even if they took it away once
		}
	}
}

func (h *history) touch(d *device, n int) {
	if o := d.tree[n]; o.kind == index.Regular {
		if o.modified = h.clock(); o != d.tree[n] {
			h.put(d, n, o)
		}
	}
}

// delete removes path n and all below it.
func (h *history) delete(d *device, n int) {
	for m, o := range d.tree {
		if m == n || h.within(m, n) {
			h.goes(o)
		}
	}
	h.remove(d, n)
}

// remove makes what lies at n and below it go from there, of which it may be
// that it only went elsewhere.
func (h *history) remove(d *device, n int) {
	var gone []int
	for m := n; m < len(d.tree); m++ {
		if d.tree[m].kind != index.Absent && (m == n || h.within(m, n)) {
			gone = append(gone, m)
		}
	}
	if len(gone) == 0 {
		return
	}
	d.say("delete %s", h.paths[n])
	d.remove(n)
	for _, m := range gone {
		h.touches(d, m)
	}
}

// move renames path n to path m, if that is free.
func (h *history) move(d *device, n, m int) {
	if d.tree[n].kind == index.Absent || d.tree[m].kind != index.Absent || !h.open(d, m) || n == m || h.within(m, n) {
		return
	}
	d.say("move %s to %s", h.paths[n], h.paths[m])
	h.parentsOf(d, m)
	h.put(d, m, d.tree[n])
	top := len(d.tree)
	for k := n + 1; k < top; k++ {
		if d.tree[k].kind == index.Absent || !h.within(k, n) {
			continue
		}
		to, err := index.ParsePath(h.paths[m].String() + h.paths[k].String()[len(h.paths[n].String()):])
		if err != nil {
			panic(err) // names of histories are short
		}
		h.put(d, h.number(to), d.tree[k])
	}
	h.remove(d, n)
}
