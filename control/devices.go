package control

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"time"

	"kith/index"
	"kith/peer"
)

// sighting is what is known of a device that was seen on the network, unproven.
type sighting struct {
	name  string
	addrs []netip.AddrPort
	at    time.Time
}

// maxNearby is how many devices seen on the network are kept in mind.
const maxNearby = 256

func (d *Desk) self() index.DeviceID { return d.cfg.Identity.ID() }

// Allowed reports whether a device may have a conversation with us: one that is
// paired, or that somebody paired vouches for. With the latter it is about the
// folders in whose lists it stands, and nothing else.
func (d *Desk) Allowed(device index.DeviceID) bool {
	s := d.Settings()
	if _, paired := s.Device(device); paired {
		return true
	}
	_, vouched := s.voucher(device)
	return vouched && device != d.self()
}

// Saw takes what is heard on the network about a device: where it may be
// reached, or, without addresses, that it is no longer heard.
func (d *Desk) Saw(device index.DeviceID, name string, addrs []netip.AddrPort) {
	if device == d.self() {
		d.board.Reach(device, addrs) // to see whether another machine has our key
		return
	}
	d.mu.Lock()
	if len(addrs) == 0 {
		delete(d.nearby, device)
	} else {
		if len(d.nearby) >= maxNearby {
			d.forgetOldest()
		}
		d.nearby[device] = sighting{cleanName(name, maxDeviceName), addrs, time.Now().UTC().Truncate(time.Second)}
	}
	d.mu.Unlock()
	if len(addrs) > 0 && d.Allowed(device) {
		d.board.Reach(device, addrs)
	}
	d.Changed()
}

func (d *Desk) forgetOldest() {
	var oldest index.DeviceID
	for id, s := range d.nearby {
		if oldest.IsZero() || s.at.Before(d.nearby[oldest].at) {
			oldest = id
		}
	}
	delete(d.nearby, oldest)
}

// reachAll gives the board the addresses remembered from earlier runs.
func (d *Desk) reachAll() {
	for _, p := range d.Settings().Devices {
		if addrs := p.addrs(); len(addrs) > 0 {
			d.board.Reach(p.ID, addrs)
		}
	}
}

// Paired makes a device one that people on both sides said yes to, durably.
func (d *Desk) Paired(device index.DeviceID, name string, addrs []netip.AddrPort) error {
	name = cleanName(name, maxDeviceName)
	err := d.change(func(s *Settings) error {
		p, ok := s.Device(device)
		if !ok {
			if len(s.Devices) >= maxDevices {
				return failed("there are %d paired devices, and there can be no more", maxDevices)
			}
			s.Devices = append(s.Devices, Paired{ID: device})
			p, _ = s.Device(device)
		}
		p.Name = name
		p.remember(addrs)
		s.Refused = slices.DeleteFunc(s.Refused, func(r index.DeviceID) bool { return r == device })
		return nil
	})
	if err == nil {
		d.note(Entry{Verb: "paired", Device: name, Detail: device.Brief()})
	}
	return err
}

// rememberMet keeps under which names and addresses paired devices were met.
func (d *Desk) rememberMet() {
	for _, met := range d.board.Devices() {
		p, ok := d.Settings().Device(met.ID)
		if !ok || !met.Connected || met.Name == "" || !p.newTo(met) {
			continue
		}
		err := d.save(func(s *Settings) error {
			if p, ok := s.Device(met.ID); ok {
				p.Name = cleanName(met.Name, maxDeviceName)
				p.remember(met.Addrs)
			}
			return nil
		})
		if err != nil {
			d.cfg.Log.Warn("remember device", "device", met.ID.Brief(), "error", err)
		}
	}
}

// newTo reports whether a device was met in a way that is not remembered. The
// order of its addresses is not worth a write.
func (p *Paired) newTo(met peer.PeerStatus) bool {
	return p.Name != cleanName(met.Name, maxDeviceName) ||
		len(met.Addrs) > 0 && !slices.Contains(p.Addresses, met.Addrs[0].String())
}

// unpair ends the trust in a device, at once. Nobody's files are touched.
func (d *Desk) unpair(_ context.Context, c Command) (Reply, error) {
	dev, err := d.hub.Latest().FindDevice(c.Device, false)
	if err != nil {
		return Reply{}, err
	}
	id, name := dev.ID, dev.Name
	err = d.change(func(s *Settings) error {
		d.expel(s, id)
		s.unpair(id)
		return nil
	})
	if err != nil {
		return Reply{}, err
	}
	d.board.Forget(id)
	d.dropOffersOf(id)
	d.note(Entry{Verb: "unpaired", Device: name, Detail: id.Brief()})
	return Reply{Text: "Unpaired " + name + ". Files stay where they are, here and there."}, nil
}

func (d *Desk) findDevices(words []string) ([]index.DeviceID, error) {
	var out []index.DeviceID
	for _, word := range words {
		dev, err := d.hub.Latest().FindDevice(word, false)
		if err != nil {
			return nil, err
		}
		out = append(out, dev.ID)
	}
	return out, nil
}

// nameOf returns what a device is called here, or the start of its ID.
func (d *Desk) nameOf(device index.DeviceID) string {
	s := d.Settings()
	if device == d.self() {
		return s.Name
	}
	if p, ok := s.Device(device); ok && p.Name != "" {
		return p.Name
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if n, ok := d.nearby[device]; ok {
		return n.name
	}
	return device.Brief()
}

// unpair takes a device out of the settings.
func (s *Settings) unpair(id index.DeviceID) {
	s.Devices = slices.DeleteFunc(s.Devices, func(p Paired) bool { return p.ID == id })
	if !slices.Contains(s.Refused, id) {
		s.Refused = append(s.Refused, id)
	}
}

// dropOffersOf forgets the offers that came from a device, or are of its folders.
func (d *Desk) dropOffersOf(device index.DeviceID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.DeleteFunc(d.offers, func(_ index.FolderID, o offer) bool {
		return o.from == device || o.list.Owner == device
	})
}
