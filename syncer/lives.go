package syncer

import (
	"context"
	"encoding/json"
	"slices"
	"sync"

	"kith/index"
)

// An index that was brought back from a backup may have grown again to the length
// that others remember of it before it meets them: by its numbers alone it could not
// be told from what it was. So each run of the program has a number drawn at random,
// a life; our index knows in which life it gave out which sequence numbers, and
// others remember the life together with the number up to which they heard.

const (
	noteLives = "lives"
	noteHeard = "heard in "      // and the device: in which life it said what was heard last
	noteOnTop = "counted on top" // what we counted on top of what another one made
	mostLives = 500              // remembered; who heard nothing since is not asked about it

	mostUntold  = 50_000 // paths remembered; of more, all that was committed in this life counts as such
	mostSettled = 500    // remembered in later runs, the latest ones
)

// stretch is a life and the first sequence number of our index given out in it.
type stretch struct {
	From index.Seq `json:"from"`
	Life uint64    `json:"life"`
	Met  bool      `json:"met,omitempty"`  // a member has heard of it
	Mute bool      `json:"mute,omitempty"` // nobody was told what was committed in it
}

// settled is what we counted at a path on top of what another one made, before anybody was
// told, and the first sequence number of that life. The record itself does not say so: it may
// as well have come from that other one, on top of ours.
type settled struct {
	Path  index.Path  `json:"path"`
	Epoch index.Epoch `json:"epoch"`
	Count uint64      `json:"count"`
	From  index.Seq   `json:"from"`
}

// lives are those of our index of a folder, in their order.
type lives struct {
	mu    sync.Mutex // guards the rest
	all   []stretch
	begun bool // the one of this run is noted
	// What was counted in it before anybody was told, and how far: if others know of such a
	// count, it was used before. Of an earlier life in which nobody was told, that is not
	// known path by path. It stays after it was told: who was told may not have known better,
	// and what was settled has to be known once somebody does.
	counted map[index.Path]uint64
	more    bool // than are remembered

	settled []settled // in this life and before, as noted

	noting gate // who writes a note, and then remembers what it says
}

// note writes a note about the lives.
func (l *lives) note(ctx context.Context, f *folder, name string, news func() any, remember func()) error {
	return l.noting.note(ctx, f, &l.mu, name, news, remember)
}

// change notes what becomes of the lives, if change makes any difference.
func (l *lives) change(ctx context.Context, f *folder, change func(all []stretch) (news bool)) error {
	var all []stretch
	return l.note(ctx, f, noteLives, func() any {
		all = slices.Clone(l.all)
		if !change(all) {
			return nil
		}
		return all
	}, func() { l.all = all })
}

// begin notes that a new life begins after a sequence number. Nothing may be told of
// what is committed in it before.
func (l *lives) begin(ctx context.Context, f *folder, last index.Seq) error {
	text, err := f.store.Value(ctx, f.id, noteLives)
	if err != nil {
		return err
	}
	var all []stretch
	if text != "" && json.Unmarshal([]byte(text), &all) != nil {
		all = nil
	}
	if text, err = f.store.Value(ctx, f.id, noteOnTop); err != nil {
		return err
	}
	var was []settled
	if text != "" && json.Unmarshal([]byte(text), &was) != nil {
		was = nil
	}
	all = slices.DeleteFunc(all, func(s stretch) bool { return s.From > last }) // it committed nothing
	all = append(all, stretch{From: last + 1, Life: f.e.freshLife(), Mute: true})
	all = all[max(0, len(all)-mostLives):]
	return l.note(ctx, f, noteLives, func() any {
		if l.begun {
			return nil // by somebody else, meanwhile
		}
		return all
	}, func() { l.all, l.begun, l.settled = all, true, was })
}

// sure begins the life of this run if that failed, as it does when the index cannot
// be written.
func (l *lives) sure(ctx context.Context, f *folder) error {
	l.mu.Lock()
	begun := l.begun
	l.mu.Unlock()
	if begun {
		return nil
	}
	mine, err := f.store.Open(ctx, f.id, f.plan().Self.Epoch)
	if err != nil {
		return err
	}
	return l.begin(ctx, f, mine.Seq)
}

// tell notes that somebody is about to be told our index up to a sequence number.
func (l *lives) tell(ctx context.Context, f *folder, to index.Seq) error {
	return l.change(ctx, f, func(all []stretch) (news bool) {
		for i, s := range all {
			if s.Mute && s.From <= to {
				all[i].Mute, news = false, true
			}
		}
		return news
	})
}

// isTold reports whether somebody was told what was committed in the life of this run.
func (l *lives) isTold() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.isToldLocked()
}

func (l *lives) isToldLocked() bool { return l.begun && !l.all[len(l.all)-1].Mute }

// count notes that what is about to lie at a path was counted in the life of this run, and how far.
func (l *lives) count(p index.Path, to uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isToldLocked() {
		return
	}
	if l.counted == nil {
		l.counted = make(map[index.Path]uint64)
	}
	if len(l.counted) == mostUntold {
		l.more = true
		return
	}
	l.counted[p] = to
}

// settle notes what is about to be counted on top of what others made, in the life of this
// run: if that turns out to have been used before, it is to be known in later runs, too.
func (l *lives) settle(ctx context.Context, f *folder, fresh []settled) error {
	var all []settled
	return l.note(ctx, f, noteOnTop, func() any {
		all = slices.Clone(l.settled)
		for _, s := range fresh {
			if s.From = l.all[len(l.all)-1].From; !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
		if len(all) == len(l.settled) {
			return nil
		}
		all = all[max(0, len(all)-mostSettled):]
		return all
	}, func() { l.settled = all })
}

// alone reports whether something was counted in this life, or committed in an earlier one,
// of which nobody was told.
func (l *lives) alone() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.isToldLocked() && len(l.counted) > 0 {
		return true
	}
	return l.begun && slices.ContainsFunc(l.all[:len(l.all)-1], func(s stretch) bool { return s.Mute })
}

// isUntold reports whether a record is of what was counted in this life before anybody was
// told, or may be.
func (l *lives) isUntold(r index.Record, self index.Actor) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, ok := l.counted[r.Path]
	return !l.isToldLocked() && (ok && n == r.Version.Count(self) || l.more && r.Seq >= l.all[len(l.all)-1].From)
}

// wasMute reports whether a record was committed in an earlier life, and nobody was told.
func (l *lives) wasMute(r index.Record) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := l.at(r.Seq)
	return i >= 0 && i < len(l.all)-1 && l.all[i].Mute
}

// isCounted reports whether the latest of our own changes that a record contains is one that
// was counted in this life before anybody was told, or on top of what another one made in
// such a life since a sequence number.
func (l *lives) isCounted(r index.Record, self index.Actor, since index.Seq) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := r.Version.Count(self)
	return n > 0 && (l.counted[r.Path] == n || slices.ContainsFunc(l.settled, func(s settled) bool {
		return s.Path == r.Path && s.Epoch == self.Epoch && s.Count == n && s.From >= since
	}))
}

// of returns the life in which a sequence number was given out; zero if that is not
// known.
func (l *lives) of(seq index.Seq) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := l.at(seq); i >= 0 {
		return l.all[i].Life
	}
	return 0
}

// began returns the first sequence number of the life in which one was given out, or
// that one if it is not known.
func (l *lives) began(seq index.Seq) index.Seq {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := l.at(seq); i >= 0 {
		return l.all[i].From
	}
	return seq
}

func (l *lives) at(seq index.Seq) int {
	for i, s := range slices.Backward(l.all) {
		if s.From <= seq {
			return i
		}
	}
	return -1
}

// meet notes that a member heard of the life of a sequence number.
func (l *lives) meet(ctx context.Context, f *folder, seq index.Seq) error {
	return l.change(ctx, f, func(all []stretch) bool {
		i := l.at(seq)
		if i < 0 || all[i].Met {
			return false
		}
		all[i].Met = true
		return true
	})
}

// unmet returns the first sequence number that was given out after a life which a
// member remembers; if that is none of ours, the first one after which no member, as
// far as is known, has heard of any. What was given out here in the life of a number that
// it heard in such a one (zero: none) came after that, whoever has heard of it since.
func (l *lives) unmet(theirs uint64, heard index.Seq) index.Seq {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.IndexFunc(l.all, func(s stretch) bool { return s.Life == theirs }); i >= 0 && i < len(l.all)-1 {
		return l.all[i+1].From
	}
	from := index.Seq(1)
	for i, s := range slices.Backward(l.all) {
		if s.Met && i < len(l.all)-1 {
			break
		}
		from = s.From
	}
	if i := l.at(heard); i >= 0 && theirs != 0 {
		from = min(from, l.all[i].From)
	}
	return from
}

func (e *Engine) freshLife() uint64 {
	for {
		if n := uint64(e.cfg.Random())<<32 | uint64(e.cfg.Random()); n != 0 {
			return n
		}
	}
}

// heardIn is the life in which a member gave out the numbers from one on, as it told.
type heardIn struct {
	Epoch index.Epoch `json:"epoch"`
	From  index.Seq   `json:"from"`
	Life  uint64      `json:"life"`
}

// lifeHeard returns the life in which a member said what was heard of it up to a
// cursor; zero if it is not known.
func (f *folder) lifeHeard(ctx context.Context, d index.DeviceID, at index.Cursor) (uint64, error) {
	h, err := f.heardIn(ctx, d)
	if err != nil || h.Epoch != at.Epoch || at.Seq < h.From {
		return 0, err
	}
	return h.Life, nil
}

func (f *folder) heardIn(ctx context.Context, d index.DeviceID) (h heardIn, err error) {
	text, err := f.store.Value(ctx, f.id, noteHeard+d.String())
	if err != nil || text == "" || json.Unmarshal([]byte(text), &h) != nil {
		return heardIn{}, err
	}
	return h, nil
}

// hearIn notes, before it is learnt, in which life a member says what comes.
func (f *folder) hearIn(ctx context.Context, d index.DeviceID, at index.Cursor, life uint64) error {
	was, err := f.heardIn(ctx, d)
	if err != nil || was.Life == life && (life == 0 || was.Epoch == at.Epoch && was.From <= at.Seq) {
		return err
	}
	text, err := json.Marshal(heardIn{at.Epoch, at.Seq, life})
	if err != nil {
		return err
	}
	return f.store.SetValue(ctx, f.id, noteHeard+d.String(), string(text))
}
