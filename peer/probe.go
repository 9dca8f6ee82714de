package peer

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"time"

	"kith/index"
)

// Any device may be asked, paired or not, whether it can reach who asks: the
// probe, a conversation of its own that ends after one answer. The asker says at
// which port it listens (2 bytes). The other tells its clock (8 bytes, ms since
// 1970), calls back at the address from which it was asked, at no other, and
// tells what came of that (1 byte).
const (
	protocolProbe = "kith-probe/1"
	callBackTime  = 3 * time.Second
)

// CallBack says whether another device could reach this one.
type CallBack byte

// What can come of a call back.
const (
	NotTried CallBack = iota
	Reached
	Silent     // nobody answered, or there is no way
	TurnedAway // the machine answered, but nothing listens there
	Mistaken   // another device answered, or something that is no device
)

// ProbeAnswer is what a device answered.
type ProbeAnswer struct {
	From     netip.AddrPort // where it was reached
	CallBack CallBack
	Ahead    time.Duration // by how much its clock is ahead of ours; to within half of Took
	Took     time.Duration // the round trip to its clock
}

// Probe asks a device which may be at those addresses whether it can reach us.
// Its error says why it could not be asked.
func (b *Board) Probe(ctx context.Context, device index.DeviceID, addrs []netip.AddrPort) (ProbeAnswer, error) {
	l, err := dial(ctx, dialTLS(b.cfg.Identity, protocolProbe, device), addrs)
	if err != nil {
		return ProbeAnswer{}, err
	}
	defer l.Close()
	stop := context.AfterFunc(ctx, l.Close)
	defer stop()
	asked := time.Now()
	if _, err := l.conn.Write(binary.BigEndian.AppendUint16(nil, uint16(b.port))); err != nil {
		return ProbeAnswer{}, refusal(err)
	}
	var clock [8]byte
	if _, err := io.ReadFull(l.conn, clock[:]); err != nil {
		return ProbeAnswer{}, refusal(err)
	}
	a := ProbeAnswer{From: l.from(), Took: time.Since(asked)}
	theirs := time.UnixMilli(int64(binary.BigEndian.Uint64(clock[:])))
	a.Ahead = theirs.Sub(asked.Add(a.Took / 2).Round(0))
	var result [1]byte
	if _, err := io.ReadFull(l.conn, result[:]); err != nil {
		return ProbeAnswer{}, refusal(err)
	}
	a.CallBack = min(CallBack(result[0]), Mistaken)
	return a, nil
}

// beProbed answers a probe. Who asks fills its place at the gate meanwhile, so
// that nobody has more than a few of them under way.
func (b *Board) beProbed(ctx context.Context, l *line) error {
	var port [2]byte
	if _, err := io.ReadFull(l.conn, port[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return nil // a call back: it has seen that we are here
		}
		return err
	}
	clock := binary.BigEndian.AppendUint64(nil, uint64(time.Now().UnixMilli()))
	if _, err := l.conn.Write(clock); err != nil {
		return err
	}
	to := netip.AddrPortFrom(l.from().Addr(), binary.BigEndian.Uint16(port[:]))
	_, err := l.conn.Write([]byte{byte(b.callBack(ctx, l.device, to))})
	return err
}

// callBack calls a device only to see whether it answers.
func (b *Board) callBack(ctx context.Context, device index.DeviceID, to netip.AddrPort) CallBack {
	if !sensible(to) {
		return NotTried
	}
	ctx, cancel := context.WithTimeout(ctx, callBackTime)
	defer cancel()
	l, err := connect(ctx, dialTLS(b.cfg.Identity, protocolProbe, device), to)
	if err == nil {
		l.Close()
	}
	return Outcome(err)
}

// Outcome says what calling a device came to, from the error.
func Outcome(err error) CallBack {
	var timeout net.Error
	switch {
	case err == nil:
		return Reached
	case errors.Is(err, errNoListener):
		return TurnedAway
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled),
		errors.As(err, &timeout) && timeout.Timeout(),
		errors.Is(err, errNoHost), errors.Is(err, errNoNetwork), errors.Is(err, errNoAnswerYet), errors.Is(err, fs.ErrPermission):
		return Silent
	}
	return Mistaken
}
