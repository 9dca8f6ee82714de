package syncer_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kith/index"
	"kith/peer/wire"
	"kith/sim/waits"
	"kith/syncer"
)

// slow is a conversation with a member who remembers another epoch of ours, and to whom
// nothing is sent before a new one has begun.
type slow struct {
	outsider
	said, begun chan struct{} // said: something is to be sent
}

func (s *slow) Send(ctx context.Context, m wire.Message) error {
	select {
	case s.said <- struct{}{}:
	default:
	}
	select {
	case <-s.begun:
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.outsider.Send(ctx, m)
}

// TestAnEpochThatWeDoNotKnowIsALaterOne: whoever remembers another epoch of our index than
// this one, which is none that we had before, heard what we have forgotten. A new one
// begins, and who was just being told of the old one is told of it, too.
func TestAnEpochThatWeDoNotKnowIsALaterOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	a.write("a", "text")
	a.scan()
	a.stop()
	a.start() // an epoch that begins in this run of the program is the latest in any case
	a.scan()
	epoch := func() index.Epoch {
		at, err := a.store.Open(t.Context(), w.folder, 1)
		must(t, err)
		return at.Epoch
	}
	old := epoch()
	l := &slow{outsider{id: b.id, sent: make(chan wire.Message, 100)}, make(chan struct{}, 1), make(chan struct{})}
	a.engine.Join(l)
	limit := time.After(waits.Limit)
	select {
	case <-l.said:
	case <-limit:
		t.Fatal("nothing is said of the old epoch")
	}
	a.engine.Hear(l, &wire.Subscribe{Folder: w.folder, Heard: index.Cursor{Epoch: old + 1, Seq: 5}, Mine: index.Cursor{Epoch: 1}})
	for epoch() == old {
		select {
		case <-a.changed:
		case <-limit:
			t.Fatal("no new epoch has begun")
		}
	}
	close(l.begun)
	for {
		select {
		case m := <-l.sent:
			if s, ok := m.(*wire.Subscribe); ok && s.Mine.Epoch == epoch() {
				return
			}
		case <-limit:
			t.Fatal("nothing was said of the new epoch")
		}
	}
}

// vague is an index that goes by a new epoch, and says that it does not.
type vague struct{ syncer.Store }

func (v vague) Renew(ctx context.Context, id index.FolderID, epoch index.Epoch) error {
	return errors.Join(v.Store.Renew(ctx, id, epoch), errors.New("the disk said no, and wrote"))
}

// TestAnEpochThatIsSaidNotToHaveBegun: what is saved is counted in the epoch by which the
// index goes; in the former one the count may have been used before.
func TestAnEpochThatIsSaidNotToHaveBegun(t *testing.T) {
	t.Parallel()
	l, over := &outsider{sent: make(chan wire.Message)}, make(chan struct{})
	go func() {
		for {
			select {
			case <-l.sent: // whatever it is told
			case <-over:
				return
			}
		}
	}()
	t.Cleanup(func() { close(over) })
	w := newWorld(t, "anna", "ben")
	a := w.devices[0]
	l.id = w.devices[1].id
	a.write("a", "text")
	a.scan()
	a.stop()
	a.store = vague{a.store}
	a.start() // an epoch that begins in this run of the program is the latest in any case
	a.scan()
	old, err := a.store.Open(t.Context(), w.folder, 1)
	must(t, err)
	a.engine.Join(l)
	a.engine.Hear(l, &wire.Subscribe{Folder: w.folder, Heard: index.Cursor{Epoch: old.Epoch, Seq: old.Seq + 10}, Mine: index.Cursor{Epoch: 1}})
	is := old
	a.until("in a new epoch", func(syncer.Status) bool {
		is, err = a.store.Open(t.Context(), w.folder, 1)
		must(t, err)
		return is.Epoch != old.Epoch
	})
	a.write("b", "text")
	a.scan()
	recs, err := a.store.Get(t.Context(), w.folder, []index.Path{index.MustPath("b")}, false)
	must(t, err)
	if recs[0].Version.Count(index.Actor{Device: a.id.Short(), Epoch: is.Epoch}) == 0 {
		t.Errorf("in epoch %x it is counted as %s", is.Epoch, recs[0].Version)
	}
}

// TestAnIndexThatTheStoreKnowsToBeSetBack begins one new epoch, whoever remembers the one
// before, and whenever they meet.
func TestAnIndexThatTheStoreKnowsToBeSetBack(t *testing.T) {
	t.Parallel()
	for name, meets := range map[string][]string{
		"both in this run":              {"ben carl", ""},
		"one of them in the next run":   {"ben", "carl"},
		"both in the next run":          {"", "ben carl"},
		"one of them after another run": {"ben", "", "carl"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "anna", "ben", "carl")
			a := w.devices[0]
			for _, other := range w.devices[1:] {
				connect(a, other)
			}
			a.write("a", "text")
			a.scan()
			w.settle()
			a.stop()
			must(t, a.store.Renew(t.Context(), w.folder, 0))
			var epoch index.Epoch
			for run, names := range meets {
				a.start()
				a.write(fmt.Sprint(run), "saved alone")
				a.scan()
				at, err := a.store.Open(t.Context(), w.folder, 0)
				must(t, err)
				if epoch == 0 {
					epoch = at.Epoch
				}
				for _, other := range w.devices[1:] {
					if !strings.Contains(names, other.name) {
						continue
					}
					connect(a, other)
					a.until("told", func(s syncer.Status) bool {
						return slices.ContainsFunc(s.Members, func(m syncer.MemberStatus) bool { return m.Device == other.id && m.InStep })
					})
				}
				if at, err = a.store.Open(t.Context(), w.folder, 0); err != nil || at.Epoch != epoch {
					t.Errorf("run %d: epoch %x after %x (%v)", run, at.Epoch, epoch, err)
				}
				a.stop()
			}
			a.start()
			if n := a.verbs("rolled-back"); n > 0 {
				t.Errorf("it was told %d times that the index was set back", n)
			}
		})
	}
}

// TestWhatStandsForTwoThingsGetsAnotherVersion, also when it is heard in an epoch that began
// in this run: the count was told to somebody, who could not know better, before it began.
func TestWhatStandsForTwoThingsGetsAnotherVersion(t *testing.T) {
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	a.write("a", "text")
	a.scan()
	recs, err := a.store.Get(t.Context(), w.folder, []index.Path{index.MustPath("a")}, true)
	must(t, err)
	have := recs[0]
	have.By = b.id.Short()
	have.Version = index.Version{{Actor: index.Actor{Device: a.id.Short(), Epoch: 7}, Count: 3}}.Bump(index.Actor{Device: b.id.Short(), Epoch: 1})
	_, _, err = a.store.Commit(t.Context(), w.folder, []index.Record{have})
	must(t, err)
	gone := index.File{Path: have.Path, Kind: index.Deleted, Version: have.Version, By: a.id.Short()}
	l := &outsider{id: b.id, sent: make(chan wire.Message, 100)}
	a.engine.Join(l)
	a.engine.Hear(l, &wire.Subscribe{Folder: w.folder, Mine: index.Cursor{Epoch: 1, Seq: 1}})
	a.engine.Hear(l, &wire.Update{Folder: w.folder, Epoch: 1, To: 1, Latest: 1, Files: []index.File{gone}})
	limit := time.After(waits.Limit)
	for {
		recs, err := a.store.Get(t.Context(), w.folder, []index.Path{have.Path}, false)
		must(t, err)
		if recs[0].Live() && recs[0].Version.Compare(gone.Version) == index.Concurrent {
			return
		}
		select {
		case <-a.changed:
		case <-limit:
			t.Fatalf("%s is still what another one holds something else for", recs[0].Version)
		}
	}
}

// TestAFileSavedInAThousandLives reaches the others like any other one. Where there is no
// more room to count in, that is told where the file was saved.
func TestAFileSavedInAThousandLives(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	a.scan()
	lived := func(path string, lives int) {
		var past index.Version
		for i := range lives {
			past = append(past, index.Counter{Actor: index.Actor{Device: a.id.Short(), Epoch: index.Epoch(i + 1)}, Count: 1})
		}
		gone := index.File{Path: index.MustPath(path), Kind: index.Deleted, Version: past, By: a.id.Short()}
		_, _, err := a.store.Commit(t.Context(), w.folder, []index.Record{{File: gone}})
		must(t, err)
		a.write(path, "saved again")
		a.scan()
	}
	lived("old", 1000)
	w.settle()
	w.same("old = saved again")
	b.write("old", "and changed there")
	w.settle()
	w.same("old = and changed there")

	full := func(s syncer.Status) bool {
		return slices.ContainsFunc(s.Problems, func(p syncer.Problem) bool { return p.Path == "full" })
	}
	lived("full", index.MaxActors/2)
	a.until("told that the history is full", full)
	b.until("told that too", full)
	a.rename("full", "full, under another name")
	a.scan()
	a.until("rid of it", func(s syncer.Status) bool { return !full(s) })
	b.until("given it", func(syncer.Status) bool { return strings.Contains(b.tree(), "full, under another name = saved again") })
}
