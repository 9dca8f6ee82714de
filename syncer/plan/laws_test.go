package plan

import (
	"fmt"
	"math/bits"
	"slices"

	"kith/index"
)

// judge returns the first law that does not hold now that everything healed.
func (h *history) judge() error {
	if h.broken != nil {
		return h.broken
	}
	if h.rounds == maxRounds {
		return fmt.Errorf("no peace after %d rounds", h.rounds)
	}
	for _, law := range []func() error{h.truth, h.oneTree, h.settled, h.wellFormed, h.nothingLost, h.oneCopy, h.soleWriters, h.received, h.browsed} {
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

// settled: what anybody ever heard of another one is part of what there is, or was
// overruled by it; so nobody waits for something.
func (h *history) settled() error {
	for _, d := range h.senders {
		for n, p := range h.paths {
			if d.needs(n) {
				return fmt.Errorf("%s still waits for what somebody had at %s", d.name, p)
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

// browsed: what lies at a device that browses is what the senders hold; of all
// else it knows, and what has its place there lies there.
func (h *history) browsed() error {
	first := h.senders[0]
	for _, d := range h.browsers {
		for n, p := range h.paths {
			f, g := first.have[n].File, d.have[n].File
			switch {
			case g.Live() && (!f.Same(g) || f.Version.Compare(g.Version) != index.Equal):
				return fmt.Errorf("%s holds %v %+v at %s, %s %v %+v", d.name, g.Version, objectOf(g), p, first.name, f.Version, objectOf(f))
			case !g.Live() && !g.Version.Contains(f.Version):
				return fmt.Errorf("%s does not know of %v at %s, only of %v", d.name, f.Version, p, g.Version)
			case f.Live() && g.Kind == index.Deleted, f.Live() && g.Kind == index.Sought, f.Live() && g.Kind == index.Absent:
				return fmt.Errorf("at %s %s has %s, %s %s", p, d.name, g.Kind, first.name, f.Kind)
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
// written. A plain and an exact name of the same device and minute count as one where
// a person's hands were: what somebody put at the plain name, and took away again, may
// have sent it to the exact one in between, and those who did not hear of that have it
// at the plain one.
func (h *history) oneCopy() error {
	type conflictCopy struct {
		of      index.Path
		stamp   string // device and minute
		content int
	}
	var copies []conflictCopy
	met := make(map[conflictCopy]bool) // whether hands were there
	for n, o := range h.devices[0].tree {
		of, device, ok := ParseConflict(h.paths[n])
		if !ok || o.kind != index.Regular {
			continue
		}
		_, mark, _ := cutMark(h.paths[n].Name())
		c := conflictCopy{of, mark[:len(device)+len(", ")+len(markTime)], contentOf(o.root)}
		handled := n < len(h.touched) && h.touched[n] != 0
		if before, twice := met[c]; twice && (before || handled) {
			continue
		}
		met[c] = met[c] || handled
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
// below it, what they left is what there is. A directory which they took away stays
// for what they had left to others in it, also if they take that away at the same time.
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
		if hands == h.hands(n) && bits.OnesCount8(hands) == 1 && tree[n] != h.left[n] && !h.holds(n) && !(h.stayed[n] && tree[n].kind == index.Directory) {
			return fmt.Errorf("only one person touched %s, and it is not what was left there", h.paths[n])
		}
	}
	return nil
}

// leftTo reports whether somebody who browses has left to a device what lies in a directory,
// also if it is on its way back to them.
func (h *history) leftTo(d *device, dir int) bool {
	for n, o := range d.tree {
		if o.kind != index.Absent && h.within(n, dir) && slices.ContainsFunc(h.browsers, func(b *device) bool { return b != d && b.have[n].Away() }) {
			return true
		}
	}
	return false
}

// holds reports whether path n is a directory for what was left below it.
func (h *history) holds(n int) bool {
	tree := h.devices[0].tree
	for m, o := range h.left {
		if o.kind != index.Absent && o == tree[m] && h.within(m, n) {
			return tree[n].kind == index.Directory
		}
	}
	return false
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

// farewell has one person take away all there is: then nothing is left anywhere,
// whatever anybody once heard of it, but for what a receiver has for itself.
func (h *history) farewell() error {
	d := h.senders[h.rng.IntN(len(h.senders))]
	for n, up := range h.parents {
		if up < 0 {
			h.delete(d, n)
		}
	}
	h.rounds = max(h.rounds, h.settle(maxRounds))
	if err := h.judge(); err != nil {
		return fmt.Errorf("farewell: %w", err)
	}
	for n, o := range h.devices[0].tree {
		if o.kind != index.Absent {
			return fmt.Errorf("farewell: %s took away all there is, and %s is there", d.name, h.paths[n])
		}
	}
	return nil
}
