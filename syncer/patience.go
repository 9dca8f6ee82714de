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
	slowestLink = 32 << 10         // a second more for each so many bytes of it;
	leastRate   = 2 << 10          // of all pieces together it is to send so many bytes a second
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

// fetchPieces is Fetch of a link, given up when no piece comes for too long, or
// all of them come at less than leastRate.
func (f *folder) fetchPieces(ctx context.Context, link Link, wants []wire.Want, got func(k int, data []byte, release func(), err error)) error {
	device := link.Device()
	if f.board.dozes(device, f.e.now()) {
		return errNoAnswer
	}
	f.paces.begin(device)
	defer f.paces.end(device)
	patience, largest := answerTime, int64(0)
	for _, w := range wants {
		patience = max(patience, answerTime+time.Duration(w.Size/slowestLink)*time.Second)
		largest = max(largest, int64(w.Size))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var late *time.Timer
	late = time.AfterFunc(time.Hour, func() {
		if f.paces.holds(device) {
			late.Reset(answerTime) // it is we who are late: no more is read while we hold too much
			return
		}
		cancel(errNoAnswer)
	})
	late.Reset(patience)
	defer late.Stop()
	theirs, came, asked := time.Duration(0), int64(0), time.Now()
	err := link.Fetch(ctx, f.id, wants, func(k int, data []byte, release func(), err error) {
		late.Stop()
		theirs += time.Since(asked)
		came += int64(len(data)) + pieceCost
		released := f.paces.came(device, len(data))
		got(k, data, func() { release(); released() }, err)
		asked = time.Now() // what we take for it is not the other's time
		allowed := answerTime + time.Duration(came+largest+pieceCost)*time.Second/leastRate
		late.Reset(min(patience, max(0, allowed-theirs)))
	})
	f.noteAnswer(device, err)
	return err
}

// fetchList is Blocks of a link, given up when it takes too long.
func (f *folder) fetchList(ctx context.Context, link Link, file index.File) ([]index.Block, error) {
	device := link.Device()
	if f.board.dozes(device, f.e.now()) {
		return nil, errNoAnswer
	}
	f.paces.begin(device)
	defer f.paces.end(device)
	ctx, cancel := context.WithTimeoutCause(ctx, listTime, errNoAnswer)
	defer cancel()
	list, err := link.Blocks(ctx, f.id, file.Path, file.Root)
	if err == nil {
		f.paces.came(device, len(list)*48)()
	}
	f.noteAnswer(device, err)
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
