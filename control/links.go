package control

import (
	"context"
	"time"

	"kith/index"
	"kith/peer/wire"
	"kith/syncer"
)

// crier tells one connected device what it should know of the settings, whenever
// they change. Telling may take long, so each conversation has its own crier.
type crier struct {
	link   syncer.Link
	wake   chan struct{} // holds a token when there may be something to tell
	cancel context.CancelFunc
	asides []wire.Message // guarded by Desk.mu: to be sent once, after the lists
}

// Up tells the desk of a new conversation.
func (d *Desk) Up(l syncer.Link) {
	ctx, cancel := context.WithCancel(context.Background())
	c := &crier{link: l, wake: make(chan struct{}, 1), cancel: cancel}
	d.mu.Lock()
	old := d.links[l.Device()]
	d.links[l.Device()] = c
	d.mu.Unlock()
	if old != nil {
		old.cancel()
	}
	d.cfg.Log.Info("conversation begun", "device", d.nameOf(l.Device()))
	d.engine.Join(l)
	d.criers.Go(func() { d.cry(ctx, c) })
	d.Changed()
}

// Down tells the desk that a conversation ended, and why.
func (d *Desk) Down(l syncer.Link, why error) {
	d.cfg.Log.Info("conversation ended", "device", d.nameOf(l.Device()), "reason", why)
	d.mu.Lock()
	c := d.links[l.Device()]
	ours := c != nil && c.link == l
	if ours {
		delete(d.links, l.Device())
	}
	d.mu.Unlock()
	if ours {
		c.cancel()
		d.seen(l.Device())
	}
	d.engine.Part(l)
	d.Changed()
}

// Hear takes a message that came over a link, in order.
func (d *Desk) Hear(l syncer.Link, m wire.Message) {
	switch m := m.(type) {
	case *wire.Folders:
		d.hearLists(l.Device(), m)
		return
	case *wire.Release:
		d.hearRelease(l.Device(), m)
		return
	case *wire.Unsubscribe:
		if m.Left {
			d.hearLeft(l.Device(), m)
		}
	}
	d.engine.Hear(l, m)
}

// cry sends the lists when they are not those sent last, until the conversation
// ends.
func (d *Desk) cry(ctx context.Context, c *crier) {
	defer c.cancel()
	var told *wire.Folders
	var toldOf string // version of the program
	for {
		if lists := d.listsFor(d.Settings(), c.link.Device()); told == nil || !sameLists(told, lists) {
			if c.link.Send(ctx, lists) != nil {
				return // the conversation ended; Down says so
			}
			told = lists
		}
		var news *wire.Release
		if news, toldOf = d.releaseFor(toldOf); news != nil && c.link.Send(ctx, news) != nil {
			return
		}
		for _, m := range d.takeAsides(c) {
			if c.link.Send(ctx, m) != nil {
				return
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		}
	}
}

func sameLists(a, b *wire.Folders) bool {
	if len(a.Lists) != len(b.Lists) {
		return false
	}
	for i := range a.Lists {
		if a.Lists[i].Folder != b.Lists[i].Folder || a.Lists[i].Serial != b.Lists[i].Serial {
			return false
		}
	}
	return true
}

func (d *Desk) takeAsides(c *crier) []wire.Message {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := c.asides
	c.asides = nil
	return out
}

// bid has a message sent to a device, if it is connected.
func (d *Desk) bid(device index.DeviceID, m wire.Message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.links[device]; c != nil {
		c.asides = append(c.asides, m)
		wake(c.wake)
	}
}

// hearLeft takes note that a device left a folder or declined it. If the folder
// is ours, the device is taken from the list.
func (d *Desk) hearLeft(device index.DeviceID, m *wire.Unsubscribe) {
	f, ok := d.Settings().Folder(m.Folder)
	if !ok {
		return
	}
	if _, on := member(f.signed, device); !on {
		return
	}
	entry := Entry{Verb: "left", Folder: f.Name, Device: d.nameOf(device), Detail: cleanName(m.Reason, maxFolderName)}
	if f.signed.Owner != d.self() {
		d.note(entry)
		return
	}
	err := d.change(func(s *Settings) error {
		if f, ok := s.Folder(m.Folder); ok {
			d.strike(f, device)
		}
		return nil
	})
	if err != nil {
		d.cfg.Log.Error("take device from folder", "device", device.Brief(), "folder", m.Folder.Brief(), "error", err)
		return
	}
	d.note(entry)
}

// seen remembers when a device was last connected.
func (d *Desk) seen(device index.DeviceID) {
	err := d.save(func(s *Settings) error {
		if p, ok := s.Device(device); ok {
			p.LastSeen = time.Now().UTC().Truncate(time.Second)
		}
		return nil
	})
	if err != nil {
		d.cfg.Log.Warn("remember device", "device", device.Brief(), "error", err)
	}
}
