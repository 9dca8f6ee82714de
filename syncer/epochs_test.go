package syncer_test

import (
	"context"
	"testing"
	"time"

	"kith/index"
	"kith/peer/wire"
	"kith/sim/waits"
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
