package plan

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
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

	senders, receivers []*device

	touched []uint8  // by path: which devices' people put their hands on it
	left    []object // by path: what the last hand left there
	names   int      // of which people think: all, or one for all of them
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

const (
	stock     = 2  // contents that are written again and again; all others once
	maxRounds = 16 // within which every history has to find its peace
)

// noon is when the people of a history begin to save.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).UnixNano()

// newHistories returns worlds of two to four devices that histories can be run
// in, one after the other. In the last world dora only receives.
func newHistories() []*history {
	const b, r = index.Both, index.Receive
	return []*history{newHistory(b, b), newHistory(b, b, b), newHistory(b, b, b, b), newHistory(b, b, b, r)}
}

func newHistory(roles ...index.Role) *history {
	names := []string{"anna", "ben", "carl", "dora"}[:len(roles)]
	h := &history{world: newWorld(names, roles), rng: rand.New(rand.NewPCG(0, 0))}
	for _, name := range baseNames {
		h.number(index.MustPath(name))
	}
	h.redirected = func(from, to int) {
		hands := h.hands(from)
		for len(h.touched) <= to {
			h.touched, h.left = append(h.touched, 0), append(h.left, object{})
		}
		h.touched[to] |= hands
	}
	for _, d := range h.devices {
		if d.folder.Receive {
			h.receivers = append(h.receivers, d)
		} else {
			h.senders = append(h.senders, d)
		}
	}
	return h
}

// run lives through the history of a seed and returns the first law it broke.
func (h *history) run(seed uint64) error {
	h.reset(seed)
	if h.names > 1 {
		h.live()
	} else {
		h.quarrel()
	}
	h.heal()
	if err := h.judge(); err != nil {
		return err
	}
	return h.epilogue()
}

func (h *history) reset(seed uint64) {
	h.seed = seed
	h.rng = rand.New(rand.NewPCG(seed, 0x6b697468))
	h.broken = nil
	h.names = len(baseNames)
	if h.rng.IntN(4) == 0 {
		h.names = 1
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
	h.touched = make([]uint8, len(baseNames), 32)
	h.left = make([]object, len(baseNames), 32)
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
	meet := func(d, e *device) {
		d.hear(e, len(e.log))
		d.act(never)
	}
	h.link(func(int, int) bool { return true })
	for range 3 + h.rng.IntN(4) {
		d := h.devices[h.rng.IntN(len(h.devices))]
		h.hand(d)
		for _, e := range h.devices {
			if e != d && h.rng.IntN(2) == 0 {
				meet(e, d)
			}
		}
	}
	for range h.rng.IntN(4) {
		meet(h.devices[h.rng.IntN(len(h.devices))], h.devices[h.rng.IntN(len(h.devices))])
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
	n := h.rng.IntN(h.names)
	if h.names > 1 && h.rng.IntN(3) == 0 {
		n = h.rng.IntN(len(h.paths))
	}
	switch p := h.rng.IntN(100); {
	case p < 50 || h.names == 1 && p < 85:
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
	d.save(n, o)
	h.touches(d, n)
}

func (h *history) touches(d *device, n int) {
	for len(h.touched) <= n {
		h.touched = append(h.touched, 0)
		h.left = append(h.left, object{})
	}
	h.touched[n] |= 1 << d.nth
	h.left[n] = d.tree[n]
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

// judge returns the first law that does not hold now that everything healed.
func (h *history) judge() error {
	if h.broken != nil {
		return h.broken
	}
	if h.rounds == maxRounds {
		return fmt.Errorf("no peace after %d rounds", h.rounds)
	}
	for _, law := range []func() error{h.truth, h.oneTree, h.wellFormed, h.nothingLost, h.oneCopy, h.soleWriters, h.received} {
		if err := law(); err != nil {
			return err
		}
	}
	return nil
}

// truth: the trees are what the indexes say.
func (h *history) truth() error {
	for _, d := range h.devices {
		for n, p := range h.paths {
			if d.tree[n] != objectOf(d.have[n].File) {
				return fmt.Errorf("%s: tree and index differ at %s", d.name, p)
			}
		}
	}
	return nil
}

// oneTree: all senders hold the same versions, with the same looks.
func (h *history) oneTree() error {
	first := h.senders[0]
	for _, d := range h.senders[1:] {
		for n, p := range h.paths {
			f, g := first.have[n].File, d.have[n].File
			if f.Version.Compare(g.Version) != index.Equal || !f.Same(g) {
				return fmt.Errorf("%s and %s differ at %s: %v %+v, %v %+v",
					first.name, d.name, p, f.Version, objectOf(f), g.Version, objectOf(g))
			}
		}
	}
	return nil
}

// received: a receiver holds what the senders do, but for what its own person
// did, above, below, or at a path.
func (h *history) received() error {
	first := h.senders[0]
	for _, d := range h.receivers {
		for n, p := range h.paths {
			if _, _, ok := ParseConflict(p); ok || h.hands(n)&(1<<d.nth) != 0 {
				continue
			}
			if d.tree[n] != first.tree[n] {
				return fmt.Errorf("%s did not receive %s: %+v, but %+v", d.name, p, first.tree[n], d.tree[n])
			}
		}
	}
	return nil
}

// hands tells whose hands were at a path, above it or below it.
func (h *history) hands(n int) (hands uint8) {
	for m, t := range h.touched {
		if m == n || h.within(m, n) || h.within(n, m) {
			hands |= t
		}
	}
	return hands
}

// wellFormed: what lies somewhere lies in a directory.
func (h *history) wellFormed() error {
	tree := h.devices[0].tree
	for n, o := range tree {
		if up := h.parents[n]; o.kind != index.Absent && up >= 0 && tree[up].kind != index.Directory {
			return fmt.Errorf("%s lies in no directory", h.paths[n])
		}
	}
	return nil
}

// nothingLost: every content that nobody knowingly made go lies in the tree; a
// receiver's own in its own.
func (h *history) nothingLost() error {
	lives := func(d *device, c int) bool {
		return slices.ContainsFunc(d.tree, func(o object) bool {
			return o.kind == index.Regular && contentOf(o.root) == c
		})
	}
	for c, known := range h.ledger.known {
		if known || h.ledger.written[c] == 0 {
			continue
		}
		d := h.senders[0]
		if !h.ledger.sent[c] {
			d = h.receivers[0]
		}
		if !lives(d, c) {
			return fmt.Errorf("content %d is lost on %s", c, d.name)
		}
	}
	return nil
}

// oneCopy: a content that lost a name has one conflict copy for each time it was
// written. A plain and an exact name of the same device and minute count as one:
// where something else competes for the plain name, the one that gets it may lie
// under its exact name too.
func (h *history) oneCopy() error {
	type conflictCopy struct {
		of      index.Path
		stamp   string // device and minute
		content int
	}
	var copies []conflictCopy
	for n, o := range h.devices[0].tree {
		of, device, ok := ParseConflict(h.paths[n])
		if !ok || o.kind != index.Regular {
			continue
		}
		_, mark, _ := cutMark(h.paths[n].Name())
		c := conflictCopy{of, mark[:len(device)+len(", ")+len(markTime)], contentOf(o.root)}
		if slices.Contains(copies, c) {
			continue
		}
		copies = append(copies, c)
		count := 0
		for _, k := range copies {
			if k.of == c.of && k.content == c.content {
				count++
			}
		}
		if count > h.ledger.written[c.content] {
			return fmt.Errorf("%d conflict copies of content %d of %s", count, c.content, c.of)
		}
	}
	return nil
}

// soleWriters: where only one person's hands were, at a path and all above and
// below it, what they left is what there is.
func (h *history) soleWriters() error {
	tree := h.devices[0].tree
	for n := range h.touched {
		if _, _, ok := ParseConflict(h.paths[n]); ok {
			continue // put there by devices
		}
		hands := h.hands(n)
		for _, d := range h.receivers {
			hands &^= 1 << d.nth
		}
		if hands == h.hands(n) && bits.OnesCount8(hands) == 1 && tree[n] != h.left[n] {
			return fmt.Errorf("only one person touched %s, and it is not what was left there", h.paths[n])
		}
	}
	return nil
}

// epilogue lets one person do a few things in peace: exactly these must come to
// pass on all devices, whatever happened before.
func (h *history) epilogue() error {
	d := h.senders[h.rng.IntN(len(h.senders))]
	for range 1 + h.rng.IntN(3) {
		h.hand(d)
	}
	left := slices.Clone(d.tree)
	h.rounds = max(h.rounds, h.settle(maxRounds))
	if err := h.judge(); err != nil {
		return fmt.Errorf("epilogue: %w", err)
	}
	for n, o := range h.devices[0].tree {
		if n >= len(left) && o.kind != index.Absent || n < len(left) && o != left[n] {
			return fmt.Errorf("epilogue: only %s did anything, and %s is not what was left there", d.name, h.paths[n])
		}
	}
	return nil
}
