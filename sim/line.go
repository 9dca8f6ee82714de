package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"kith/index"
	"kith/peer/wire"
	"kith/syncer"
)

// pair names two devices, the one with the lower number first.
type pair struct{ a, b int }

func pairOf(a, b *device) pair { return pair{min(a.nth, b.nth), max(a.nth, b.nth)} }

// wireState is what may connect two devices.
type wireState struct {
	w    *world
	a, b *device

	mu    sync.Mutex // guards the rest
	laid  bool       // they are neighbours
	up    bool       // the network lets them through
	lines []*line    // conversations that have not ended on both sides
	hold  bool       // somebody is dialling
	count int        // conversations so far
}

// line is one conversation: real messages, encoded and decoded, over two streams
// that delay each other in no way.
type line struct {
	nth  string // which one of its wire
	ws   *wireState
	cut  chan struct{} // closed when nothing gets through any more
	once sync.Once
	ends [2]*end
}

// sent is a message on its way.
type sent struct {
	frame []byte
	at    time.Duration
}

// end is one side of it: a syncer.Link.
type end struct {
	line  *line
	owner *life
	to    *end
	queue chan sent
	heard atomic.Int64  // when the other side sent the last update that has come
	gone  chan struct{} // closed when this side has noticed that it is over

	joined chan struct{} // closed when the engine of this side knows of it
	before *end          // of the conversation before, if this side had one
	once   sync.Once
}

var errCut = errors.New("the conversation is over")

func (w *world) wire(a, b *device) *wireState {
	p := pairOf(a, b)
	if w.wires[p] == nil {
		w.wires[p] = &wireState{w: w, a: w.devices[p.a], b: w.devices[p.b]}
	}
	return w.wires[p]
}

func (w *world) sortedWires() []*wireState {
	var all []*wireState
	for i, a := range w.devices {
		for _, b := range w.devices[i+1:] {
			all = append(all, w.wire(a, b))
		}
	}
	return all
}

// mesh lays the wires of the scenario, and lets everything through.
func (w *world) mesh() {
	for _, ws := range w.sortedWires() {
		laid := true
		switch w.sc.Wires {
		case "line":
			laid = ws.b.nth == ws.a.nth+1
		case "star":
			laid = ws.a.nth == 0
		}
		ws.set(laid, true)
	}
}

// wired reports whether two devices are neighbours.
func (w *world) wired(a, b index.DeviceID) bool {
	for _, ws := range w.sortedWires() {
		if ws.a.id == a && ws.b.id == b || ws.a.id == b && ws.b.id == a {
			ws.mu.Lock()
			defer ws.mu.Unlock()
			return ws.laid
		}
	}
	return false
}

func (ws *wireState) set(laid, up bool) {
	ws.mu.Lock()
	ws.laid, ws.up = laid, up
	ws.mu.Unlock()
	if !up {
		ws.drop()
	}
	ws.dial()
}

// drop cuts all conversations of a wire.
func (ws *wireState) drop() {
	ws.mu.Lock()
	lines := slices.Clone(ws.lines)
	ws.mu.Unlock()
	for _, l := range lines {
		l.end()
	}
}

// dial has the two begin a conversation as soon as they can, unless they have one.
func (ws *wireState) dial() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.hold || !ws.laid || !ws.up || ws.talking() {
		return
	}
	ws.hold = true
	ws.w.group.Go(func() {
		ws.w.pause(20*time.Millisecond, 700*time.Millisecond, "dial", ws.a.def.Name, ws.b.def.Name)
		ws.mu.Lock()
		ws.hold = false
		up := ws.laid && ws.up && !ws.talking()
		ws.mu.Unlock()
		if up {
			ws.connect()
		}
	})
}

// talking reports whether a conversation is alive. The lock is held.
func (ws *wireState) talking() bool {
	return slices.ContainsFunc(ws.lines, func(l *line) bool { return !over(l.cut) })
}

// connect begins a conversation, if both are there.
func (ws *wireState) connect() {
	la, lb := ws.a.alive(), ws.b.alive()
	if over(ws.w.over) {
		return
	}
	if la == nil || lb == nil || la.leaves.Load() || lb.leaves.Load() {
		ws.again()
		return
	}
	ws.mu.Lock()
	ws.count++
	nth := strconv.Itoa(ws.count)
	ws.mu.Unlock()
	l := &line{nth: nth, ws: ws, cut: make(chan struct{})}
	for i, owner := range []*life{la, lb} {
		l.ends[i] = &end{line: l, owner: owner, queue: make(chan sent, 64), gone: make(chan struct{}), joined: make(chan struct{})}
	}
	l.ends[0].to, l.ends[1].to = l.ends[1], l.ends[0]
	ws.mu.Lock()
	for _, before := range ws.lines {
		for i, e := range l.ends {
			if before.ends[i].owner == e.owner {
				e.before = before.ends[i]
			}
		}
	}
	ws.lines = append(ws.lines, l)
	ws.mu.Unlock()
	ws.w.note(true, ws.a.def.Name, "meets", ws.b.def.Name)
	for _, e := range l.ends {
		ws.w.group.Go(e.run)
	}
}

// again dials later: one of them is not there.
func (ws *wireState) again() {
	ws.w.group.Go(func() {
		ws.w.pause(time.Second, 2*time.Second, "redial", ws.a.def.Name, ws.b.def.Name)
		if !over(ws.w.over) {
			ws.dial()
		}
	})
}

// end cuts a conversation. Both sides notice, sooner or later.
func (l *line) end() {
	l.once.Do(func() {
		close(l.cut)
		for _, e := range l.ends {
			l.ws.w.group.Go(func() {
				w, me, other := l.ws.w, e.owner.d.def.Name, e.to.owner.d.def.Name
				late := []time.Duration{20 * time.Millisecond, 15 * time.Second}[w.roll("half open", me, other, l.nth)%2]
				w.pause(time.Millisecond, late, "notice", me, other, l.nth)
				e.leave()
			})
		}
		l.ws.again()
	})
}

// over reports whether a channel was closed.
func over(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

func (e *end) leave() { e.once.Do(func() { close(e.gone) }) }

// run is what a session does for its device: it joins, hears what comes, in
// order, and parts. The engine is told of conversations with the same device in the
// order in which they began, as the real ones are on both sides.
func (e *end) run() {
	w := e.owner.d.w
	w.pause(time.Millisecond, 50*time.Millisecond, "join", e.owner.d.def.Name, e.to.owner.d.def.Name, e.line.nth)
	if e.before != nil {
		<-e.before.joined
	}
	e.owner.engine.Join(e)
	close(e.joined)
	e.hear()
	<-e.gone
	e.owner.engine.Part(e)
	l := e.line
	l.ws.mu.Lock()
	defer l.ws.mu.Unlock()
	if over(e.to.gone) {
		l.ws.lines = slices.DeleteFunc(l.ws.lines, func(x *line) bool { return x == l })
	}
}

func (e *end) hear() {
	for !over(e.line.cut) && !over(e.gone) {
		select {
		case s := <-e.to.queue:
			e.takes(20*time.Millisecond, "control")
			if over(e.line.cut) {
				return
			}
			m, err := wire.Parse(s.frame)
			if err != nil {
				e.owner.d.w.ledger.breaks("wire: a message does not parse: %v", err)
				return
			}
			if m.Type() == wire.TypeUpdate {
				e.heard.Store(int64(s.at))
			}
			e.owner.engine.Hear(e, m)
		case <-e.line.cut:
			return
		case <-e.gone:
			return
		}
	}
}

// takes is the time that something needs from one side to the other.
func (e *end) takes(most time.Duration, what string) {
	e.owner.d.w.pause(50*time.Microsecond, most, "wire", e.owner.d.def.Name, e.to.owner.d.def.Name, e.line.nth, what)
}

// Device implements syncer.Link.
func (e *end) Device() index.DeviceID { return e.to.owner.d.id }

// Send implements syncer.Link. What is sent while nobody has noticed that the
// other side is gone, is lost.
func (e *end) Send(ctx context.Context, m wire.Message) error {
	if err := e.owner.enter("send", fmt.Sprint(m.Type(), " to ", e.to.owner.d.def.Name)); err != nil {
		return err
	}
	if f := e.owner.d.w.opt.Flaw.Send; f != nil {
		if m = f(e.owner.d.def.Name, e.to.owner.d.def.Name, m); m == nil {
			return nil
		}
	}
	frame, err := wire.Append(nil, m)
	if err != nil {
		e.owner.d.w.ledger.breaks("wire: a message cannot be written: %v", err)
		return err
	}
	if u, update := m.(*wire.Update); update {
		e.owner.d.w.note(true, e.owner.d.def.Name, "tells", e.to.owner.d.def.Name)
		e.owner.d.w.ledger.tells(e.owner.d, e.to.owner.d, u.Files, e.known())
	}
	switch { // one after the other: of several that are ready, select takes any
	case over(e.gone):
		return errCut
	case over(e.line.cut):
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	select {
	case e.queue <- sent{frame, e.owner.d.w.since()}:
		return nil
	case <-e.line.cut:
		return nil
	case <-e.gone:
		return errCut
	case <-ctx.Done():
		return ctx.Err()
	}
}

// known returns when the other side sent the last update that has come. As long as none has,
// all that it knows could have been waited for.
func (e *end) known() time.Duration {
	if at := e.heard.Load(); at > 0 {
		return time.Duration(at)
	}
	return e.owner.d.w.since()
}

// lost waits until this side notices that the conversation is over.
func (e *end) lost(ctx context.Context) error {
	select {
	case <-e.gone:
		return errCut
	case <-ctx.Done():
		return ctx.Err()
	}
}

// through reports whether something that takes a while gets through.
func (e *end) through(ctx context.Context, most time.Duration, what string) error {
	e.takes(most, what)
	if over(e.line.cut) {
		return e.lost(ctx)
	}
	return ctx.Err()
}

// carry encodes and decodes a message.
func carry[M wire.Message](e *end, m M) (M, error) {
	var none M
	frame, err := wire.Append(nil, m)
	if err != nil {
		return none, err
	}
	got, err := wire.Parse(frame)
	if err != nil {
		e.owner.d.w.ledger.breaks("wire: a message does not parse: %v", err)
		return none, err
	}
	return got.(M), nil
}

// Blocks implements syncer.Link.
func (e *end) Blocks(ctx context.Context, folder index.FolderID, p index.Path, root index.Hash) ([]index.Block, error) {
	ask, err := carry(e, &wire.WantBlocks{ID: 1, Folder: folder, Path: p, Root: root})
	if err != nil {
		return nil, err
	}
	if err := e.through(ctx, 20*time.Millisecond, "list "+p.String()); err != nil {
		return nil, err
	}
	blocks, err := e.to.owner.engine.Blocks(ctx, e.owner.d.id, *ask)
	if err != nil {
		return nil, err
	}
	if err := e.through(ctx, 20*time.Millisecond, "list "+p.String()); err != nil {
		return nil, err
	}
	answer, err := carry(e, &wire.GiveBlocks{ID: 1, Blocks: blocks})
	if err != nil {
		return nil, err
	}
	return answer.Blocks, nil
}

// Fetch implements syncer.Link: the pieces travel on their own stream.
func (e *end) Fetch(ctx context.Context, folder index.FolderID, wants []wire.Want, got func(int, []byte, func(), error)) error {
	ask, err := carry(e, &wire.Fetch{ID: 1, Folder: folder, Wants: wants})
	if err != nil {
		return err
	}
	for i, want := range ask.Wants {
		if err := e.through(ctx, 30*time.Millisecond, want.Path.String()); err != nil {
			return err
		}
		data, err := e.to.serve(ctx, e.owner.d.id, folder, want)
		piece := &wire.Piece{ID: 1, Index: uint64(i), Data: data}
		if err != nil {
			piece.Data, piece.Gone = nil, "it is not available there"
			if errors.Is(err, wire.ErrPerished) {
				piece.Gone = wire.ErrPerished.Error()
			}
		}
		if f := e.owner.d.w.opt.Flaw.Bytes; f != nil && len(piece.Data) > 0 {
			piece.Data = f(e.to.owner.d.def.Name, e.owner.d.def.Name, piece.Data)
		}
		if err := e.through(ctx, 30*time.Millisecond, want.Path.String()); err != nil {
			return err
		}
		if piece, err = carry(e, piece); err != nil {
			return err
		}
		var why error
		if piece.Gone != "" {
			why = errors.New(piece.Gone)
		}
		if piece.Gone == wire.ErrPerished.Error() {
			why = wire.ErrPerished
		}
		got(i, piece.Data, func() {}, why)
	}
	return nil
}

// serve reads a piece for the other side, as a session does.
func (e *end) serve(ctx context.Context, device index.DeviceID, folder index.FolderID, want wire.Want) ([]byte, error) {
	c, err := e.owner.engine.Open(ctx, device, folder, want.Path, want.Root)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	data := make([]byte, want.Size)
	if n, err := c.ReadAt(data, want.Offset); n < len(data) {
		return nil, fmt.Errorf("read: %w", err)
	}
	if !c.Same() {
		return nil, errors.New("changed")
	}
	return data, nil
}

var _ syncer.Link = (*end)(nil)

// hangUp ends all conversations of a life.
func (d *device) hangUp(l *life) {
	for _, ws := range d.w.sortedWires() {
		ws.mu.Lock()
		lines := slices.Clone(ws.lines)
		ws.mu.Unlock()
		for _, line := range lines {
			for _, e := range line.ends {
				if e.owner == l {
					e.leave()
					line.end()
				}
			}
		}
	}
}
