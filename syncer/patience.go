package syncer

import (
	"context"
	"errors"
	"time"

	"kith/index"
	"kith/peer/wire"
)

// How long a device may keep us waiting for what it announced. It lives, for its
// pings come; but its disk may hang, or it may not mean well. Whoever waited for
// it for ever would get nothing from the others either.
const (
	answerTime  = 20 * time.Second // for the next piece, and
	slowestLink = 32 << 10         // a second more for each so many bytes of it
	listTime    = 5 * time.Minute  // for a list of blocks

	firstDoze   = 15 * time.Second // it is not asked again for that long,
	longestDoze = 5 * time.Minute  // and longer each time
)

var errNoAnswer = errors.New("it does not answer what it is asked")

// doze is how long a device that did not answer is left alone.
type doze struct {
	until time.Time
	times int
}

// fetchPieces is Fetch of a link, given up when no piece comes for too long.
func (f *folder) fetchPieces(ctx context.Context, link Link, wants []wire.Want, got func(k int, data []byte, release func(), err error)) error {
	if f.board.dozes(link.Device(), f.e.now()) {
		return errNoAnswer
	}
	patience := answerTime
	for _, w := range wants {
		patience = max(patience, answerTime+time.Duration(w.Size/slowestLink)*time.Second)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	late := time.AfterFunc(patience, func() { cancel(errNoAnswer) })
	defer late.Stop()
	err := link.Fetch(ctx, f.id, wants, func(k int, data []byte, release func(), err error) {
		late.Stop()
		got(k, data, release, err) // what we take for it is not the other's time
		late.Reset(patience)
	})
	f.noteAnswer(link.Device(), err)
	return err
}

// fetchList is Blocks of a link, given up when it takes too long.
func (f *folder) fetchList(ctx context.Context, link Link, file index.File) ([]index.Block, error) {
	if f.board.dozes(link.Device(), f.e.now()) {
		return nil, errNoAnswer
	}
	ctx, cancel := context.WithTimeoutCause(ctx, listTime, errNoAnswer)
	defer cancel()
	list, err := link.Blocks(ctx, f.id, file.Path, file.Root)
	f.noteAnswer(link.Device(), err)
	return list, err
}

// noteAnswer leaves a device alone for a while that did not answer, and has it asked
// again after that.
func (f *folder) noteAnswer(device index.DeviceID, err error) {
	switch {
	case err == nil:
		f.board.answered(device)
	case errors.Is(err, errNoAnswer):
		wait := f.board.doze(device, f.e.now())
		f.log.Warn("a device does not answer what it is asked", "device", device.Brief(), "asked again in", wait)
		f.after(f.work, wait, learnt{})
	}
}

func (b *scoreboard) dozes(device index.DeviceID, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return now.Before(b.dozing[device].until)
}

func (b *scoreboard) doze(device index.DeviceID, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	d := b.dozing[device]
	if now.Before(d.until) {
		return d.until.Sub(now) // several waited for it at once
	}
	wait := min(firstDoze<<min(d.times, 10), longestDoze)
	b.dozing[device] = doze{now.Add(wait), d.times + 1}
	return wait
}

func (b *scoreboard) answered(device index.DeviceID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.dozing, device)
}
