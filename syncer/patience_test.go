package syncer

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"kith/index"
	"kith/peer/wire"
)

// mute is a link to a device that lives and answers nothing, or one piece at the
// given pace.
type mute struct {
	Link
	device index.DeviceID
	pace   time.Duration
}

func (m *mute) Device() index.DeviceID { return m.device }

func (m *mute) Fetch(ctx context.Context, _ index.FolderID, wants []wire.Want, got func(int, []byte, func(), error)) error {
	for i := range wants {
		if m.pace == 0 {
			<-ctx.Done()
			return context.Cause(ctx)
		}
		select {
		case <-time.After(m.pace):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		got(i, nil, func() {}, nil)
	}
	return nil
}

func TestADeviceThatDoesNotAnswerIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &folder{e: &Engine{}, log: slog.New(slog.DiscardHandler), events: make(chan event, 8)}
		f.board.init()
		f.paces.init()
		ctx, end := context.WithCancel(t.Context())
		defer func() { end(); synctest.Wait() }()
		f.work = ctx
		l := &mute{device: index.DeviceID{7}}
		wants := make([]wire.Want, 5)
		start := time.Now()
		if err := f.fetchPieces(ctx, l, wants, nil); !errors.Is(err, errNoAnswer) || time.Since(start) != answerTime {
			t.Fatalf("after %v: %v", time.Since(start), err)
		}
		start = time.Now()
		if err := f.fetchPieces(ctx, l, wants, nil); !errors.Is(err, errNoAnswer) || time.Since(start) != 0 {
			t.Errorf("it is asked again after %v: %v", time.Since(start), err)
		}
		time.Sleep(firstDoze)
		l.pace = answerTime - time.Second // slow, but it comes
		if err := f.fetchPieces(ctx, l, wants, func(int, []byte, func(), error) {}); err != nil || f.board.dozes(l.device, time.Now()) {
			t.Errorf("one that is slow: %v", err)
		}
	})
}
