package peer

import (
	"net/netip"
	"slices"
	"time"

	"kith/index"
)

// contactLocked returns what is known of a device, and begins to keep it. It is
// nil if too many are known.
func (b *Board) contactLocked(id index.DeviceID) *contact {
	if c := b.contacts[id]; c != nil {
		c.left = false
		return c
	}
	if len(b.contacts) >= maxContacts && !b.cfg.Allowed(id) {
		return nil
	}
	c := &contact{id: id, wake: make(chan struct{}, 1)}
	b.contacts[id] = c
	run := b.run
	b.startLocked(func() { b.keep(run, c) })
	return c
}

// Reach tells at which addresses a device may be. It is a hint: they are tried,
// and who answers must prove to be that device.
func (b *Board) Reach(device index.DeviceID, addrs []netip.AddrPort) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.contactLocked(device)
	if c == nil {
		return
	}
	c.learn(addrs)
	c.hurry = true
	c.poke()
}

// Forget removes what is known of a device. Its conversation ends, if there is one.
func (b *Board) Forget(device index.DeviceID) {
	b.mu.Lock()
	if c := b.contacts[device]; c != nil {
		c.left, c.addrs = true, nil
		if s := c.session; s != nil {
			b.startLocked(func() { s.Close("not paired any more") })
		}
		c.poke()
		b.sweepLocked(c)
	}
	b.mu.Unlock()
	b.cfg.Changed()
}

// sweepLocked removes a contact that was forgotten, once nothing goes on with it.
// Until then a new session has to wait for the end of the old one.
func (b *Board) sweepLocked(c *contact) bool {
	if !c.left || c.session != nil || c.claim != nil {
		return false
	}
	if b.contacts[c.id] == c {
		delete(b.contacts, c.id)
	}
	return true
}

// Recheck tells that Allowed may answer differently now: conversations with
// those who are not allowed any more end, and others are dialled.
func (b *Board) Recheck() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.contacts {
		if s := c.session; s != nil && !b.cfg.Allowed(c.id) {
			b.startLocked(func() { s.Close("not paired any more") })
		}
		c.hurry = true
		c.poke()
	}
}

// wakePatience is how long a device may take to answer after the network changed.
const wakePatience = 2 * time.Second

// Wake tells that the network changed or the machine slept: conversations are
// tried, and who does not answer soon is dialled anew.
func (b *Board) Wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.contacts {
		if s := c.session; s != nil {
			b.startLocked(func() {
				if !s.alive(wakePatience) {
					s.end(ErrSilent)
				}
			})
		}
		c.hurry = true
		c.poke()
	}
}

// Devices returns what is known of every device heard of, by ID. Our own ID is
// among them only if another device uses our key.
func (b *Board) Devices() []PeerStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	list := make([]PeerStatus, 0, len(b.contacts))
	for _, c := range b.contacts {
		if !c.left && (c.id != b.ID() || c.lastErr != nil) {
			list = append(list, c.status(now, b.twinMemory))
		}
	}
	slices.SortFunc(list, func(x, y PeerStatus) int { return x.ID.Compare(y.ID) })
	return list
}
