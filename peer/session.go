// Package peer is the conversation between two devices that people have paired:
// who is at the other end, how the two find into a conversation, and what
// passes in it.
//
// A device is a key. Addresses, names and announcements are hints that tell
// where to look; only the handshake proves who answers.
package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"kith/index"
	"kith/peer/wire"
)

// Content is an open file that pieces are read from.
type Content interface {
	io.ReaderAt
	io.Closer
	// Same reports whether the file still is the one that was opened.
	Same() bool
}

// Handler is who a session speaks for. All of it may be called from several
// goroutines.
type Handler struct {
	// Hear is called for each message that is not the session's own business, in
	// their order. While it has not returned, no more are read.
	Hear func(*Session, wire.Message)
	// Blocks returns the block list of a file that was announced to the device.
	Blocks func(ctx context.Context, device index.DeviceID, m wire.WantBlocks) ([]index.Block, error)
	// Open opens a file that was announced to the device with that root.
	Open func(ctx context.Context, device index.DeviceID, folder index.FolderID, path index.Path, root index.Hash) (Content, error)
}

// Why a session ended.
var (
	ErrSilent = errors.New("the other device does not answer")
	ErrEnded  = errors.New("conversation has ended")

	errReplaced = errors.New("a newer conversation took its place")
)

// byeError is the reason that the other device gave for ending the conversation.
type byeError string

func (e byeError) Error() string { return "the other device ended the conversation: " + string(e) }

func protocolError(format string, args ...any) error {
	return fmt.Errorf("%w: %w", wire.ErrMalformed, fmt.Errorf(format, args...))
}

// What may be under way in one session.
const (
	maxAsked    = 64       // questions of either kind that wait for their answers
	maxReceived = 32 << 20 // bytes of pieces which nobody released yet
	maxPrepared = 32 << 20 // bytes of pieces that were read and wait to be written
	queuedSends = 32       // control messages that wait to be written
)

// Session is one live conversation with a paired device. It has two
// connections: one for control, and one for content, so that a flood of content
// never delays the rest. Its methods may be called from several goroutines.
type Session struct {
	remote  wire.Hello
	device  index.DeviceID
	control *line
	data    *line
	handler Handler
	buffers *buffers

	ctx   context.Context // ends with the session; its cause says why
	end   context.CancelCauseFunc
	gone  chan struct{} // closed when the session's goroutines have returned and everybody was told
	out   chan []byte   // frames for the control connection
	bye   chan string
	pongs chan uint64 // pings to be answered
	probe chan chan struct{}

	lists listAsker

	fetches fetches
	serving serving
	busy    atomic.Bool // Hear is running
}

func newSession(remote wire.Hello, control, data *line, h Handler, pool *buffers) *Session {
	s := &Session{
		remote: remote, device: control.device, control: control, data: data, handler: h, buffers: pool,
		gone: make(chan struct{}), out: make(chan []byte, queuedSends), bye: make(chan string, 1),
		pongs: make(chan uint64, 4), probe: make(chan chan struct{}),
	}
	s.ctx, s.end = context.WithCancelCause(context.Background())
	s.lists.init()
	s.fetches.init()
	s.serving.init()
	return s
}

// Device returns who is at the other end.
func (s *Session) Device() index.DeviceID { return s.device }

// Name returns what the other device calls itself.
func (s *Session) Name() string { return printable(s.remote.Name, maxName) }

// App returns the version of the program at the other end.
func (s *Session) App() string { return printable(s.remote.App, maxName) }

// Stats returns how many bytes have come and gone on the wire, TLS included.
func (s *Session) Stats() (down, up int64) {
	return s.control.meter.in.Load() + s.data.meter.in.Load(),
		s.control.meter.out.Load() + s.data.meter.out.Load()
}

// Err returns why the session ended; nil while it lives.
func (s *Session) Err() error {
	if s.ctx.Err() == nil {
		return nil
	}
	return context.Cause(s.ctx)
}

// Send queues a control message. It blocks while too much is queued, so Hear
// must not wait for it: two devices doing so could wait for each other.
func (s *Session) Send(ctx context.Context, m wire.Message) error {
	frame, err := wire.AppendFrame(nil, m)
	if err != nil {
		return err
	}
	if s.ctx.Err() != nil {
		return s.ended()
	}
	select {
	case s.out <- frame:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.ctx.Done():
		return s.ended()
	}
}

func (s *Session) ended() error { return fmt.Errorf("%w: %w", ErrEnded, context.Cause(s.ctx)) }

// Close ends the conversation and tells the other device why, if it listens.
func (s *Session) Close(reason string) {
	select {
	case s.bye <- reason:
	default:
	}
	select {
	case <-s.ctx.Done():
	case <-time.After(time.Second):
		s.end(ErrEnded)
	}
}

// run carries the conversation until it ends, and returns why it did. All it
// started has returned by then.
func (s *Session) run() error {
	s.control.meter.trust()
	s.data.meter.trust()
	s.data.wide.widen()
	stop := context.AfterFunc(s.ctx, func() {
		s.control.Close()
		s.data.Close()
	})
	defer stop()
	var g errgroup.Group
	for _, part := range []func() error{s.readControl, s.writeControl, s.readData, s.writeData} {
		g.Go(func() error {
			s.end(plainly(part()))
			return nil
		})
	}
	g.Wait()
	s.serving.wait()
	s.lists.wait()
	s.control.Close()
	s.data.Close()
	return context.Cause(s.ctx)
}

// alive reports whether the other device gives a sign of life within a time.
func (s *Session) alive(patience time.Duration) bool {
	answers, busy := s.answers(patience)
	return answers || busy
}

// answers reports whether the other device answers within a time, and, if it does
// not, whether that may be because this one is busy with what came before.
func (s *Session) answers(patience time.Duration) (answers, busy bool) {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	answered := make(chan struct{})
	select {
	case s.probe <- answered:
	case <-timeout.C:
		return false, s.busy.Load()
	case <-s.ctx.Done():
		return false, false
	}
	select {
	case <-answered:
		return true, false
	case <-timeout.C:
		return false, s.busy.Load()
	case <-s.ctx.Done():
		return false, false
	}
}
