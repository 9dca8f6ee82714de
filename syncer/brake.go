package syncer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"kith/index"
	"kith/syncer/plan"
)

// side says where the brake holds something.
type side int

const (
	brakeSend    side = iota // deletions found here, not yet told to anybody
	brakeReplace             // changes found here, not yet told to anybody
	brakeDelete              // deletions that others told us, not yet carried out
	brakeTake                // replacements that others told us, not yet carried out
	brakeSides
)

// brakes hold batches that would take away too much until a person approves.
type brakes struct {
	mu       sync.Mutex // guards the rest
	start    time.Time
	paid     [2]plan.Brake // found here, told by others
	held     [brakeSides]index.Hash
	approved [brakeSides]index.Hash // what a person let pass and has not passed yet
	count    [brakeSides]int
	told     [brakeSides]int // how many of those a person was told of
	restored bool            // what was replaced here was so by older files
	undone   int             // how often a person had taken back what was found here
	stood    int             // and had made stand what others would take away: odd while that is under way
	// here is what was found here and is held: what our index has, and what is
	// on disk instead.
	here [2][]found
	// there is where others would take away what is held.
	there [2][]index.Path
	// unwanted lies where a person wants back what was there before: it is not told.
	unwanted map[index.Path]index.Identity
}

// batchOf names a batch by what it would do, so that an approval is good for
// that very batch.
func batchOf(batch []index.Record) index.Hash {
	var sum index.Hash
	for _, r := range batch {
		h := index.Sum(append([]byte(r.Path.String()+"\x00"), r.Root[:]...))
		for i := range sum {
			sum[i] ^= h[i] // in whatever order it is met
		}
	}
	return sum
}

// lets reports whether a batch may pass, and if so counts it.
func (b *brakes) lets(s side, now time.Time, losses plan.Losses, files int, batch index.Hash) bool {
	if len(losses) == 0 {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.start.IsZero() {
		b.start = now
	}
	at, paid := now.Sub(b.start), &b.paid[s/2]
	if b.approved[s] == batch && batch != (index.Hash{}) {
		b.approved[s] = index.Hash{}
		paid.Reset()
		return true
	}
	if !paid.Lets(at, losses, files) {
		return false
	}
	paid.Pay(at, losses)
	return true
}

// hold keeps a batch of what others told back, and says so.
func (f *folder) hold(s side, batch []index.Record, toll plan.Toll) {
	b := &f.brakes
	b.mu.Lock()
	b.there[s-brakeDelete] = pathsOf(batch)
	more := b.holdLocked(s, batchOf(batch), toll)
	b.mu.Unlock()
	if more {
		f.tellHeld(toll, false)
	}
}

// holdHere keeps a batch of what a look found here back, and says so. A look that began
// before a person took such a batch back may have met what is not wanted any more: it
// says nothing, and everything is looked at again. undone is how often that had been, then.
func (f *folder) holdHere(s side, batch index.Hash, toll plan.Toll, here []found, undone int) {
	b := &f.brakes
	b.mu.Lock()
	if b.undone != undone {
		b.mu.Unlock()
		f.send(hinted{everything: true})
		return
	}
	b.here[s] = here
	if s == brakeReplace {
		b.restored = toll.Older > toll.Replaced/2
	}
	restored := s == brakeReplace && b.restored
	more := b.holdLocked(s, batch, toll)
	b.mu.Unlock()
	if more {
		f.tellHeld(toll, restored)
	}
}

// holdLocked notes what is held, and reports whether a person is to be told: again only
// when it is twice as many files as were told of.
func (b *brakes) holdLocked(s side, batch index.Hash, toll plan.Toll) (more bool) {
	b.held[s], b.count[s] = batch, toll.Deleted+toll.Replaced
	more = b.count[s] >= 2*b.told[s] // what is held changes with all that goes on around it
	if more {
		b.told[s] = b.count[s]
	}
	return more
}

func (f *folder) tellHeld(toll plan.Toll, restored bool) {
	f.log.Warn("the brake holds a batch", "deleted", toll.Deleted, "replaced", toll.Replaced, "older", toll.Older)
	detail := fmt.Sprintf("%d deletions and %d replacements wait for a person", toll.Deleted, toll.Replaced)
	if restored {
		detail += ": it looks as if a backup was restored"
	}
	f.event("held", "", detail, 0)
}

// release forgets what was held on a side: it passed, or is no more.
func (f *folder) release(s side, really bool) {
	f.brakes.mu.Lock()
	defer f.brakes.mu.Unlock()
	if really {
		f.brakes.forgetLocked(s)
	}
}

func (b *brakes) forgetLocked(s side) {
	b.held[s], b.count[s], b.told[s] = index.Hash{}, 0, 0
	if s < brakeDelete {
		b.approved[s] = index.Hash{} // all was judged, and that batch is no more
		b.here[s] = nil
	} else {
		b.there[s-brakeDelete] = nil
	}
}

// holding reports whether something found here is held, or was let go and has not
// passed yet: then what is found of a part is judged together with all the rest.
// (Part of a batch that was let go would pass by itself, and leave another batch
// than the one that was.)
func (b *brakes) holding(s side) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count[s] > 0 || b.approved[s] != (index.Hash{})
}

func (b *brakes) total() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, c := range b.count {
		n += c
	}
	return n
}

// reason says what is held, for people.
func (b *brakes) reason() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	here := b.count[brakeSend] + b.count[brakeReplace]
	there := b.count[brakeDelete] + b.count[brakeTake]
	switch {
	case here > 0 && there > 0:
		return fmt.Sprintf("%d files were deleted or replaced here and %d on other devices, which is unusually many", here, there)
	case b.count[brakeReplace] > 0 && b.restored:
		return fmt.Sprintf("%d files were replaced here, most by older ones, as if a backup was restored: the others are not told yet", here)
	case here > 0:
		return fmt.Sprintf("%d files were deleted or replaced here, which is unusually many: the others are not told yet", here)
	case there > 0:
		return fmt.Sprintf("%d files were deleted or replaced on another device, which is unusually many: it is not done here yet", there)
	}
	return ""
}

// approve lets what is held now pass.
func (b *brakes) approve() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	any := false
	for s, batch := range b.held {
		if b.count[s] == 0 {
			continue
		}
		any = true
		b.approved[s] = batch
		b.held[s], b.count[s], b.told[s] = index.Hash{}, 0, 0
	}
	return any
}

// Approve lets the batch that the brake holds pass: that one, and no other.
func (e *Engine) Approve(_ context.Context, id index.FolderID) error {
	f := e.folder(id)
	if f == nil {
		return ErrNoFolder
	}
	if !f.brakes.approve() {
		return fmt.Errorf("the brake holds nothing")
	}
	f.event("approved", "", "", 0)
	f.send(hinted{everything: true})
	f.send(learnt{})
	return nil
}

// Undo takes back the batch that the brake holds. What others deleted or
// replaced stays as it is here and becomes the newest version; what was deleted
// or replaced here is fetched again from the others.
func (e *Engine) Undo(ctx context.Context, id index.FolderID) error {
	f := e.folder(id)
	if f == nil {
		return ErrNoFolder
	}
	here, there := f.brakes.sides()
	switch {
	case !here && !there:
		return fmt.Errorf("the brake holds nothing")
	case here && len(f.board.links(f.e.now())) == 0:
		return errors.New("no device that has this folder is connected: connect one, then try again")
	}
	if there {
		if err := f.reassertHeld(ctx); err != nil {
			return err
		}
	}
	if here {
		if err := f.bringBack(ctx); err != nil {
			return err
		}
	}
	f.event("undone", "", "", 0)
	f.send(learnt{})
	return nil
}

// sides tells whether something is held that was found here, and that others told.
func (b *brakes) sides() (here, there bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count[brakeSend]+b.count[brakeReplace] > 0, b.count[brakeDelete]+b.count[brakeTake] > 0
}

// bringBack has what was deleted or replaced here fetched again, as our index
// still has it. That is noted: the next life goes on with what this one does not
// come to, and would tell the others of it otherwise, if that is little enough.
func (f *folder) bringBack(ctx context.Context) error {
	unwanted := f.takeBack()
	err := f.remains.takeBack(ctx, f, unwanted)
	for _, d := range unwanted {
		j := &job{step: plan.Step{Want: d.had.File}, records: []index.Record{d.had}, verb: "received", asked: true, gone: true}
		if d.seen.Kind != index.Absent {
			j.step.Have = index.Record{File: d.seen.File, Identity: d.seen.Identity}
		}
		if d.had.Kind == index.Regular {
			j.source = d.had.File
		}
		f.board.extra(j)
	}
	return err
}

// takeBack forgets what is held of what was found here, and returns it: it is not wanted
// any more. To a look all of that happens at once, so that it takes either all of it for
// what it seems, or, being outdated or seeing what is taken back, none.
func (f *folder) takeBack() (unwanted []found) {
	b := &f.brakes
	b.mu.Lock()
	defer b.mu.Unlock()
	b.undone++
	for _, s := range []side{brakeSend, brakeReplace} {
		if b.count[s] > 0 {
			unwanted = append(unwanted, b.here[s]...)
		}
		b.forgetLocked(s)
	}
	if b.unwanted == nil {
		b.unwanted = make(map[index.Path]index.Identity)
	}
	for _, d := range unwanted {
		f.undoing.take([]index.Path{d.had.Path})
		f.gone.forget(d.had.Path)
		b.unwanted[d.had.Path] = d.seen.Identity
	}
	slices.SortFunc(unwanted, func(a, b found) int { return a.had.Path.Compare(b.had.Path) })
	return unwanted
}

// outdated reports whether a person took back what was found here since a look began. It
// may have met part of what was, before that was taken back: too little for the brake. So
// what it misses is not told, nor what it met replaced, and everything is looked at again.
func (s *scanner) outdated() bool {
	if s.f.brakes.undos() == s.undone {
		return false
	}
	s.f.send(hinted{everything: true})
	return true
}

// undos returns how often a person took back what was found here.
func (b *brakes) undos() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.undone
}

// takesBack reports whether what a scan meets is about to be taken back. What
// somebody saved there since is not.
func (b *brakes) takesBack(e index.Entry) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	unwanted, ok := b.unwanted[e.Path]
	return ok && unwanted == e.Identity
}

// takenBack ends that.
func (b *brakes) takenBack(p index.Path) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.unwanted, p)
}

// forgetUnwanted ends it for all paths: what takes them back is forgotten, too.
func (b *brakes) forgetUnwanted() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unwanted = nil
}

// reassertHeld makes what is here the newest version where others would take it away, and
// that is held. What else they changed comes.
func (f *folder) reassertHeld(ctx context.Context) error {
	there, done := f.brakes.stand()
	defer done()
	p := f.plan()
	for i, takes := range []func(a plan.Action) bool{deletes, replaces} {
		for page := range slices.Chunk(there[i], pageOf) {
			cases, err := f.store.Cases(ctx, f.id, page)
			if err != nil {
				return err
			}
			var batch []index.Record
			for _, c := range cases {
				if takes(p.Decide(c)) {
					batch = append(batch, index.Record{File: p.Reassert(c), Identity: c.Have.Identity, Seq: c.Have.Seq})
				}
			}
			if _, err := f.commit(ctx, batch); err != nil {
				return err
			}
		}
	}
	f.release(brakeDelete, true)
	f.release(brakeTake, true)
	return nil
}

// stand returns where others would take away what is held, which is made to stand until done
// is called. What is gone here as well, or was saved over, cannot stand: it is brought back.
func (b *brakes) stand() (there [2][]index.Path, done func()) {
	add := func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.stood++
	}
	add()
	b.mu.Lock()
	defer b.mu.Unlock()
	gone := make(map[index.Path]bool)
	for _, d := range slices.Concat(b.here[:]...) {
		gone[d.had.Path] = true
	}
	for i, paths := range b.there {
		there[i] = slices.DeleteFunc(slices.Clone(paths), func(p index.Path) bool { return gone[p] })
	}
	return there, add
}

// stands returns how often that was begun, and ended.
func (b *brakes) stands() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stood
}

// outdated reports whether a person made stand what others would take away since a pass
// began: it may have met part of that, too little for the brake. The next one knows.
func (p *puller) outdated() bool {
	now := p.f.brakes.stands()
	if now == p.stood && now%2 == 0 {
		return false
	}
	p.result.again = true
	return true
}

// deletes reports whether an action takes away what is here.
func deletes(a plan.Action) bool {
	return a.Verb == plan.Take && a.Have.Live() && a.Want.Kind == index.Deleted
}

// replaces reports whether an action takes a file's content away without
// keeping it beside the new one.
func replaces(a plan.Action) bool {
	return a.Verb == plan.Take && a.Have.Kind == index.Regular && a.Want.Kind != index.Deleted &&
		!a.Loser && !a.Have.SameContent(a.Want)
}

// brake counts what would be replaced, before anything is.
func (p *puller) brake(ctx context.Context) error {
	if here, need := p.f.board.sizes(); here == 0 || need <= 200 {
		p.f.release(brakeTake, true) // what was held was taken back elsewhere
		return nil
	}
	var after index.Path
	var batch []index.Record
	losses := plan.Losses{}
	for {
		cases, err := p.f.store.Needs(ctx, p.f.id, after, pageOf, false)
		if err != nil {
			return err
		}
		if len(cases) == 0 {
			break
		}
		after = cases[len(cases)-1].Path
		for _, c := range cases {
			if a := p.plan.Decide(c); replaces(a) && !p.f.undoing.has(c.Path) { // what is being brought back is not here to be replaced
				losses[a.Want.Path] = plan.Toll{Replaced: 1}
				batch = append(batch, index.Record{File: a.Want})
			}
		}
	}
	held := batchOf(batch)
	if p.outdated() {
		p.braked = true
		return nil
	}
	if p.f.brakes.lets(brakeTake, p.f.e.now(), losses, p.f.board.files(), held) {
		p.f.release(brakeTake, true)
		return nil
	}
	p.f.hold(brakeTake, batch, losses.Toll())
	p.braked = true
	return nil
}
