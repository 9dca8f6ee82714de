package control

import (
	"errors"
	"fmt"

	"kith/index"
	"kith/peer/wire"
)

// offer is a list that names this device, of a folder it does not take part in.
type offer struct {
	list wire.Membership
	from index.DeviceID
}

// hearLists takes what another device says about who shares what with us. Each
// list stands for itself: one that is refused does not harm the others.
func (d *Desk) hearLists(from index.DeviceID, heard *wire.Folders) {
	named := make(map[index.FolderID]bool)
	for _, m := range heard.Lists {
		named[m.Folder] = true
		if err := d.hearList(from, m); err != nil {
			d.cfg.Log.Warn("list of members refused",
				"device", from.Brief(), "folder", m.Folder.Brief(), "reason", err)
		}
	}
	d.withdraw(from, named)
	d.Changed()
}

var (
	errStranger = errors.New("its owner is neither the sender nor paired with this device")
	errVouched  = errors.New("who is only vouched for has nothing to offer")
	errUsurped  = errors.New("its owner is not the one who shared the folder")
)

func (d *Desk) hearList(from index.DeviceID, m wire.Membership) error {
	if err := m.Verify(); err != nil {
		return err
	}
	s := d.Settings()
	if f, held := s.Folder(m.Folder); held {
		return d.hearNewer(f, m)
	}
	if _, paired := s.Device(from); !paired {
		return errVouched
	}
	if m.Owner == d.self() {
		return nil // a folder of ours that we left
	}
	if _, paired := s.Device(m.Owner); m.Owner != from && !paired {
		return errStranger
	}
	if _, on := member(m, d.self()); !on {
		d.retract(m)
		return nil
	}
	if declined := s.declinedAt(m.Folder); declined >= m.Serial && m.Owner == from {
		d.bid(from, &wire.Unsubscribe{Folder: m.Folder, Left: true, Reason: "declined"})
	}
	d.consider(from, m)
	return nil
}

// hearNewer takes a list of a folder that this device takes part in. The one
// with the highest serial number counts, whoever brings it, if it is signed by
// the folder's owner.
func (d *Desk) hearNewer(f *Shared, m wire.Membership) error {
	switch {
	case f.broken != nil:
		return fmt.Errorf("compare with our own: %w", f.broken)
	case m.Owner != f.signed.Owner:
		return errUsurped
	case m.Serial <= f.signed.Serial:
		return nil
	}
	if _, on := member(m, d.self()); !on {
		return d.removedFrom(f, m)
	}
	return d.change(func(s *Settings) error {
		if f, ok := s.Folder(m.Folder); ok {
			f.setList(m)
			f.Name = cleanName(m.Name, maxFolderName)
		}
		return nil
	})
}

// removedFrom stops a folder whose owner took this device from the list. Its
// files stay where they are.
func (d *Desk) removedFrom(f *Shared, m wire.Membership) error {
	entry := Entry{Verb: "removed", Folder: f.Name, Path: f.Dir, Device: d.nameOf(m.Owner), Detail: "the files stay here"}
	err := d.change(func(s *Settings) error {
		s.drop(m.Folder)
		return nil
	})
	if err == nil {
		d.forgetFolder(m.Folder)
		d.note(entry)
	}
	return err
}

// consider makes a list an offer, unless a later one is known.
func (d *Desk) consider(from index.DeviceID, m wire.Membership) {
	d.mu.Lock()
	known, ok := d.offers[m.Folder]
	fresh := !ok || known.list.Owner != m.Owner
	if fresh && len(d.offers) >= maxFolders {
		d.mu.Unlock()
		return
	}
	if fresh || m.Serial > known.list.Serial {
		d.offers[m.Folder] = offer{m, from}
	}
	d.mu.Unlock()
	if fresh && d.Settings().declinedAt(m.Folder) < m.Serial {
		d.note(Entry{Verb: "offered", Folder: cleanName(m.Name, maxFolderName), Device: d.nameOf(from)})
	}
}

// retract forgets an offer whose owner took this device from the list since.
func (d *Desk) retract(m wire.Membership) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if o, ok := d.offers[m.Folder]; ok && o.list.Owner == m.Owner && o.list.Serial < m.Serial {
		delete(d.offers, m.Folder)
	}
}

// withdraw forgets offers that a device no longer makes.
func (d *Desk) withdraw(from index.DeviceID, named map[index.FolderID]bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, o := range d.offers {
		if o.from == from && !named[id] {
			delete(d.offers, id)
		}
	}
}

// findOffer returns the offer that a word means. Declined ones can be meant too:
// a person may think again.
func (d *Desk) findOffer(word string) (offer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []candidate[offer]
	for id, o := range d.offers {
		all = append(all, candidate[offer]{o, cleanName(o.list.Name, maxFolderName), id.String()})
	}
	o, err := choose("offered folder", word, all)
	if len(all) == 0 {
		return o, failed("nobody offers a folder %q", word).
			Hint("on the device that has it: kith share DIR --with %s", d.Name())
	}
	return o, err
}

func (d *Desk) takeOffer(id index.FolderID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.offers, id)
}
