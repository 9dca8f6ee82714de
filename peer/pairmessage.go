package peer

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf8"

	"kith/peer/wire"
)

// Messages of a pairing are a type and a body of fixed size: whoever is at the
// other end is a stranger, and has no length to lie about.
type pairType byte

const (
	pairHello   pairType = 1 // how one introduces oneself
	pairCommit  pairType = 2 // the responder's commitment to its nonce
	pairNonce   pairType = 3
	pairConfirm pairType = 4 // a person said yes
	pairAbort   pairType = 5
)

const pairNameSize = 128 // bytes: maxName letters of UTF-8, filled up with zeros

// size returns how long the body of a message is; zero if there is no such type.
func (t pairType) size() int {
	switch t {
	case pairHello:
		return 2 + 2 + 2 + pairNameSize
	case pairCommit, pairNonce, pairConfirm:
		return 32
	case pairAbort:
		return 1
	}
	return 0
}

// pairMessage is one message; which fields count depends on the type.
type pairMessage struct {
	kind  pairType
	hello introduction
	value [32]byte // of pairCommit, pairNonce and pairConfirm
	why   abortReason
}

// introduction is what a device says of itself before anything is proven.
type introduction struct {
	min, max uint16 // versions of the pairing it speaks
	port     uint16 // where it listens
	name     string // what it calls itself, as it came
}

// abortReason tells the other device why it ends.
type abortReason byte

const (
	abortDenied   abortReason = 1 // a person said that the codes differ
	abortBusy     abortReason = 2 // another pairing is under way
	abortCrossed  abortReason = 3 // our own call to you goes on instead
	abortTampered abortReason = 4 // what came does not fit what was committed to
	abortLate     abortReason = 5
	abortPaused   abortReason = 6 // too many pairings failed
	abortVersion  abortReason = 7
	abortConfused abortReason = 8 // a message that does not belong here
	abortInternal abortReason = 9 // it could not be kept
	abortLeaving  abortReason = 10
)

func (a abortReason) Error() string {
	switch a {
	case abortDenied:
		return "the person there said no"
	case abortBusy:
		return "it is pairing with another device: try again in a moment"
	case abortCrossed:
		return "its own call goes on instead"
	case abortTampered:
		return "it says that someone may be interfering"
	case abortLate:
		return "nobody answered there in time"
	case abortPaused:
		return "too many pairings failed there: try again in a minute"
	case abortVersion:
		return "it speaks another version: update the older one of the two"
	case abortInternal:
		return "it could not keep the pairing"
	case abortLeaving:
		return "it is shutting down"
	}
	return "it did not understand this device"
}

// append writes the message.
func (m pairMessage) append(b []byte) []byte {
	b = append(b, byte(m.kind))
	switch m.kind {
	case pairHello:
		b = binary.BigEndian.AppendUint16(b, m.hello.min)
		b = binary.BigEndian.AppendUint16(b, m.hello.max)
		b = binary.BigEndian.AppendUint16(b, m.hello.port)
		b = append(b, m.hello.name...)
		return append(b, make([]byte, pairNameSize-len(m.hello.name))...)
	case pairAbort:
		return append(b, byte(m.why))
	}
	return append(b, m.value[:]...)
}

// readPairMessage reads the next message.
func readPairMessage(r io.Reader) (pairMessage, error) {
	var buf [1 + 6 + pairNameSize]byte
	if _, err := io.ReadFull(r, buf[:1]); err != nil {
		return pairMessage{}, err
	}
	m := pairMessage{kind: pairType(buf[0])}
	body := buf[1 : 1+m.kind.size()]
	if len(body) == 0 {
		return m, fmt.Errorf("%w: pairing message %d", wire.ErrMalformed, buf[0])
	}
	if _, err := io.ReadFull(r, body); err != nil {
		return m, err
	}
	switch m.kind {
	case pairHello:
		return m, m.hello.parse(body)
	case pairAbort:
		m.why = abortReason(body[0])
	default:
		copy(m.value[:], body)
	}
	return m, nil
}

func (i *introduction) parse(b []byte) error {
	i.min, i.max = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	i.port = binary.BigEndian.Uint16(b[4:])
	name := bytes.TrimRight(b[6:], "\x00")
	if i.name = string(name); !utf8.Valid(name) || bytes.IndexByte(name, 0) >= 0 {
		return fmt.Errorf("%w: name in a pairing message", wire.ErrMalformed)
	}
	return nil
}
