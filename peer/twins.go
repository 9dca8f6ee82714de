package peer

import (
	"errors"
	"time"

	"kith/peer/wire"
)

// Two machines with one key may not reach each other, and still both reach this
// device. It would take what either says for the word of the other; so it speaks
// with neither of them until only one is left.

// ErrTwins says that two machines use the key of a device, and both are here.
var ErrTwins = errors.New("two machines use the key of this device: one was made from a copy or a backup of the other")

// twinsApart is what the two are told: no machine can know which of them is the copy.
const twinsApart = "two machines use your key, so it speaks with neither: decide which one goes on; on the other one stop Kith, " +
	"move its key.pem and config.toml away, start it and pair it anew"

// twinMemory is for how long after its last call a machine counts as one of two: a
// little longer than a device that was refused waits before it calls again.
const twinMemory = lastBackoff + lastBackoff/2

// keyholders are the machines that use the key of one device, and when each spoke last. It
// is empty unless two of them were alive at the same time.
type keyholders map[[16]byte]time.Time

// meet notes which machine speaks, and reports whether it is one of several.
func (m keyholders) meet(instance [16]byte, now time.Time, memory time.Duration) bool {
	if len(m) == 0 {
		return false
	}
	m[instance] = now
	for other, at := range m {
		if other != instance && now.Sub(at) >= memory {
			delete(m, other)
		}
	}
	if len(m) == 1 {
		clear(m) // it is alone again
	}
	return len(m) > 1
}

// several reports whether there are more than one, as far as is known now.
func (m keyholders) several(now time.Time, memory time.Duration) bool {
	lately := 0
	for _, at := range m {
		if now.Sub(at) < memory {
			lately++
		}
	}
	return lately > 1
}

// meetsTwin notes which machine speaks for a device, and reports whether it is one
// of two.
func (b *Board) meetsTwin(c *contact, instance [16]byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return c.keyholders.meet(instance, time.Now(), b.twinMemory)
}

// findTwins ends the conversation with a machine, for another one that uses the
// same key has called while it answers.
func (b *Board) findTwins(c *contact, session *Session, instance [16]byte) {
	b.mu.Lock()
	now := time.Now()
	c.keyholders = keyholders{session.remote.Instance: now, instance: now}
	b.mu.Unlock()
	b.cfg.Log.Error("two machines use the key of a device", "device", c.id.Brief(), "name", session.Name(), "address", session.control.from())
	session.Close(twinsApart)
	b.cfg.Changed()
}

// partFromTwin ends a call that was answered by one of two machines.
func (b *Board) partFromTwin(s *Session) error {
	err := s.control.tell(&wire.Bye{Reason: twinsApart})
	s.control.Close()
	s.data.Close()
	return errors.Join(ErrTwins, err)
}
